"""Where a model is at the service: by its name, by a version, behind a deployment.

Source: the replicate SDK 1.0.7 (`models`, `predictions`, `deployments`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from onellm.decode.json import Table, table
from onellm.errors import InvalidRequestError

DEPLOYMENTS = "deployments/"
_VERSION = re.compile(r"[0-9a-f]{8,64}")
"""A version by itself, whole or shortened; what else stands alone is a name whose owner is missing."""


@dataclass(frozen=True)
class Place:
    """The paths of a model: where predictions are created, with which version, and where its schema stands.

    `schema` is "" where the service tells it nowhere: a version alone does not say whose it is.
    """

    create: str
    schema: str
    version: str = ""


def place_of(model: str) -> Place:
    """The place of `owner/name`, `owner/name:version`, `deployments/owner/name` or a version alone.

    Raises InvalidRequestError for what is none of these.
    """
    deployed = model.startswith(DEPLOYMENTS)
    named, _, version = model.removeprefix(DEPLOYMENTS).partition(":")
    parts = named.split("/")
    lone = len(parts) == 1 and not _VERSION.fullmatch(named)
    if len(parts) > 2 or not all(parts) or lone or (deployed and (version or len(parts) < 2)):
        raise InvalidRequestError(
            f"{model!r} is no model of Replicate; write owner/name, owner/name:version, a version (letters a-f and "
            "digits) or deployments/owner/name.",
            param="model",
        )
    path = "/".join(quote(part, safe="") for part in parts)
    if deployed:
        return Place(f"{DEPLOYMENTS}{path}/predictions", f"{DEPLOYMENTS}{path}")
    if len(parts) == 1:
        return Place("predictions", "", named)
    if version:
        return Place("predictions", f"models/{path}/versions/{quote(version, safe='')}", version)
    return Place(f"models/{path}/predictions", f"models/{path}")


def release_of(deployment: Table) -> str:
    """The path of the schema of the version that a deployment runs now; "" where it does not say."""
    release = table(deployment.get("current_release"))
    model, version = release.get("model"), release.get("version")
    return f"models/{quote(model)}/versions/{quote(version, safe='')}" if model and version else ""
