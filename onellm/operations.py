"""The operations beside chat that a provider may offer, each refused until its class overrides it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onellm.capabilities import Capability
from onellm.errors import CapabilityError

if TYPE_CHECKING:
    from onellm.call import Op, StreamOp
    from onellm.config import Settings
    from onellm.types.audio import (
        TranscriptionEvent,
        TranscriptionRequest,
        TranscriptionResponse,
        TranslationRequest,
        TranslationResponse,
    )
    from onellm.types.batch import BatchList, BatchListRequest, BatchObject, BatchQuery, BatchRequest, BatchResults
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

OPERATIONS: dict[str, Capability] = {
    "chat": Capability.CHAT,
    "chat_stream": Capability.STREAM,
    "complete": Capability.COMPLETION,
    "complete_stream": Capability.COMPLETION,
    "respond": Capability.RESPONSES,
    "respond_stream": Capability.RESPONSES,
    "response_retrieve": Capability.RESPONSES,
    "response_retrieve_stream": Capability.RESPONSES,
    "response_cancel": Capability.RESPONSES,
    "response_delete": Capability.RESPONSES,
    "response_items": Capability.RESPONSES,
    "embed": Capability.EMBEDDINGS,
    "image": Capability.IMAGE_GENERATION,
    "image_stream": Capability.IMAGE_GENERATION,
    "image_edit": Capability.IMAGE_EDIT,
    "image_edit_stream": Capability.IMAGE_EDIT,
    "image_variation": Capability.IMAGE_EDIT,
    "speech": Capability.SPEECH,
    "speech_stream": Capability.SPEECH,
    "transcribe": Capability.TRANSCRIPTION,
    "transcribe_stream": Capability.TRANSCRIPTION,
    "translate": Capability.TRANSLATION,
    "moderate": Capability.MODERATION,
    "rerank": Capability.RERANK,
    "file_create": Capability.FILES,
    "file_list": Capability.FILES,
    "file_retrieve": Capability.FILES,
    "file_content": Capability.FILES,
    "file_delete": Capability.FILES,
    "batch_create": Capability.BATCH,
    "batch_list": Capability.BATCH,
    "batch_retrieve": Capability.BATCH,
    "batch_cancel": Capability.BATCH,
    "batch_results": Capability.BATCH,
}
"""The methods that a provider may override, and the capability that each of them is."""


class Operations:
    """What a service may offer beside chat. A provider overrides what its service does offer."""

    settings: Settings

    @property
    def name(self) -> str:
        """The provider as model strings name it, with the profile if there is one."""
        return self.settings.label

    def complete(self, request: CompletionRequest) -> Op[CompletionResponse]:
        """A text completion."""
        raise self._lacks(Capability.COMPLETION)

    def complete_stream(self, request: CompletionRequest) -> StreamOp[CompletionChunk, CompletionResponse]:
        """A streamed text completion."""
        raise self._lacks(Capability.COMPLETION, "streamed text completion")

    def respond(self, request: ResponseRequest) -> Op[ResponseObject]:
        """A response."""
        raise self._lacks(Capability.RESPONSES)

    def respond_stream(self, request: ResponseRequest) -> StreamOp[ResponseEvent, ResponseObject]:
        """A streamed response."""
        raise self._lacks(Capability.RESPONSES)

    def response_retrieve(self, request: ResponseQuery) -> Op[ResponseObject]:
        """A stored response, or how far it is."""
        raise self._lacks(Capability.RESPONSES, "stored responses")

    def response_retrieve_stream(self, request: ResponseQuery) -> StreamOp[ResponseEvent, ResponseObject]:
        """The events of a response that runs in the background."""
        raise self._lacks(Capability.RESPONSES, "stored responses")

    def response_cancel(self, request: ResponseQuery) -> Op[ResponseObject]:
        """Stop a response that runs in the background."""
        raise self._lacks(Capability.RESPONSES, "stored responses")

    def response_delete(self, request: ResponseQuery) -> Op[ResponseDeleted]:
        """Delete a stored response."""
        raise self._lacks(Capability.RESPONSES, "stored responses")

    def response_items(self, request: ResponseQuery) -> Op[ResponseItemList]:
        """The input of a stored response."""
        raise self._lacks(Capability.RESPONSES, "stored responses")

    def embed(self, request: EmbeddingRequest) -> Op[EmbeddingResponse]:
        """Embeddings of texts, in the order of the input."""
        raise self._lacks(Capability.EMBEDDINGS)

    def image(self, request: ImageRequest) -> Op[ImageResponse]:
        """Images from a text."""
        raise self._lacks(Capability.IMAGE_GENERATION)

    def image_stream(self, request: ImageRequest) -> StreamOp[ImageEvent, ImageResponse]:
        """An image from a text, with unfinished ones on the way."""
        raise self._lacks(Capability.IMAGE_GENERATION, "streamed image generation")

    def image_edit(self, request: ImageEditRequest) -> Op[ImageResponse]:
        """Images from images and a text."""
        raise self._lacks(Capability.IMAGE_EDIT)

    def image_edit_stream(self, request: ImageEditRequest) -> StreamOp[ImageEvent, ImageResponse]:
        """An edit, with unfinished images on the way."""
        raise self._lacks(Capability.IMAGE_EDIT, "streamed image edit")

    def image_variation(self, request: ImageVariationRequest) -> Op[ImageResponse]:
        """Variations of an image, without a text."""
        raise self._lacks(Capability.IMAGE_EDIT, "image variation")

    def speech(self, request: SpeechRequest) -> Op[SpeechResponse]:
        """A text, spoken."""
        raise self._lacks(Capability.SPEECH)

    def speech_stream(self, request: SpeechRequest) -> StreamOp[bytes, SpeechResponse]:
        """A text, spoken: the bytes as they come."""
        raise self._lacks(Capability.SPEECH, "streamed speech")

    def transcribe(self, request: TranscriptionRequest) -> Op[TranscriptionResponse]:
        """Speech, written down."""
        raise self._lacks(Capability.TRANSCRIPTION)

    def transcribe_stream(self, request: TranscriptionRequest) -> StreamOp[TranscriptionEvent, TranscriptionResponse]:
        """Speech, written down: the text as it comes."""
        raise self._lacks(Capability.TRANSCRIPTION, "streamed transcription")

    def translate(self, request: TranslationRequest) -> Op[TranslationResponse]:
        """Speech, written down in English."""
        raise self._lacks(Capability.TRANSLATION)

    def moderate(self, request: ModerationRequest) -> Op[ModerationResponse]:
        """A verdict on content."""
        raise self._lacks(Capability.MODERATION)

    def rerank(self, request: RerankRequest) -> Op[RerankResponse]:
        """Documents by how well they fit a query."""
        raise self._lacks(Capability.RERANK)

    def file_create(self, request: FileRequest) -> Op[FileObject]:
        """Upload a file."""
        raise self._lacks(Capability.FILES)

    def file_list(self, request: FileListRequest) -> Op[FileList]:
        """The files at the service."""
        raise self._lacks(Capability.FILES)

    def file_retrieve(self, request: FileQuery) -> Op[FileObject]:
        """What is known of a file."""
        raise self._lacks(Capability.FILES)

    def file_content(self, request: FileQuery) -> Op[FileContent]:
        """What a file holds."""
        raise self._lacks(Capability.FILES)

    def file_delete(self, request: FileQuery) -> Op[FileDeleted]:
        """Delete a file."""
        raise self._lacks(Capability.FILES)

    def batch_create(self, request: BatchRequest) -> Op[BatchObject]:
        """Start a batch, of a file at the service or of requests."""
        raise self._lacks(Capability.BATCH)

    def batch_list(self, request: BatchListRequest) -> Op[BatchList]:
        """The batches at the service."""
        raise self._lacks(Capability.BATCH)

    def batch_retrieve(self, request: BatchQuery) -> Op[BatchObject]:
        """How far a batch is."""
        raise self._lacks(Capability.BATCH)

    def batch_cancel(self, request: BatchQuery) -> Op[BatchObject]:
        """Stop a batch; what is done stays."""
        raise self._lacks(Capability.BATCH)

    def batch_results(self, request: BatchQuery) -> Op[BatchResults]:
        """The results of a batch that ended, in the order of its requests."""
        raise self._lacks(Capability.BATCH)

    def _lacks(self, capability: Capability, what: str = "") -> CapabilityError:
        return CapabilityError(f"{self.name} has no {what or capability.value}.", capability=capability.value)
