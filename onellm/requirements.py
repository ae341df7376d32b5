"""What a request needs its model to be able to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from onellm.capabilities import Capability

if TYPE_CHECKING:
    from onellm.types.chat_request import ChatRequest

PARTS = {
    "image_url": Capability.VISION,
    "input_audio": Capability.AUDIO_INPUT,
    "video_url": Capability.VIDEO_INPUT,
    "file": Capability.DOCUMENT_INPUT,
}


def chat_needs(request: ChatRequest, *, stream: bool) -> Iterator[Capability]:
    """The capabilities that a chat request asks of its model."""
    yield Capability.CHAT
    if stream:
        yield Capability.STREAM
    for message in request.messages:
        content = message.get("content")
        if isinstance(content, list):
            for part in cast("list[Any]", content):
                kind = cast("dict[str, Any]", part).get("type") if isinstance(part, dict) else None
                if (need := PARTS.get(str(kind))) is not None:
                    yield need
    if request.tools or request.functions:
        yield Capability.TOOLS
        if request.tool_choice not in (None, "auto", "none"):
            yield Capability.TOOL_CHOICE_REQUIRED
        if request.parallel_tool_calls:
            yield Capability.PARALLEL_TOOLS
    kind = (request.response_format or {}).get("type")
    if kind == "json_object":
        yield Capability.JSON_MODE
    elif kind == "json_schema":
        yield Capability.JSON_SCHEMA
    if request.logprobs:
        yield Capability.LOGPROBS
    if request.reasoning_effort not in (None, "none") or request.reasoning:
        yield Capability.REASONING
    if "audio" in (request.modalities or ()):
        yield Capability.AUDIO_OUTPUT
    if "image" in (request.modalities or ()):
        yield Capability.IMAGE_OUTPUT
    if request.web_search_options is not None:
        yield Capability.WEB_SEARCH
