"""Endpoints of Azure as people write them, and the two families of URLs behind them.

Classic: `…/openai/deployments/{deployment}/{operation}?api-version=YYYY-MM-DD`. v1 (since August 2025):
`…/openai/v1/{operation}` with the deployment as `model`, without a version. Sources: openai SDK 3.52, whose Azure
client inserts the deployment for the operations of `DEPLOYED`; Microsoft's page on the life cycle of API versions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from onellm.errors import ConfigurationError

BASE = "https://{resource}.openai.azure.com/openai"
DEPLOYED = frozenset({
    "audio/speech", "audio/transcriptions", "audio/translations", "chat/completions", "completions", "embeddings",
    "images/edits", "images/generations",
})  # fmt: skip
"""The operations that have the deployment in their path, in the classic family."""

DATED = re.compile(r"20\d\d-\d\d-\d\d(-preview)?")
_DOMAIN = ".openai.azure.com"


def read_endpoint(url: str, given: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The base URL, which ends with `/openai` or `/openai/v1`, and the `api_version` of the URL's query.

    A resource may be written as a whole host (`r.services.ai.azure.com`, `r.openai.azure.us`). A deployment and an
    operation in the URL are left away: the model string names them. Raises ConfigurationError where a dated version
    was given for a v1 URL, which has none.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return url, {}  # `check_base_url` says what is wrong
    stem = parts.netloc.removesuffix(_DOMAIN)
    netloc = stem if "." in stem else parts.netloc
    head, _, tail = f"{parts.path.rstrip('/')}/".partition("/openai/")
    v1 = tail == "v1" or tail.startswith("v1/")
    version = dict(parse_qsl(parts.query)).get("api-version")
    if v1 and DATED.fullmatch(str(given.get("api_version"))):
        raise ConfigurationError(
            f"azure: {url.partition('?')[0]} is a v1 URL, which has no dated versions; leave out api_version, or the "
            "/v1 of the base URL."
        )
    base = f"{parts.scheme}://{netloc}{head.rstrip('/')}/openai{'/v1' if v1 else ''}"
    return base, {"api_version": version} if version else {}
