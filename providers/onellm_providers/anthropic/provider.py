"""Claude behind `anthropic/…`, in the format of Anthropic's Messages API.

Sources: platform.claude.com and the anthropic SDK 2.11, as of November 2026.
"""

from __future__ import annotations

import functools
from collections.abc import Generator, Mapping
from dataclasses import dataclass

from onellm.body import JSON
from onellm.call import Auth, Call, Effect, ExchangeFields, Flow, Reply, Request, StreamCall, ask
from onellm.capabilities import Capability, ModelInfo
from onellm.config import Host, Secret
from onellm.decode.json import Table
from onellm.error_bodies import build_error
from onellm.errors import APIError
from onellm.openai_compatible.assemble import ChatAssembler
from onellm.openai_compatible.losses import Losses
from onellm.types.chat import ChatCompletionResponse, ChatRequest
from onellm.types.chunk import ChatCompletionChunk
from onellm_providers.anthropic.answers import read_answer
from onellm_providers.anthropic.body import encode_body
from onellm_providers.anthropic.errors import codes_of, finished, with_status
from onellm_providers.anthropic.faces import Faces
from onellm_providers.anthropic.models import Page, read_page
from onellm_providers.anthropic.rules import UNKNOWN_OUTPUT, rules_for
from onellm_providers.anthropic.stream import MessageDecoder
from onellm_providers.anthropic.target import Target
from onellm_providers.anthropic.wire import WITHOUT_SAMPLING

TOKEN = "sk-ant-oat"  # noqa: S105 - how such a token begins
"""What an OAuth token begins with; it goes into another header than a key."""
TOKEN_VARIABLE = "ANTHROPIC_AUTH_TOKEN"  # noqa: S105 - a name
"""Holds a token, also one of a gateway, whatever it begins with."""
COUNTED = frozenset({
    "billing_policy", "cache_control", "compaction", "context_management", "mcp_servers", "messages", "model",
    "output_config", "speed", "system", "thinking", "tool_choice", "tools",
})  # fmt: skip
"""What counting tokens takes of a chat's body."""


@dataclass(frozen=True)
class AnthropicKey:
    """Puts a key into `x-api-key`, a token into `Authorization`."""

    secret: Secret
    token: bool = False

    def flow(self, request: Request) -> Generator[Request, Reply, None]:
        value = self.secret.reveal()
        named = ("Authorization", f"Bearer {value}") if self.token or value.startswith(TOKEN) else ("x-api-key", value)
        request.headers.append(named)
        yield request


