"""A provider that speaks OpenAI's chat completions, as its `Spec` describes it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from onellm.body import JSON
from onellm.call import Call, Effect, ExchangeFields, Flow, Op, Reply, StreamCall, ask_all
from onellm.capabilities import Capability, Catalogue, ModelInfo, Prices
from onellm.config import Host, Settings
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.answers import read_answer
from onellm.openai_compatible.losses import Losses
from onellm.openai_compatible.messages import encode_messages
from onellm.openai_compatible.operations import Operation, encode_operation
from onellm.openai_compatible.parameters import encode_parameters
from onellm.openai_compatible.spec import Spec
from onellm.provider import Provider
from onellm.signing import check_headers
from onellm.types.chat import ChatCompletionChunk, ChatCompletionResponse, ChatRequest
from onellm.types.request import ModelRequest

if TYPE_CHECKING:
    from onellm.types.embedding import EmbeddingRequest, EmbeddingResponse

T = TypeVar("T")


class OpenAICompatible(Provider):
    """The OpenAI wire format, once. A difference that is data is a `Spec`; one that is logic overrides a method."""

    spec: ClassVar[Spec | None] = None

    def __init__(self, settings: Settings, catalogue: Catalogue | None = None, spec: Spec | None = None) -> None:
        super().__init__(settings, catalogue)
        row = spec or type(self).spec
        if row is None:
            raise TypeError(f"{type(self).__name__} needs a spec")
        self.row: Spec = row
        self.features = row.features

    # -- operations ------------------------------------------------------------------------------------------------

    def chat(self, request: ChatRequest) -> Call[ChatCompletionResponse]:
        """A chat completion: POST /chat/completions."""
        return Call(parse=functools.partial(self._parse_chat, request.model), **self._exchange(request, stream=False))

    def chat_stream(self, request: ChatRequest) -> StreamCall[ChatCompletionChunk, ChatCompletionResponse]:
        """A streamed chat completion: POST /chat/completions with stream=true."""
        from onellm.openai_compatible.assemble import ChatAssembler
        from onellm.openai_compatible.chunks import ChunkDecoder

        exchange = self._exchange(request, stream=True)
        asked = bool((request.stream_options or {}).get("include_usage"))
        prices = self._prices(request.model)
        return StreamCall(
            decoder=lambda: ChunkDecoder(self.row, exchange["error"], as_they_come=asked, prices=prices),
            assembler=lambda: ChatAssembler(self.row),
            **exchange,
        )

    def embed(self, request: EmbeddingRequest) -> Op[EmbeddingResponse]:
        """Embeddings: POST /embeddings, in as many calls as the host's limit asks for."""
        from onellm.openai_compatible.embeddings import join, read_embeddings

        operation = self.row.operation(Capability.EMBEDDINGS)
        inputs = request.inputs
        if not inputs:
            raise InvalidRequestError("input is empty; give at least one text.", param="input")
        losses = Losses(drop=request.unsupported == "drop")
        fields = encode_operation(operation, self.name, request, losses)
        if "encoding_format" in operation.takes:
            fields.setdefault(operation.rename.get("encoding_format", "encoding_format"), "base64")
        size = operation.batch or len(inputs)
        calls = [
            self.post(
                operation,
                {"model": request.model, "input": inputs[start : start + size], **fields},
                request,
                functools.partial(read_embeddings, len(inputs[start : start + size])),
                tuple(losses.dropped),
            )
            for start in range(0, len(inputs), size)
        ]
        return calls[0] if len(calls) == 1 else _joined(calls, join)

    def models(self) -> Call[list[ModelInfo]]:
        """The models that the host lists: GET /models."""
        return Call(
            method="GET",
            url=self.url("models"),
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
        losses = Losses(drop=request.unsupported == "drop")
        messages = encode_messages(self.row, request.messages, losses)
        body = {"model": request.model, "messages": messages}
        body.update(encode_parameters(self.row, request, losses, stream=stream))
        return body, tuple(losses.dropped)

    def read_models(self, reply: Reply) -> list[ModelInfo]:
        """The models of a `/models` reply."""
        from onellm.openai_compatible.models import read_models

        return read_models(self.name, reply.body)

    # -- parts -----------------------------------------------------------------------------------------------------

    def operations(self) -> frozenset[Capability]:
        return self.row.operations & super().operations()

    def post(
        self,
        operation: Operation,
        body: dict[str, Any],
        request: ModelRequest,
        parse: Callable[[Reply], T],
        dropped: tuple[str, ...] = (),
        effect: Effect = Effect.INFERENCE,
    ) -> Call[T]:
        """A JSON body to an operation."""
        return Call(
            method="POST",
            url=self.url(operation.path),
            headers=self.headers(request),
            body=JSON(body),
            auth=self.auth(),
            origin=(self.name, request.model),
            dropped=dropped,
            effect=effect,
            parse=parse,
            error=functools.partial(self.error, model=request.model),
        )

    def url(self, path: str) -> str:
        """The URL of an operation."""
        return f"{self.settings.base_url}/{path}"

    def headers(self, request: ModelRequest | None = None) -> dict[str, str]:
        """The headers of a call, without credentials."""
        extra = check_headers(request.extra_headers) if request is not None and request.extra_headers else None
        if not (self.row.headers or self.settings.headers or extra):
            return {}
        return {**self.row.headers, **check_headers(dict(self.settings.headers)), **(extra or {})}

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

    def _parse_chat(self, model: str, reply: Reply) -> ChatCompletionResponse:
        return read_answer(self.row, reply.body, self._prices(model))

    def _prices(self, model: str) -> Prices | None:
        return self.info(model).prices if self.catalogue else None

    def _host(self) -> Host:
        return self.row.host


def _joined(calls: list[Call[T]], join: Callable[[list[T]], T]) -> Flow[T]:
    return join((yield from ask_all(calls)))
