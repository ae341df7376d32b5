"""What goes out to Anthropic: where to, under which headers."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from onellm.body import Body
from onellm.call import Effect, ExchangeFields
from onellm.capabilities import Prices
from onellm.decode.json import Table
from onellm.errors import ConfigurationError, InvalidRequestError
from onellm.provider import Provider
from onellm.signing import check_headers
from onellm.types.chat import ChatRequest
from onellm.types.request import ModelRequest

VERSION = "2023-06-01"
WITHOUT_SAMPLING = "2026-10-21"
"""The API version that refuses temperature, top_p and top_k."""
PROFILE = "anthropic-user-profile-id"
VERSIONS = (VERSION, WITHOUT_SAMPLING)


class Wire(Provider):
    """The part of the provider on which its operations are built."""

    def encode_chat(self, request: ChatRequest, *, stream: bool) -> tuple[Table, list[str], tuple[str, ...]]:
        """The body of a chat, the beta features that it needs, and what was dropped."""
        raise NotImplementedError

    def exchange(
        self,
        path: str,
        request: ModelRequest | None = None,
        *,
        method: str = "POST",
        body: Body = None,
        effect: Effect = Effect.INFERENCE,
        betas: Sequence[str] = (),
        dropped: tuple[str, ...] = (),
        accept: str = "",
        profile: str = "",
    ) -> ExchangeFields:
        """What goes out. `accept`: the media type that is wanted, where it is no JSON; `profile`: a user profile."""
        model, headers = request.model if request else "", self.headers(request, betas)
        if profile:
            headers = {PROFILE: profile, **headers}
        return {
            "method": method,
            "url": self.url(path),
            "headers": {"Accept": accept, **headers} if accept else headers,
            "body": body,
            "auth": self.auth(),
            "origin": (self.name, model),
            "dropped": dropped,
            "effect": effect,
            "error": functools.partial(self.error, model=model),
        }

    def url(self, path: str) -> str:
        """Behind a base URL with or without its `/v1`: Anthropic's own SDK wants it without."""
        base = self.settings.base_url
        return f"{base}/{path}" if base.endswith("/v1") else f"{base}/v1/{path}"

    def headers(self, request: ModelRequest | None = None, betas: Sequence[str] = ()) -> dict[str, str]:
        """The headers of a call without credentials; beta features from wherever they come, each once."""
        version = self.settings.extra.get("version") or VERSION
        if version not in VERSIONS:
            raise ConfigurationError(f"{self.name}: version must be one of {', '.join(VERSIONS)}, not {version!r}.")
        headers = {"anthropic-version": str(version)}
        named = beta_names(self.settings.extra.get("betas"))
        for more in (self.settings.headers, (request.extra_headers if request else None) or {}):
            for name, value in check_headers(dict(more)).items():
                if name.lower() == "anthropic-beta":
                    named += beta_names(value)
                else:
                    headers[name.lower() if name.lower() == "anthropic-version" else name] = value
        named += betas
        if named:
            headers["anthropic-beta"] = ",".join(dict.fromkeys(named))
        return headers

    def prices(self, model: str) -> Prices | None:
        """What the model costs, as far as it is known."""
        return self.info(model).prices


def beta_names(value: Any) -> list[str]:
    """Beta features as a list: given as one, or as the header has them, with commas."""
    names = value.split(",") if isinstance(value, str) else value or ()
    if not isinstance(names, Iterable) or isinstance(names, (bytes, Mapping)):
        raise InvalidRequestError(f"betas is a list of names, not {value!r}.", param="betas")
    return [name for each in cast("Iterable[object]", names) if (name := str(each).strip())]


def unix(value: Any) -> int | None:
    """A time in the words of RFC 3339 as Unix seconds; None where it is none."""
    try:
        return int(datetime.fromisoformat(value).timestamp())
    except (ValueError, TypeError):
        return None
