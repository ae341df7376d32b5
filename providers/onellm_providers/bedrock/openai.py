"""Bedrock's own OpenAI-shaped endpoint (Mantle) behind `bedrock_openai/…`: a row, and who signs.

Sources: the Bedrock notes of openai SDK 3.52; recordings of Responses. That other models than GPT-5 and later are
served below `/v1` instead of `/openai/v1` is told by gateways alone; `base_url` chooses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from onellm.call import Auth, Op, StreamOp
from onellm.capabilities import Capability
from onellm.config import Host, Secret
from onellm.decode.json import array, table
from onellm.errors import ConfigurationError
from onellm.openai_compatible import OpenAICompatible, Spec
from onellm.types.chat import ChatCompletionResponse, ChatRequest
from onellm.types.chunk import ChatCompletionChunk
from onellm_providers.bedrock.credentials import (
    KEY,
    REGIONS,
    SETTINGS,
    Access,
    Later,
    find_access,
    host_of,
    is_given,
    shown,
)

SERVICE = "bedrock-mantle"
"""What signatures call it."""

BEDROCK_OPENAI = Spec(
    name="bedrock_openai",
    base_url="https://bedrock-mantle.{region}.api.aws/openai/v1",
    key=KEY,
    settings=SETTINGS,
    operations=frozenset({Capability.CHAT, Capability.STREAM, Capability.RESPONSES}),
    chat_over_responses=r"([a-z-]+\.)?openai\.gpt-[5-9].*",
    think_tags="reasoning",
    parameters=frozenset(),
    source="openai SDK 3.52.0; recordings",
    as_of="2026-11",
    unconfirmed=("think_tags", "parameters"),
)


class BedrockOpenAI(OpenAICompatible):
    """The row, signed with a key of Bedrock or with an access key, wherever `bedrock` would find one."""

    spec = BEDROCK_OPENAI
    host = replace(BEDROCK_OPENAI.host, variables={"region": REGIONS})

    def _host(self) -> Host:
        return self.host

    def chat(self, request: ChatRequest) -> Op[ChatCompletionResponse]:
        return super().chat(_distinct(request))

    def chat_stream(self, request: ChatRequest) -> StreamOp[ChatCompletionChunk, ChatCompletionResponse]:
        return super().chat_stream(_distinct(request))

    def auth(self) -> Auth | None:
        """Who signs, for the service and the region that the base URL leads to."""
        service = host_of(self.settings.base_url)[0]
        found = find_access(self.settings, SERVICE if service in ("", SERVICE) else "bedrock")
        return found.auth if isinstance(found, Access) else Later(found)

    def _credential(self) -> Secret | None:
        try:
            return shown(self.auth())
        except ConfigurationError:
            return None

    @property
    def lacks_key(self) -> bool:
        """It is kept while there is something to sign with."""
        return not is_given(self.settings)


def _distinct(request: ChatRequest) -> ChatRequest:
    """The same conversation with each tool call's id once: the service counts from `call_0` in every answer.

    A call of a later turn with an id that was used before gets another, and so do its result and its item.
    """
    seen: set[str] = set()
    renamed: dict[str, str] = {}
    made: list[dict[str, Any]] = []
    for number, message in enumerate(request.messages):
        if message.get("role") == "assistant":
            ids = [str(table(call).get("id")) for call in array(message.get("tool_calls"))]
            renamed = {each: f"{each}_{number}" for each in ids if each in seen}
            seen.update(ids)
        made.append(_with_ids(message, renamed) if renamed else message)
    return request if made == request.messages else request.model_copy(update={"messages": made})


def _with_ids(value: Any, renamed: dict[str, str]) -> Any:
    """A message with other ids of calls, wherever it names them."""
    if parts := array(value):
        return [_with_ids(each, renamed) for each in parts]
    if not (found := table(value)):
        return value
    named = {"call_id", "tool_call_id", *(("id",) if "function" in found or "custom" in found else ())}
    return {
        name: renamed.get(each, each) if name in named and isinstance(each, str) else _with_ids(each, renamed)
        for name, each in found.items()
    }
