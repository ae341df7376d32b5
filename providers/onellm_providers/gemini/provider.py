"""Gemini behind `gemini/…`, in the format of the Gemini API's generateContent.

Sources: google-genai 3.6 and recorded exchanges, as of November 2026.
"""

from __future__ import annotations

import functools
import json
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from onellm.call import Call, Effect, Flow, Op, Reply, StreamCall, ask
from onellm.capabilities import ModelInfo
from onellm.decode.json import Table, table
from onellm.errors import BadResponseError
from onellm.openai_compatible.assemble import ChatAssembler
from onellm.openai_compatible.files import read_content
from onellm.openai_compatible.losses import Losses
from onellm.types.chat import ChatCompletionResponse, ChatRequest
from onellm.types.chunk import ChatCompletionChunk
from onellm.types.embedding import EmbeddingRequest, EmbeddingResponse
from onellm.types.file import FileContent, FileDeleted, FileList, FileListRequest, FileObject, FileQuery, FileRequest
from onellm.types.image import ImageEditRequest, ImageRequest, ImageResponse
from onellm.types.request import ModelRequest
from onellm_providers.gemini import embeddings, files
from onellm_providers.gemini.answers import read_answer
from onellm_providers.gemini.base import GeminiBase
from onellm_providers.gemini.body import encode_body
from onellm_providers.gemini.images import encode_image, read_image
from onellm_providers.gemini.models import Page, read_page
from onellm_providers.gemini.stream import AnswerDecoder

COUNTED = frozenset({"contents", "systemInstruction", "tools", "generationConfig", "toolConfig", "cachedContent"})
"""What counting tokens takes of a chat's body."""