class AnthropicProvider(Faces):
    """Chat, whole and streamed, with tools, images, documents and thinking; token counts, models, batches and files.

    Settings beside the usual ones: `version`, the API version (`2023-06-01` unless told otherwise; `2026-10-21` takes
    no temperature), and `betas`, a list of beta features for every call.
    """

    host = Host(
        name="anthropic",
        base_url="https://api.anthropic.com/v1",
        key_variables=(TOKEN_VARIABLE,),
        settings=("version", "betas"),
    )
    features: Mapping[Capability, bool] = {
        Capability.TOOLS: True,
        Capability.PARALLEL_TOOLS: True,
        Capability.PROMPT_CACHING: True,
        Capability.JSON_MODE: False,
        Capability.LOGPROBS: False,
        Capability.AUDIO_INPUT: False,
        Capability.VIDEO_INPUT: False,
        Capability.AUDIO_OUTPUT: False,
        Capability.IMAGE_OUTPUT: False,
    }
    source = "Anthropic's documentation"
    as_of = "2026-11"

    # -- operations ------------------------------------------------------------------------------------------------

    def chat(self, request: ChatRequest) -> Call[ChatCompletionResponse]:
        """A chat completion: POST /v1/messages."""
        return Call(parse=functools.partial(self._parse, request.model), **self._exchange(request, stream=False))

    def chat_stream(self, request: ChatRequest) -> StreamCall[ChatCompletionChunk, ChatCompletionResponse]:
        """A streamed chat completion: POST /v1/messages with `stream`."""
        exchange = self._exchange(request, stream=True)
        apart = bool((request.stream_options or {}).get("include_usage"))
        return StreamCall(
            decoder=lambda: MessageDecoder(exchange["error"], request.model, self.prices, usage_apart=apart),
            assembler=ChatAssembler,
            **exchange,
        )

    def count_tokens(self, request: ChatRequest) -> Call[int]:
        """The tokens of a request's prompt, without running it: POST /v1/messages/count_tokens."""
        body, betas, dropped = self.encode_chat(request, stream=False)
        own, profile = request.extra_body or {}, _profile(body)
        counted = JSON({name: value for name, value in body.items() if name in COUNTED or name in own})
        path = "messages/count_tokens"
        exchange = self.exchange(
            path, request, body=counted, effect=Effect.READ, betas=betas, dropped=dropped, profile=profile
        )
        return Call(parse=_read_count, **exchange)

    def models(self) -> Flow[list[ModelInfo]]:
        """The models that the key may use: GET /v1/models, page by page."""
        found: list[ModelInfo] = []
        after: str | None = ""
        while after is not None:
            page = yield from ask(self._page(after))
            if page.after == after:  # a gateway that knows no pages sends the first one for ever
                break
            found += page.models
            after = page.after
        return found

    # -- what is known ---------------------------------------------------------------------------------------------

    def features_of(self, model: str) -> Mapping[Capability, bool]:
        """What every model does, and what the table says of this one."""
        return {**self.features, **rules_for(model).features}

    # -- keys and errors -------------------------------------------------------------------------------------------

    def auth(self) -> Auth | None:
        """A key in `x-api-key`; an OAuth token (`sk-ant-oat…`) and what ANTHROPIC_AUTH_TOKEN holds as a bearer."""
        key = self.settings.api_key
        return super().auth() if key is None else AnthropicKey(key, self.settings.key_source == TOKEN_VARIABLE)

    def error(self, reply: Reply, model: str = "") -> APIError:
        """The typed error of a refusal, also of one inside a stream, which has no status of its own."""
        key = self.settings.api_key
        error = build_error(
            with_status(reply),
            provider=self.name,
            model=model,
            secret=key.reveal() if key else "",
            advice=self._advice(model),
            codes=codes_of(reply),
        )
        return finished(error)

    # -- parts -----------------------------------------------------------------------------------------------------

    def _exchange(self, request: ChatRequest, *, stream: bool) -> ExchangeFields:
        body, betas, dropped = self.encode_chat(request, stream=stream)
        profile = _profile(body)
        return self.exchange("messages", request, body=JSON(body), betas=betas, dropped=dropped, profile=profile)

    def encode_chat(self, request: ChatRequest, *, stream: bool) -> tuple[Table, list[str], tuple[str, ...]]:
        """The body of a chat, the beta features that it needs, and what was dropped."""
        rules, losses = rules_for(request.model), Losses(drop=request.unsupported == "drop")
        limit = self.info(request.model).max_output_tokens or rules.max_output or UNKNOWN_OUTPUT
        sampling = self.headers(request)["anthropic-version"] < WITHOUT_SAMPLING
        target = Target(self.name, request.model, rules, losses, limit, sampling)
        body, betas = encode_body(target, request, stream=stream)
        return body, betas, tuple(losses.dropped)

    def _page(self, after: str) -> Call[Page]:
        query = f"?limit=1000&after_id={after}" if after else "?limit=1000"
        exchange = self.exchange(f"models{query}", method="GET", effect=Effect.READ)
        return Call(parse=lambda reply: read_page(self.name, reply.body), **exchange)

    def _parse(self, model: str, reply: Reply) -> ChatCompletionResponse:
        return read_answer(reply.body, model, self.prices)


def _profile(body: Table) -> str:
    """The user profile, taken out of the body: it is a header, as the SDK has it; in a batch alone it is a field."""
    return str(body.pop("user_profile_id", None) or "")


def _read_count(reply: Reply) -> int:
    import json

    return int(json.loads(reply.body)["input_tokens"])
