"""Replicate behind `replicate/…`: a chat or an image is a prediction of a model with a schema of its own.

Sources: the replicate SDK 1.0.7, answers that it recorded, and replicate.com's documentation as of November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from onellm.call import Call, Flow, Lane, StreamWork, ask
from onellm.capabilities import Capability, Catalogue
from onellm.errors import CapabilityError
from onellm.openai_compatible.assemble import ChatAssembler
from onellm.openai_compatible.losses import Losses
from onellm.provider import REMEMBERED
from onellm.types.chat import ChatCompletionResponse, ChatRequest
from onellm.types.chunk import ChatCompletionChunk
from onellm.types.image import ImageEditRequest, ImageRequest, ImageResponse
from onellm.types.request import ModelRequest
from onellm_providers.replicate.calls import Calls, ChatStream
from onellm_providers.replicate.jobs import finished
from onellm_providers.replicate.messages import IMAGES, ONE_IMAGE, encode_messages
from onellm_providers.replicate.parameters import place_chat_parameters
from onellm_providers.replicate.pictures import as_images, encode_image
from onellm_providers.replicate.place import DEPLOYMENTS, place_of, release_of
from onellm_providers.replicate.prediction import Prediction, as_answer, failure_of
from onellm_providers.replicate.schema import UNKNOWN, Schema, read_schema
from onellm_providers.replicate.stream import as_chunks
from onellm_providers.replicate.target import Target

if TYPE_CHECKING:
    from onellm.config import Settings

ChatWork = StreamWork[ChatCompletionChunk, ChatCompletionResponse]


class ReplicateProvider(Calls):
    """Chat, whole and streamed, and images. Every one is a flow: the schema, once; the prediction; its end.

    Settings beside the usual ones: `poll_interval`, the seconds between two looks at a prediction, and `cancel_after`,
    after which the service itself cancels one (`"5m"`, the header `Cancel-After`).
    """

    features: Mapping[Capability, bool] = {
        Capability.TOOLS: False,
        Capability.PARALLEL_TOOLS: False,
        Capability.TOOL_CHOICE_REQUIRED: False,
        Capability.LOGPROBS: False,
        Capability.AUDIO_OUTPUT: False,
    }
    source = "Replicate's documentation"
    as_of = "2026-11"

    def __init__(self, settings: Settings, catalogue: Catalogue | None = None) -> None:
        super().__init__(settings, catalogue)
        self._schemas: dict[str, Schema] = {}
        self._lane = Lane("replicate")

    # -- operations ------------------------------------------------------------------------------------------------

    def chat(self, request: ChatRequest) -> Flow[ChatCompletionResponse]:
        """A chat completion."""
        self.prepare(request)
        return self._chat(request)

    def chat_stream(self, request: ChatRequest) -> Flow[ChatStream | ChatWork]:
        """A streamed chat completion. The answer of a model that does not stream comes in one piece."""
        self.prepare(request)
        return self._chat_stream(request)

    def image(self, request: ImageRequest) -> Flow[ImageResponse]:
        """Images from a text."""
        self.prepare(request)
        return self._image(request)

    def image_edit(self, request: ImageEditRequest) -> Flow[ImageResponse]:
        """Images from images and a text."""
        self.prepare(request)
        return self._image(request)

    def schema(self, model: str) -> Flow[Schema]:
        """What a model takes, asked for once; `UNKNOWN` where the service does not tell."""
        known = self._schemas.get(model)
        if known is not None:
            return known
        path = place_of(model).schema
        if path.startswith(DEPLOYMENTS):
            path = release_of((yield from ask(self.get(path, model))))
        schema = read_schema((yield from ask(self.get(path, model)))) if path else UNKNOWN
        if len(self._schemas) >= REMEMBERED:
            self._schemas.clear()
        self._schemas[model] = schema
        self._known.pop(model, None)
        return schema

    # -- what is known ---------------------------------------------------------------------------------------------

    def features_of(self, model: str) -> Mapping[Capability, bool]:
        """What holds for every model, and what the schema of this one says, once it was asked for."""
        schema = self._schemas.get(model, UNKNOWN)
        found = dict(self.features)
        if schema.known:
            found[Capability.VISION] = not schema.files and any(map(schema.takes, (*ONE_IMAGE, *IMAGES)))
        if schema.files:
            found[Capability.CHAT] = found[Capability.STREAM] = False
        if schema.files is False:
            found[Capability.IMAGE_GENERATION] = found[Capability.IMAGE_EDIT] = False
        return found

    # -- flows -----------------------------------------------------------------------------------------------------

    def _chat(self, request: ChatRequest) -> Flow[ChatCompletionResponse]:
        create = self._create_chat(request, (yield from self.schema(request.model)), stream=False)
        prediction = yield from self._finished(create, (yield from ask(create)))
        return as_answer(prediction, request.model, self.info(request.model).prices)

    def _chat_stream(self, request: ChatRequest) -> Flow[ChatStream | ChatWork]:
        create = self._create_chat(request, (yield from self.schema(request.model)), stream=True)
        prediction = yield from ask(create)
        if url := self.safe(prediction.stream_url):
            return self.read(create, prediction, url)
        prediction = yield from self._finished(create, prediction)
        chunks = as_chunks(as_answer(prediction, request.model, self.info(request.model).prices))
        return StreamWork(lambda: iter(chunks), self._lane, ChatAssembler, create.origin, create.dropped)

    def _image(self, request: ImageRequest | ImageEditRequest) -> Flow[ImageResponse]:
        schema = yield from self.schema(request.model)
        if schema.files is False:
            raise self._cannot(request.model, "makes no images", Capability.IMAGE_GENERATION)
        target = self._target(request, schema)
        create = self.create(request, target, encode_image(target, request))
        prediction = yield from self._finished(create, (yield from ask(create)))
        if prediction.status != "succeeded":
            raise failure_of(f"it was {prediction.status}", *create.origin, prediction.id)
        return (yield from as_images(prediction, request, urlsplit(self.settings.base_url).hostname or ""))

    def _finished(self, create: Call[Prediction], prediction: Prediction) -> Flow[Prediction]:
        """The prediction at its end. Raises the error of one that failed."""
        prediction = yield from finished(prediction, self.steps(create))
        if prediction.status == "failed":
            raise failure_of(prediction.error, *create.origin, prediction.id)
        return prediction

    # -- requests --------------------------------------------------------------------------------------------------

    def _create_chat(self, request: ChatRequest, schema: Schema, *, stream: bool) -> Call[Prediction]:
        if schema.files:
            raise self._cannot(request.model, "gives files and does not chat", Capability.CHAT)
        target = self._target(request, schema)
        given = request.parameters()
        if given.pop("stream_options", None) is not None:
            target.losses.note("stream_options")  # a stream tells no usage, and a whole answer has no options
        inputs = encode_messages(target, request.messages)
        place_chat_parameters(target, given, inputs)
        return self.create(request, target, inputs, stream=stream)

    def _target(self, request: ModelRequest, schema: Schema) -> Target:
        return Target(self.name, request.model, schema, Losses(drop=request.unsupported == "drop"))

    def _cannot(self, model: str, why: str, capability: Capability) -> CapabilityError:
        return CapabilityError(f"{self.name}/{model} {why}, as its schema says.", capability=capability.value)