class GeminiProvider(GeminiBase):
    """Chat, whole and streamed, with tools, media and thinking; embeddings, files, token counts, the list of models."""

    # -- operations ------------------------------------------------------------------------------------------------

    def chat(self, request: ChatRequest) -> Call[ChatCompletionResponse]:
        """A chat completion: POST …:generateContent."""
        exchange = self._chat_exchange(request, stream=False)
        return Call(parse=functools.partial(self._parse, request.model), **exchange)

    def chat_stream(self, request: ChatRequest) -> StreamCall[ChatCompletionChunk, ChatCompletionResponse]:
        """A streamed chat completion: POST …:streamGenerateContent?alt=sse."""
        exchange = self._chat_exchange(request, stream=True)
        apart = bool((request.stream_options or {}).get("include_usage"))
        count = table(table(exchange["body"].value).get("generationConfig")).get("candidateCount", 1)
        return StreamCall(
            decoder=lambda: AnswerDecoder(
                exchange["error"], request.model, self.owner, self._prices, count=count, usage_apart=apart
            ),
            assembler=ChatAssembler,
            **exchange,
        )

    def count_tokens(self, request: ChatRequest) -> Call[int]:
        """The tokens of a request's prompt, without running it: POST …:countTokens."""
        body, _, dropped = self._encode(request, stream=False)
        own = request.extra_body or {}
        counted = {name: value for name, value in body.items() if name in COUNTED or name in own}
        inner = self._counted(request.model, counted)
        url = self._url(request.model, "countTokens")
        exchange = self.exchange(url, request, body=inner, effect=Effect.READ, dropped=dropped)
        return Call(parse=_read_count, **exchange)

    def embed(self, request: EmbeddingRequest) -> Op[EmbeddingResponse]:
        """Embeddings: POST …:batchEmbedContents, at most 100 texts a call."""
        name = self._path(request.model)

        def send(at: int, texts: list[str], fields: Table, dropped: tuple[str, ...]) -> Call[EmbeddingResponse]:
            body = embeddings.encode_batch(name, texts, fields, request)
            exchange = self.exchange(
                self._url(request.model, "batchEmbedContents"), request, body=body, dropped=dropped
            )
            prices = self._prices(request.model)
            return Call(parse=functools.partial(embeddings.read_batch, request.model, len(texts), prices), **exchange)

        return embeddings.in_batches(request, self.name, send)

    def image(self, request: ImageRequest) -> Call[ImageResponse]:
        """An image: POST …:generateContent of a model that makes images."""
        return self._image(request)

    def image_edit(self, request: ImageEditRequest) -> Call[ImageResponse]:
        """An image made of others: they go before the prompt."""
        return self._image(request)

    def models(self) -> Flow[list[ModelInfo]]:
        """The models that the key may use: GET /models, page by page."""
        found: list[ModelInfo] = []
        token: str | None = ""
        while token is not None:
            page = yield from ask(self._page(token))
            found += page.models
            token = page.token
        return found

    def file_create(self, request: FileRequest) -> Flow[FileObject]:
        """Upload a file: POST /upload/…/files opens an upload, whose URL takes the bytes."""
        return self._upload(request)

    def file_list(self, request: FileListRequest) -> Call[FileList]:
        """The files: GET /files. `after` is the `last_id` of the page before."""
        asked = {"pageSize": request.limit, "pageToken": request.after}
        losses = Losses(drop=request.unsupported == "drop")
        for name in ("order", "purpose"):
            if getattr(request, name) is not None:
                losses.refuse(name, f"{self.name} does not take {name} for a list of files.")
        query = {name: value for name, value in asked.items() if value is not None}
        url = f"{self._base}/files" + (f"?{urlencode(query)}" if query else "")
        exchange = self.exchange(url, request, method="GET", effect=Effect.READ, dropped=tuple(losses.dropped))
        return Call(parse=functools.partial(files.read_list, self.name), **exchange)

    def file_retrieve(self, request: FileQuery) -> Call[FileObject]:
        """What is known of a file: GET /files/{id}."""
        exchange = self.exchange(self._file_url(request), request, method="GET", effect=Effect.READ)
        return Call(parse=functools.partial(files.read_retrieved, self.name), **exchange)

    def file_content(self, request: FileQuery) -> Call[FileContent]:
        """What a file holds that the service made: GET /files/{id}:download. It gives back none that was uploaded."""
        url = f"{self._file_url(request)}:download?alt=media"
        return Call(parse=read_content, **self.exchange(url, request, method="GET", effect=Effect.READ))

    def file_delete(self, request: FileQuery) -> Call[FileDeleted]:
        """Delete a file: DELETE /files/{id}."""
        exchange = self.exchange(self._file_url(request), request, method="DELETE")
        return Call(parse=functools.partial(files.read_deleted, self.name, files.file_name(request.id)), **exchange)

    def _chat_exchange(self, request: ChatRequest, *, stream: bool) -> Any:
        body, headers, dropped = self._encode(request, stream=stream)
        method = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return self.exchange(self._url(request.model, method), request, body=body, headers=headers, dropped=dropped)

    def _encode(self, request: ChatRequest, *, stream: bool) -> tuple[Table, dict[str, str], tuple[str, ...]]:
        target = self._target(request)
        return encode_body(target, request, stream=stream), {}, tuple(target.losses.dropped)

    def _image(self, request: ImageRequest | ImageEditRequest) -> Call[ImageResponse]:
        target = self._target(request)
        body = encode_image(target, request)
        exchange = self.exchange(
            self._url(request.model, "generateContent"),
            request,
            body=body,
            effect=Effect.PURCHASE,
            dropped=tuple(target.losses.dropped),
        )
        return Call(parse=functools.partial(read_image, self.name), **exchange)

    def _counted(self, model: str, body: Table) -> Table:
        return {"generateContentRequest": {"model": self._path(model), **body}}

    def _upload(self, request: FileRequest) -> Flow[FileObject]:
        losses = Losses(drop=request.unsupported == "drop")
        if request.expires_after is not None:
            losses.refuse("expires_after", f"{self.name} keeps files for 48 hours.")
        file, base = request.file, urlsplit(self._base)
        root, _, version = base.path.rpartition("/")
        headers = {
            "X-Goog-Upload-Protocol": "resumable",
            "X-Goog-Upload-Command": "start",
            "X-Goog-Upload-Header-Content-Length": str(len(file.content)),
            "X-Goog-Upload-Header-Content-Type": file.media_type,
        }
        opened = self.exchange(
            f"{base.scheme}://{base.netloc}{root}/upload/{version}/files",
            request,
            body={"file": {"displayName": file.name}},
            headers=headers,
            dropped=tuple(losses.dropped),
        )
        place = yield from ask(Call(parse=_upload_url, **opened))
        there = urlsplit(place)
        if there.scheme != base.scheme or there.hostname != base.hostname:
            raise BadResponseError(f"The upload would go to another host ({there.hostname}); nothing was sent.")
        sent = self.exchange(
            place, request, headers={"X-Goog-Upload-Offset": "0", "X-Goog-Upload-Command": "upload, finalize"}
        )
        sent["body"] = file.content
        return (yield from ask(Call(parse=functools.partial(files.read_uploaded, self.name), **sent)))

    def _file_url(self, request: FileQuery) -> str:
        return f"{self._base}/{quote(files.file_name(request.id))}"

    def _page(self, token: str) -> Call[Page]:
        query = "?" + urlencode({"pageSize": 1000, **({"pageToken": token} if token else {})})
        exchange = self.exchange(self._models_url() + query, ModelRequest(model=""), method="GET", effect=Effect.READ)
        return Call(parse=lambda reply: read_page(self.name, reply.body), **exchange)

    def _parse(self, model: str, reply: Reply) -> ChatCompletionResponse:
        return read_answer(reply.body, model, self.owner, self._prices)


def _read_count(reply: Reply) -> int:
    raw = table(json.loads(reply.body))
    return int(raw["totalTokens"])


def _upload_url(reply: Reply) -> str:
    url = reply.headers.get("x-goog-upload-url", "")
    if not url:
        raise BadResponseError("The service opened no upload (no x-goog-upload-url).")
    return url
