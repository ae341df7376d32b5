"""Endpoints of Azure as people write them, and the two families of URLs behind them.

Classic: `…/openai/deployments/{deployment}/{operation}?api-version=YYYY-MM-DD`. v1 (since August 2025):
`…/openai/v1/{operation}` with the deployment as `model`, without a version. Sources: openai SDK 3.52, whose Azure
client inserts the deployment for the operations of `DEPLOYED`; Microsoft's pages on the life cycle of API versions and
on batches (2026).
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
_OF_AZURE = re.compile(r"\.azure\.(com|us|cn)(:\d+)?$")
_HEADS = re.compile(r"(/api/projects/[^/]+)?")
"""What stands before `/openai` at Azure's own hosts: nothing, or a Foundry project."""
_CHAT = "/v1/chat/completions"


def read_endpoint(url: str, given: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The base URL, which ends with `/openai` or `/openai/v1`, and the `api_version` of the URL's query.

    A resource may be written as a whole host (`r.services.ai.azure.com`, `r.openai.azure.us`). A deployment and an
    operation in the URL are left away: the model string names them. Raises ConfigurationError for a URL of Azure's that
    is of another format, for a version that is none, and for a dated one of a v1 URL, which has none.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return url, {}  # `check_base_url` says what is wrong
    stem = parts.netloc.removesuffix(_DOMAIN)
    netloc = stem if "." in stem else parts.netloc
    head, _, tail = f"{parts.path.rstrip('/')}/".partition("/openai/")
    head = head.rstrip("/")
    if _OF_AZURE.search(netloc) and not _HEADS.fullmatch(head):
        raise ConfigurationError(
            f"azure: {parts.scheme}://{netloc}{parts.path} is no endpoint of OpenAI's format; write "
            f"{parts.scheme}://{netloc} or {parts.scheme}://{netloc}/openai/v1."
        )
    v1 = tail == "v1" or tail.startswith("v1/")
    version = dict(parse_qsl(parts.query)).get("api-version")
    _check_version(str(given.get("api_version") or version or ""), url.partition("?")[0] if v1 else "")
    base = f"{parts.scheme}://{netloc}{head}/openai{'/v1' if v1 else ''}"
    return base, {"api_version": version} if version else {}


def _check_version(version: str, v1_url: str) -> None:
    if DATED.fullmatch(version):
        if v1_url:
            raise ConfigurationError(
                f"azure: {v1_url} is a v1 URL, which has no dated versions; leave out api_version, or the /v1 of the "
                "base URL."
            )
    elif version[:1].isdigit():
        raise ConfigurationError(
            f"azure: {version!r} is no api_version; write it like 2024-10-21 or 2025-04-01-preview."
        )


def batch_url(url: str, *, dated: bool) -> str:
    """Where the requests of a batch go, as its file says it: without `/v1` under a dated version."""
    return url.removeprefix("/v1") if dated and url == _CHAT else url


def batch_endpoint(url: str) -> str:
    """What starts a batch. Chats and responses have one word: the service looks into the file to tell them apart."""
    return _CHAT.removeprefix("/v1") if url in (_CHAT, "/v1/responses") else url
