"""A provider that speaks OpenAI's chat completions, as its `Spec` describes it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from onellm.body import JSON
from onellm.call import Call, Effect, ExchangeFields, Op, Reply, StreamCall, StreamOp
from onellm.capabilities import ModelInfo
from onellm.decode.json import table
from onellm.errors import CapabilityError
from onellm.openai_compatible.answers import read_answer
from onellm.openai_compatible.faces import Faces
from onellm.openai_compatible.losses import Losses
from onellm.openai_compatible.messages import encode_messages
from onellm.openai_compatible.parameters import encode_parameters
from onellm.openai_compatible.spec import Spec, applies
from onellm.types.chat import ChatCompletionResponse, ChatRequest

if TYPE_CHECKING:
    from onellm.types.chunk import ChatCompletionChunk


class OpenAICompatible(Faces):
    """The OpenAI wire format, once. A difference that is data is a `Spec`; one that is logic overrides a method."""

    # -- operations ------------------------------------------------------------------------------------------------

    def chat(self, request: ChatRequest) -> Op[ChatCompletionResponse]:
        """A chat completion: POST /chat/completions, or POST /responses where the row says so."""
        if applies(self.row.chat_over_responses, request.model):
            from onellm.openai_compatible.responses import chat as over_responses

            return over_responses.chat(self, request)
        parse = functools.partial(self._parse_chat, request.model, self._declared(request))
        return Call(parse=parse, **self._exchange(request, stream=False))

    def chat_stream(self, request: ChatRequest) -> StreamOp[ChatCompletionChunk, ChatCompletionResponse]:
        """A streamed chat completion: POST /chat/completions, or POST /responses where the row says so."""
        if applies(self.row.chat_over_responses, request.model):
            from onellm.openai_compatible.responses import chat as over_responses

            return over_responses.chat_stream(self, request)
        from onellm.openai_compatible.assemble import ChatAssembler
        from onellm.openai_compatible.chunks import ChunkDecoder

        exchange = self._exchange(request, stream=True)
        asked = bool((request.stream_options or {}).get("include_usage"))
        prices, tools = self.prices(request.model), self._declared(request)
        return StreamCall(
            decoder=lambda: ChunkDecoder(self.row, exchange["error"], as_they_come=asked, prices=prices, tools=tools),
            assembler=lambda: ChatAssembler(self.row),
            **exchange,
        )

    def models(self) -> Call[list[ModelInfo]]:
        """The models that the host lists: GET /models, or where the row says. Raises CapabilityError where nowhere."""
        if self.row.models_path is None:
            raise CapabilityError(f"{self.name} has no list of models.")
        return Call(
            method="GET",
            url=self.url(self.row.models_path),
            headers=self.headers(),
            auth=self.auth(),
            effect=Effect.READ,
            origin=(self.name, ""),
            parse=self.read_models,
            error=self.error,
        )

    # -- what a subclass may override ------------------------------------------------------------------------------

    def encode_chat(self, request: ChatRequest, *, stream: bool) -> tuple[dict[str, Any], tuple[str, ...]]:
        """The body of a chat completion, and the parameters that were dropped because the caller allowed it."""
        losses, row = Losses(drop=request.unsupported == "drop"), self.row_for(request.model)
        messages = encode_messages(row, request.messages, losses, request.model)
        body = {"model": request.model, "messages": messages}
        body.update(encode_parameters(row, request, losses, stream=stream))
        return body, tuple(losses.dropped)

    def row_for(self, model: str) -> Spec:
        """How the host takes the chats of this model."""
        return self.row

    def read_models(self, reply: Reply) -> list[ModelInfo]:
        """The models of a `/models` reply."""
        from onellm.openai_compatible.models import read_models

        return read_models(self.name, reply.body, self.row)

    # -- parts -----------------------------------------------------------------------------------------------------

    def _exchange(self, request: ChatRequest, *, stream: bool) -> ExchangeFields:
        """What a chat completion and a streamed one have in common on their way out."""
        body, dropped = self.encode_chat(request, stream=stream)
        return {
            "method": "POST",
            "url": self.url("chat/completions"),
            "headers": self.headers(request),
            "body": JSON(body),
            "auth": self.auth(),
            "origin": (self.name, request.model),
            "dropped": dropped,
            "error": functools.partial(self.error, model=request.model),
        }

    def _declared(self, request: ChatRequest) -> frozenset[str]:
        """The functions whose calls the content of the answer may hold."""
        if not self.row.calls_in_content or not request.tools:
            return frozenset()
        return frozenset(str(table(table(tool).get("function")).get("name")) for tool in request.tools)

    def _parse_chat(self, model: str, tools: frozenset[str], reply: Reply) -> ChatCompletionResponse:
        return read_answer(self.row, reply.body, self.prices(model), tools)
