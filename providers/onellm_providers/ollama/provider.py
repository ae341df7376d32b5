"""Models at an Ollama server behind `ollama/…`: chat, text completions, embeddings, and the models that it has.

Source: the ollama client 0.6.3 of September 2026.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeVar

from onellm.body import JSON, File
from onellm.call import Call, Effect, ExchangeFields, Flow, Op, Reply, StreamCall, StreamOp, ask, ask_all
from onellm.capabilities import ModelInfo, Prices
from onellm.config import Host
from onellm.decode.json import Table
from onellm.errors import APIError, AuthenticationError, ModelNotFoundError, NotFoundError
from onellm.media import fetch_media
from onellm.openai_compatible.assemble import ChatAssembler
from onellm.openai_compatible.completions import CompletionAssembler
from onellm.openai_compatible.losses import Losses
from onellm.provider import Provider
from onellm.signing import check_headers
from onellm.types.chat import ChatCompletionResponse, ChatRequest
from onellm.types.chunk import ChatCompletionChunk
from onellm.types.completion import CompletionChunk, CompletionRequest, CompletionResponse
from onellm.types.embedding import EmbeddingRequest, EmbeddingResponse
from onellm.types.request import ModelRequest
from onellm_providers.ollama.answers import read_chat, read_completion
from onellm_providers.ollama.body import encode_chat, encode_generate
from onellm_providers.ollama.embed import encode_embed, read_embeddings
from onellm_providers.ollama.messages import image_urls
from onellm_providers.ollama.models import FEATURES, read_details, read_local, read_model
from onellm_providers.ollama.stream import ChatLines, TextLines
from onellm_providers.ollama.target import Target
from onellm_providers.ollama.types import ModelDetails

T = TypeVar("T")
PORT = 11434
NDJSON = "application/x-ndjson"
Encode = Callable[[Target], Table]


EVERYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - what is read here, not bound
"""Where a server listens that is to be reached from everywhere, and where it answers on this machine."""


def spelled_out(url: str) -> str:
    """`host`, `:port` and `host:port` as a URL, as OLLAMA_HOST has them.

    The variable also tells the server where to listen. All addresses of a machine are no place to connect to, and not
    every system forgives it (ollama/ollama-python#407, #471).
    """
    scheme, given, rest = url.strip().rpartition("://")
    place, slash, path = rest.partition("/")
    name, colon, port = (place, "", "") if place.endswith("]") else place.rpartition(":")
    if not colon:
        name, port = place, ""
    name = EVERYWHERE.get(name, name)
    if given:
        return f"{scheme}{given}{name}{colon}{port}{slash}{path}"
    return f"http://{name or '127.0.0.1'}:{port or PORT}{slash}{path}"


class OllamaProvider(Provider):
    """An Ollama server, on this machine unless OLLAMA_HOST or `base_url` says otherwise.

    Settings beside the usual ones hold for every call that does not say otherwise: `num_ctx`, the tokens of the window,
    and `keep_alive`, how long the model stays in memory.
    """

    host = Host(
        name="ollama",
        base_url=f"http://127.0.0.1:{PORT}/api",
        key_required=False,
        settings=("num_ctx", "keep_alive"),
        variables={"base_url": ("OLLAMA_HOST",)},
        read_url=lambda url, given: (spelled_out(url), {}),
    )
    features = FEATURES
    source = "Ollama's client"
    as_of = "2026-09"

    # -- operations ------------------------------------------------------------------------------------------------

    def chat(self, request: ChatRequest) -> Op[ChatCompletionResponse]:
        """A chat completion: POST /api/chat. Images by URL are fetched before."""
        if any(True for _ in image_urls(request.messages)):
            return self._after_fetch(request)
        return self._chat(request, {})

    def chat_stream(self, request: ChatRequest) -> StreamOp[ChatCompletionChunk, ChatCompletionResponse]:
        """A streamed chat completion: POST /api/chat with `stream`."""
        if any(True for _ in image_urls(request.messages)):
            return self._stream_after_fetch(request)
        return self._chat_stream(request, {})

    def complete(self, request: CompletionRequest) -> Call[CompletionResponse]:
        """A text completion: POST /api/generate."""
        exchange = self._encoded("generate", request, functools.partial(_generate, request, False))
        prices = self._prices(request.model)
        return Call(parse=lambda reply: read_completion(reply.body, request.model, prices), **exchange)

    def complete_stream(self, request: CompletionRequest) -> StreamCall[CompletionChunk, CompletionResponse]:
        """A streamed text completion: POST /api/generate with `stream`."""
        exchange = self._encoded("generate", request, functools.partial(_generate, request, True))
        prices = self._prices(request.model)
        return StreamCall(
            decoder=lambda: TextLines(exchange["error"], request.model, prices),
            assembler=CompletionAssembler,
            media_type=NDJSON,
            **exchange,
        )

    def embed(self, request: EmbeddingRequest) -> Call[EmbeddingResponse]:
        """Embeddings: POST /api/embed."""
        exchange = self._encoded("embed", request, lambda target: encode_embed(target, request))
        prices, amount = self._prices(request.model), len(request.inputs)
        return Call(parse=lambda reply: read_embeddings(reply, amount, request.model, prices), **exchange)

    def models(self) -> Flow[list[ModelInfo]]:
        """The models that the server has, and what each does: GET /api/tags, and POST /api/show for each."""
        local = yield from ask(self.call("GET", "tags", parse=read_local))
        details = yield from ask_all([self._details(each.model) for each in local])
        return [read_model(self.name, each.model, said) for each, said in zip(local, details, strict=True)]

    # -- what the clients use --------------------------------------------------------------------------------------

    def kin(self, model: str) -> tuple[str, ...]:
        """A name without a tag is the one with the tag `latest`."""
        return () if ":" in model.rpartition("/")[2] else (f"{model}:latest",)

    def show(self, model: str) -> Call[ModelDetails]:
        """What the server knows of a model: POST /api/show."""
        return self.call("POST", "show", {"model": model}, parse=read_details, model=model)

    def call(
        self,
        method: str,
        path: str,
        body: Table | None = None,
        *,
        parse: Callable[[Reply], T],
        model: str = "",
        effect: Effect = Effect.READ,
    ) -> Call[T]:
        """A call of an operation below /api."""
        return Call(parse=parse, **self.exchange(method, path, body, model=model, effect=effect))

    def exchange(
        self,
        method: str,
        path: str,
        body: Table | None,
        *,
        model: str = "",
        headers: Mapping[str, str] | None = None,
        dropped: tuple[str, ...] = (),
        effect: Effect = Effect.INFERENCE,
    ) -> ExchangeFields:
        """What every call to the server has."""
        return {
            "method": method,
            "url": f"{self._base()}/{path}",
            "headers": check_headers({**self.settings.headers, **(headers or {})}),
            "body": None if body is None else JSON(body),
            "auth": self.auth(),
            "origin": (self.name, model),
            "dropped": dropped,
            "effect": effect,
            "error": functools.partial(self.error, model=model),
            "unreachable": "Start it with `ollama serve`, or say with OLLAMA_HOST where it is.",
        }

    # -- errors ----------------------------------------------------------------------------------------------------

    def _advice(self, model: str) -> dict[type[APIError], str]:
        pull = f"`ollama pull {model}`" if model else "`ollama pull`"
        return {
            **super()._advice(model),
            ModelNotFoundError: f"{pull} fetches it; `onellm models {self.name}` lists those that are there.",
            AuthenticationError: "Set OLLAMA_API_KEY to a key of ollama.com; a server of your own needs none.",
        }

    # -- parts -----------------------------------------------------------------------------------------------------

    def _chat(self, request: ChatRequest, images: Mapping[str, File]) -> Call[ChatCompletionResponse]:
        exchange = self._encoded("chat", request, lambda target: encode_chat(target, request, stream=False), images)
        prices = self._prices(request.model)
        return Call(parse=lambda reply: read_chat(reply.body, request.model, prices), **exchange)

    def _chat_stream(
        self, request: ChatRequest, images: Mapping[str, File]
    ) -> StreamCall[ChatCompletionChunk, ChatCompletionResponse]:
        exchange = self._encoded("chat", request, lambda target: encode_chat(target, request, stream=True), images)
        apart = bool((request.stream_options or {}).get("include_usage"))
        prices = self._prices(request.model)
        return StreamCall(
            decoder=lambda: ChatLines(exchange["error"], request.model, prices, usage_apart=apart),
            assembler=ChatAssembler,
            media_type=NDJSON,
            **exchange,
        )

    def _after_fetch(self, request: ChatRequest) -> Flow[ChatCompletionResponse]:
        images = yield from _fetch(request)
        return (yield from ask(self._chat(request, images)))

    def _stream_after_fetch(
        self, request: ChatRequest
    ) -> Generator[Any, Any, StreamCall[ChatCompletionChunk, ChatCompletionResponse]]:
        images = yield from _fetch(request)
        return self._chat_stream(request, images)

    def _encoded(
        self, path: str, request: ModelRequest, encode: Encode, images: Mapping[str, File] | None = None
    ) -> ExchangeFields:
        losses = Losses(drop=request.unsupported == "drop")
        body = encode(Target(self.name, request.model, losses, self.settings.extra, images or {}))
        return self.exchange(
            "POST",
            path,
            body,
            model=request.model,
            headers=request.extra_headers,
            dropped=tuple(losses.dropped),
        )

    def _details(self, model: str) -> Flow[ModelDetails | None]:
        """A model may be gone since it was listed."""
        try:
            return (yield from ask(self.show(model)))
        except NotFoundError:
            return None

    def _base(self) -> str:
        """The server's own API, also behind the base URL of its OpenAI-compatible one."""
        base = self.settings.base_url.removesuffix("/v1")
        return base if base.endswith("/api") else f"{base}/api"

    def _prices(self, model: str) -> Prices | None:
        return self.info(model).prices


def _generate(request: CompletionRequest, stream: bool, target: Target) -> Table:
    return encode_generate(target, request, stream=stream)


def _fetch(request: ChatRequest) -> Flow[dict[str, File]]:
    """The images by URL, by where they stand."""
    wanted = dict(image_urls(request.messages))
    files = yield from ask_all([fetch_media(url, param=where) for where, url in wanted.items()])
    return dict(zip(wanted, files, strict=True))
