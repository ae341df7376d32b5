"""OpenAI's operations beside chat, each in a file that is loaded when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onellm.openai_compatible.wire import Wire

if TYPE_CHECKING:
    from onellm.call import Call, Op, StreamCall
    from onellm.types.audio import (
        TranscriptionEvent,
        TranscriptionRequest,
        TranscriptionResponse,
        TranslationRequest,
        TranslationResponse,
    )
    from onellm.types.batch import BatchList, BatchListRequest, BatchObject, BatchQuery, BatchRequest, BatchResults
    from onellm.types.chat import ChatRequest
    from onellm.types.completion import CompletionChunk, CompletionRequest, CompletionResponse
    from onellm.types.embedding import EmbeddingRequest, EmbeddingResponse
    from onellm.types.file import (
        FileContent,
        FileDeleted,
        FileList,
        FileListRequest,
        FileObject,
        FileQuery,
        FileRequest,
    )
    from onellm.types.image import ImageEditRequest, ImageEvent, ImageRequest, ImageResponse, ImageVariationRequest
    from onellm.types.moderation import ModerationRequest, ModerationResponse
    from onellm.types.rerank import RerankRequest, RerankResponse
    from onellm.types.response import (
        ResponseDeleted,
        ResponseEvent,
        ResponseItemList,
        ResponseObject,
        ResponseQuery,
        ResponseRequest,
    )
    from onellm.types.speech import SpeechRequest, SpeechResponse


class Faces(Wire):
    """OpenAI's operations beside chat. Where a host does one differently by logic, its class overrides the method."""

    def encode_chat(self, request: ChatRequest, *, stream: bool) -> tuple[dict[str, Any], tuple[str, ...]]:
        """The body of a chat completion, which the requests of a batch are made of, and what was dropped."""
        raise NotImplementedError

    def complete(self, request: CompletionRequest) -> Op[CompletionResponse]:
        """A text completion: POST /completions."""
        from onellm.openai_compatible.completions import complete

        return complete(self, request)

    def complete_stream(self, request: CompletionRequest) -> StreamCall[CompletionChunk, CompletionResponse]:
        """A streamed text completion: POST /completions with stream=true."""
        from onellm.openai_compatible.completions import complete_stream

        return complete_stream(self, request)

    def respond(self, request: ResponseRequest) -> Call[ResponseObject]:
        """A response: POST /responses."""
        from onellm.openai_compatible.responses.native import respond

        return respond(self, request)

    def respond_stream(self, request: ResponseRequest) -> StreamCall[ResponseEvent, ResponseObject]:
        """A streamed response: POST /responses with stream=true."""
        from onellm.openai_compatible.responses.native import respond_stream

        return respond_stream(self, request)

    def response_retrieve(self, request: ResponseQuery) -> Call[ResponseObject]:
        """A stored response: GET /responses/{id}."""
        from onellm.openai_compatible.responses.native import retrieve

        return retrieve(self, request)

    def response_retrieve_stream(self, request: ResponseQuery) -> StreamCall[ResponseEvent, ResponseObject]:
        """The events of a response that runs in the background: GET /responses/{id}?stream=true."""
        from onellm.openai_compatible.responses.native import retrieve_stream

        return retrieve_stream(self, request)

    def response_cancel(self, request: ResponseQuery) -> Call[ResponseObject]:
        """Stop a response that runs in the background: POST /responses/{id}/cancel."""
        from onellm.openai_compatible.responses.native import cancel

        return cancel(self, request)

    def response_delete(self, request: ResponseQuery) -> Call[ResponseDeleted]:
        """Delete a stored response: DELETE /responses/{id}."""
        from onellm.openai_compatible.responses.native import delete

        return delete(self, request)

    def response_items(self, request: ResponseQuery) -> Call[ResponseItemList]:
        """The input of a stored response: GET /responses/{id}/input_items."""
        from onellm.openai_compatible.responses.native import items

        return items(self, request)

    def embed(self, request: EmbeddingRequest) -> Op[EmbeddingResponse]:
        """Embeddings: POST /embeddings, in as many calls as the host's limit asks for."""
        from onellm.openai_compatible.embeddings import embed

        return embed(self, request)

    def image(self, request: ImageRequest) -> Op[ImageResponse]:
        """Images: POST /images/generations."""
        from onellm.openai_compatible.images import image

        return image(self, request)

    def image_stream(self, request: ImageRequest) -> StreamCall[ImageEvent, ImageResponse]:
        """An image with unfinished ones on the way: POST /images/generations with stream=true."""
        from onellm.openai_compatible.images import image_stream

        return image_stream(self, request)

    def image_edit(self, request: ImageEditRequest) -> Op[ImageResponse]:
        """Edited images: POST /images/edits, multipart."""
        from onellm.openai_compatible.images import image_edit

        return image_edit(self, request)

    def image_edit_stream(self, request: ImageEditRequest) -> StreamCall[ImageEvent, ImageResponse]:
        """An edit with unfinished images on the way: POST /images/edits with stream=true."""
        from onellm.openai_compatible.images import image_edit_stream

        return image_edit_stream(self, request)

    def image_variation(self, request: ImageVariationRequest) -> Op[ImageResponse]:
        """Variations: POST /images/variations, multipart. Raises CapabilityError where the host has none."""
        from onellm.openai_compatible.images import image_variation

        return image_variation(self, request)

    def speech(self, request: SpeechRequest) -> Op[SpeechResponse]:
        """Speech: POST /audio/speech."""
        from onellm.openai_compatible.audio import speech

        return speech(self, request)

    def speech_stream(self, request: SpeechRequest) -> StreamCall[bytes, SpeechResponse]:
        """Speech as it comes: POST /audio/speech."""
        from onellm.openai_compatible.audio import speech_stream

        return speech_stream(self, request)

    def transcribe(self, request: TranscriptionRequest) -> Op[TranscriptionResponse]:
        """A transcription: POST /audio/transcriptions, multipart."""
        from onellm.openai_compatible.audio import transcribe

        return transcribe(self, request)

    def transcribe_stream(self, request: TranscriptionRequest) -> StreamCall[TranscriptionEvent, TranscriptionResponse]:
        """A transcription as it comes: POST /audio/transcriptions with stream=true."""
        from onellm.openai_compatible.audio import transcribe_stream

        return transcribe_stream(self, request)

    def translate(self, request: TranslationRequest) -> Op[TranslationResponse]:
        """A translation into English: POST /audio/translations, multipart."""
        from onellm.openai_compatible.audio import translate

        return translate(self, request)

    def moderate(self, request: ModerationRequest) -> Op[ModerationResponse]:
        """A verdict: POST /moderations."""
        from onellm.openai_compatible.judging import moderate

        return moderate(self, request)

    def rerank(self, request: RerankRequest) -> Op[RerankResponse]:
        """Documents in order: POST /rerank."""
        from onellm.openai_compatible.judging import rerank

        return rerank(self, request)

    def file_create(self, request: FileRequest) -> Call[FileObject]:
        """Upload a file: POST /files, multipart."""
        from onellm.openai_compatible.files import file_create

        return file_create(self, request)

    def file_list(self, request: FileListRequest) -> Call[FileList]:
        """List files: GET /files."""
        from onellm.openai_compatible.files import file_list

        return file_list(self, request)

    def file_retrieve(self, request: FileQuery) -> Call[FileObject]:
        """A file: GET /files/{id}."""
        from onellm.openai_compatible.files import file_retrieve

        return file_retrieve(self, request)

    def file_content(self, request: FileQuery) -> Call[FileContent]:
        """What a file holds: GET /files/{id}/content."""
        from onellm.openai_compatible.files import file_content

        return file_content(self, request)

    def file_delete(self, request: FileQuery) -> Call[FileDeleted]:
        """Delete a file: DELETE /files/{id}."""
        from onellm.openai_compatible.files import file_delete

        return file_delete(self, request)

    def batch_create(self, request: BatchRequest) -> Op[BatchObject]:
        """Start a batch: POST /batches, after POST /files where requests were given."""
        from onellm.openai_compatible.batches import batch_create

        return batch_create(self, request)

    def batch_list(self, request: BatchListRequest) -> Call[BatchList]:
        """List batches: GET /batches."""
        from onellm.openai_compatible.batches import batch_list

        return batch_list(self, request)

    def batch_retrieve(self, request: BatchQuery) -> Call[BatchObject]:
        """A batch: GET /batches/{id}."""
        from onellm.openai_compatible.batches import batch_retrieve

        return batch_retrieve(self, request)

    def batch_cancel(self, request: BatchQuery) -> Call[BatchObject]:
        """Cancel a batch: POST /batches/{id}/cancel."""
        from onellm.openai_compatible.batches import batch_cancel

        return batch_cancel(self, request)

    def batch_results(self, request: BatchQuery) -> Op[BatchResults]:
        """The results: GET /batches/{id}, then the contents of its files."""
        from onellm.openai_compatible.batches import batch_results

        return batch_results(self, request)
