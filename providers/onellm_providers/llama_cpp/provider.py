"""GGUF models in this process: chat, whole and streamed, embeddings, and the models of a folder."""

from __future__ import annotations

import re
from collections.abc import Collection

from onellm.call import Lane, StreamWork, Work
from onellm.capabilities import Catalogue, ModelInfo
from onellm.config import Host, Settings
from onellm.decode.json import Table, table
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.assemble import ChatAssembler
from onellm.openai_compatible.losses import Losses
from onellm.openai_compatible.messages import encode_messages
from onellm.openai_compatible.parameters import encode_parameters
from onellm.provider import Provider
from onellm.types.chat import ChatCompletionResponse, ChatRequest
from onellm.types.chunk import ChatCompletionChunk
from onellm.types.embedding import EmbeddingRequest, EmbeddingResponse
from onellm.types.request import ModelRequest
from onellm_providers.llama_cpp.chat import ChatRun
from onellm_providers.llama_cpp.embed import EmbedRun, encode
from onellm_providers.llama_cpp.files import list_folder, path_of
from onellm_providers.llama_cpp.grammar import check_held
from onellm_providers.llama_cpp.options import SETTINGS, VARIABLES, read_options
from onellm_providers.llama_cpp.row import FEATURES, NAME, ROW
from onellm_providers.llama_cpp.shelf import SHELF, Slot

FOLDERS = Lane("models-folder")


FORMATS = ("text", "json_object", "json_schema")
ANYWAY = re.compile(r" send it anyway as extra_body=\{[^}]*\},")


class Here(Losses):
    """Losses of what is computed here: there is no service to which anything could be sent anyway."""

    def refuse(self, param: str, message: str) -> None:
        super().refuse(param, ANYWAY.sub("", message))


class LlamaCppProvider(Provider):
    """Models by path (`llama_cpp//models/a.gguf`) or by name in the models folder.

    Settings: `models_dir`, `memory_limit`, `chat_template`, and options of `llama_cpp.Llama` such as `n_ctx` and
    `n_gpu_layers`. Clients with the same settings share the models in memory.
    """

    host = Host(
        name=NAME,
        base_url="",
        key_required=False,
        settings=SETTINGS,
        note="A llama.cpp server is `llama_server/…`.",
        variables=VARIABLES,
    )
    features = FEATURES
    source, as_of = ROW.source, ROW.as_of

    def __init__(self, settings: Settings, catalogue: Catalogue | None = None) -> None:
        super().__init__(settings, catalogue)
        self._options = read_options(settings.extra)

    # -- operations ------------------------------------------------------------------------------------------------

    def chat(self, request: ChatRequest) -> Work[ChatCompletionResponse]:
        """A chat completion. It can be stopped between two tokens."""
        body, dropped = self._encode(request, stream=False)
        run = ChatRun(body, self._slot(request), self._options)
        return Work(run.whole, self._slot(request).lane, (self.name, request.model), dropped, run.stop)

    def chat_stream(self, request: ChatRequest) -> StreamWork[ChatCompletionChunk, ChatCompletionResponse]:
        """A streamed chat completion."""
        body, dropped = self._encode(request, stream=True)
        apart = bool((request.stream_options or {}).get("include_usage"))
        run = ChatRun(body, self._slot(request), self._options, usage_apart=apart)
        lane = self._slot(request).lane
        return StreamWork(run.stream, lane, lambda: ChatAssembler(ROW), (self.name, request.model), dropped, run.stop)

    def embed(self, request: EmbeddingRequest) -> Work[EmbeddingResponse]:
        """Embeddings. A model that chats too is loaded once for either."""
        losses = Here(drop=request.unsupported == "drop")
        self._refuse_wire(request, losses, ())
        slot = self._slot(request, embedding=True)
        run = EmbedRun(encode(request, losses), slot, self._options)
        return Work(run.whole, slot.lane, (self.name, request.model), tuple(losses.dropped), run.stop)

    def models(self) -> Work[list[ModelInfo]]:
        """The models of the models folder."""
        folder = self._options.folder
        return Work(lambda: list_folder(folder), FOLDERS, (self.name, ""))

    # -- parts -----------------------------------------------------------------------------------------------------

    def _encode(self, request: ChatRequest, *, stream: bool) -> tuple[Table, tuple[str, ...]]:
        losses = Here(drop=request.unsupported == "drop")
        self._refuse_wire(request, losses, ROW.taken)
        body: Table = {
            "model": request.model,
            "messages": encode_messages(ROW, request.messages, losses, request.model),
        }
        body.update(encode_parameters(ROW, request, losses, stream=stream))
        kind = table(body.get("response_format")).get("type", "text")
        if kind not in FORMATS:
            losses.refuse("response_format", f"{self.name} takes no response_format of type {kind!r}.")
            del body["response_format"]
        check_held(body, losses)
        return body, tuple(losses.dropped)

    def _refuse_wire(self, request: ModelRequest, losses: Losses, known: Collection[str]) -> None:
        """Nothing goes over a wire here, so what belongs there alone has no meaning."""
        if request.extra_headers:
            losses.refuse("extra_headers", f"{self.name} sends no headers.")
        for name in request.extra_body or {}:
            if name not in known:
                raise InvalidRequestError(
                    f"extra_body: {self.name} computes in this process and has no {name!r}.", param=name
                )

    def _slot(self, request: ModelRequest, *, embedding: bool = False) -> Slot:
        path = path_of(request.model, self._options.folder)
        return SHELF.slot(path, dict(self._options.loading), embedding=embedding)
