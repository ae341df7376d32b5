"""What is done with a request before it is encoded: Venice's own parameters gathered, and the guard on privacy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

from onellm.capabilities import ModelInfo
from onellm.decode.json import table
from onellm.errors import CapabilityError, InvalidRequestError
from onellm.types.request import ModelRequest
from onellm_providers.venice.table import VENICE_PARAMETERS

Q = TypeVar("Q", bound=ModelRequest)

PRIVACY = "privacy"


def gather(request: Q) -> Q:
    """The request with Venice's own parameters, given one by one, inside `venice_parameters`.

    Raises InvalidRequestError for one that is given in both places.
    """
    extra = request.model_extra or {}
    own = {name: value for name, value in extra.items() if name in VENICE_PARAMETERS}
    if not own:
        return request
    inside: object = extra.get("venice_parameters")
    if inside is not None and not isinstance(inside, dict):
        raise InvalidRequestError("venice_parameters must be a dict.", param="venice_parameters")
    gathered = dict(table(cast("object", inside)))
    for name, value in own.items():
        if value is not None and gathered.get(name) is not None:
            raise InvalidRequestError(
                f"{name} is given twice, by itself and in venice_parameters; give it once.", param=name
            )
    gathered.update({name: value for name, value in own.items() if value is not None})
    return without(request, own).model_copy(update={"venice_parameters": gathered} if gathered else None)


def without(request: Q, names: Mapping[str, object]) -> Q:
    """A copy of the request without these unknown parameters."""
    copied = request.model_copy()
    for name in names:
        (copied.model_extra or {}).pop(name, None)
    return copied


def guard(request: Q, setting: object, info: ModelInfo) -> Q:
    """The request without `privacy`, which it or the provider's settings may ask for.

    Raises CapabilityError for a model that is not known to be private: Venice passes what is said to an anonymized
    model on to another company, without the account's name.
    """
    extra = request.model_extra or {}
    asked = extra.get(PRIVACY, setting)
    if asked not in (None, "private"):
        raise InvalidRequestError("privacy must be 'private', or left out.", param=PRIVACY)
    if asked and info.privacy != "private":
        known = f"is {info.privacy}" if info.privacy else "is not known to be private; refresh_models() asks Venice"
        raise CapabilityError(f"{info.model} {known}, and privacy='private' was asked for.", capability=PRIVACY)
    return without(request, {PRIVACY: None}) if PRIVACY in extra else request
