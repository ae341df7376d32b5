"""Cohere behind `cohere/…`: chat, embeddings, rerank and the list of models.

Source: the cohere SDK 7.3.1 of November 2026, and answers of the service recorded in 2026.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from onellm.body import JSON
from onellm.call import Call, Effect, ExchangeFields, Flow, Op, Reply, StreamCall, ask
from onellm.capabilities import Capability, ModelInfo, Prices
from onellm.config import Host
from onellm.errors import APIError, AuthenticationError
from onellm.openai_compatible.assemble import ChatAssembler
from onellm.openai_compatible.embeddings import Slice, in_slices
from onellm.openai_compatible.losses import Losses
from onellm.provider import Provider
from onellm.signing import check_headers
from onellm.translate.embeddings import texts_of
from onellm.types.chat import ChatCompletionResponse, ChatRequest
from onellm.types.chunk import ChatCompletionChunk
from onellm.types.embedding import EmbeddingRequest, EmbeddingResponse
from onellm.types.request import ModelRequest
from onellm.types.rerank import RerankRequest, RerankResponse
from onellm_providers.cohere import embed
from onellm_providers.cohere.answers import read_answer
from onellm_providers.cohere.body import encode_body
from onellm_providers.cohere.models import Page, read_page
from onellm_providers.cohere.rerank import encode_rerank, read_results
from onellm_providers.cohere.stream import ChatDecoder
from onellm_providers.cohere.target import Target

T = TypeVar("T")
PAGE = 1000
"""Models on a page."""


class CohereProvider(Provider):
    """Chat with tools, documents, citations and thinking; embeddings of texts and images; rerank; the models."""

    host = Host(
        name="cohere",
        base_url="https://api.cohere.com",
        key_variables=("CO_API_KEY",),
        variables={"base_url": ("CO_API_URL",)},
    )
    features: Mapping[Capability, bool] = {
        Capability.AUDIO_INPUT: False,
        Capability.VIDEO_INPUT: False,
        Capability.AUDIO_OUTPUT: False,
        Capability.IMAGE_OUTPUT: False,
    }
    error_codes: Mapping[str, type[APIError]] = {"498": AuthenticationError}  # an invalid token
    source = "Cohere's SDK"
    as_of = "2026-11"

    # -- operations ------------------------------------------------------------------------------------------------

    def chat(self, request: ChatRequest) -> Call[ChatCompletionResponse]:
        """A chat completion: POST /v2/chat."""

        def parse(reply: Reply) -> ChatCompletionResponse:
            return read_answer(reply.body, request.model, self._prices(request.model))

        return Call(parse=parse, **self._chat(request, stream=False))

    def chat_stream(self, request: ChatRequest) -> StreamCall[ChatCompletionChunk, ChatCompletionResponse]:
        """A streamed chat completion: POST /v2/chat with `stream`."""
        exchange = self._chat(request, stream=True)
        apart = bool((request.stream_options or {}).get("include_usage"))
        prices = self._prices(request.model)
        return StreamCall(
            decoder=lambda: ChatDecoder(exchange["error"], request.model, prices, usage_apart=apart),
            assembler=ChatAssembler,
            **exchange,
        )

    def embed(self, request: EmbeddingRequest) -> Op[EmbeddingResponse]:
        """Embeddings: POST /v2/embed, 96 texts at a time.

        With `input_type="image"` the inputs are images, each a data URI or a URL that is fetched here.
        """
        body, dropped = embed.encode_parameters(self.name, request)
        inputs = texts_of(request.inputs, self.name)
        if body["input_type"] == "image":
            return self._embed_images(request, body, dropped, inputs)
        slices = self._slices(request, body, dropped, "texts", inputs, embed.BATCH)
        return slices[0][1] if len(slices) == 1 else in_slices(slices, len(inputs))

    def rerank(self, request: RerankRequest) -> Call[RerankResponse]:
        """Documents by how well they fit a query: POST /v2/rerank."""
        body, dropped = encode_rerank(self.name, request)
        return self._post("rerank", body, request, dropped, functools.partial(read_results, request))

    def models(self) -> Flow[list[ModelInfo]]:
        """The models of the account: GET /v1/models, page by page."""
        page = yield from ask(self._page(""))
        found = page.models
        while page.after:
            page = yield from ask(self._page(page.after))
            found += page.models
        return found

    # -- parts -----------------------------------------------------------------------------------------------------

    def _chat(self, request: ChatRequest, *, stream: bool) -> ExchangeFields:
        losses = Losses(drop=request.unsupported == "drop")
        body = encode_body(Target(self.name, request.model, losses), request, stream=stream)
        return self._exchange("chat", body, request, tuple(losses.dropped))

    def _embed_images(
        self, request: EmbeddingRequest, body: dict[str, Any], dropped: tuple[str, ...], inputs: list[str]
    ) -> Flow[EmbeddingResponse]:
        """One image a call: older models take no more."""
        images = yield from embed.fetched(inputs)
        return (yield from in_slices(self._slices(request, body, dropped, "images", images, 1), len(images)))

    def _slices(
        self,
        request: EmbeddingRequest,
        body: dict[str, Any],
        dropped: tuple[str, ...],
        field: str,
        inputs: list[str],
        size: int,
    ) -> list[Slice]:
        prices = self._prices(request.model)

        def call(part: list[str]) -> Call[EmbeddingResponse]:
            def parse(reply: Reply) -> EmbeddingResponse:
                return embed.read_embeddings(reply, len(part), request.model, prices)

            return self._post("embed", {**body, field: part}, request, dropped, parse)

        return [(start, call(inputs[start : start + size])) for start in range(0, len(inputs), size)]

    def _post(
        self,
        path: str,
        body: dict[str, Any],
        request: ModelRequest,
        dropped: tuple[str, ...],
        parse: Callable[[Reply], T],
    ) -> Call[T]:
        return Call(parse=parse, **self._exchange(path, body, request, dropped))

    def _exchange(
        self, path: str, body: dict[str, Any], request: ModelRequest, dropped: tuple[str, ...]
    ) -> ExchangeFields:
        return {
            "method": "POST",
            "url": self._url(f"v2/{path}"),
            "headers": check_headers({**self.settings.headers, **(request.extra_headers or {})}),
            "body": JSON(body),
            "auth": self.auth(),
            "origin": (self.name, request.model),
            "dropped": dropped,
            "error": functools.partial(self.error, model=request.model),
        }

    def _page(self, after: str) -> Call[Page]:
        query = f"?page_size={PAGE}" + (f"&page_token={quote(after, safe='')}" if after else "")
        return Call(
            method="GET",
            url=self._url("v1/models") + query,
            headers=check_headers(dict(self.settings.headers)),
            auth=self.auth(),
            effect=Effect.READ,
            origin=(self.name, ""),
            parse=lambda reply: read_page(self.name, reply.body),
            error=self.error,
        )

    def _url(self, path: str) -> str:
        """Behind a base URL with or without a version: the service's operations have two."""
        base = self.settings.base_url
        return f"{base.removesuffix('/v1').removesuffix('/v2')}/{path}"

    def _prices(self, model: str) -> Prices | None:
        return self.info(model).prices
