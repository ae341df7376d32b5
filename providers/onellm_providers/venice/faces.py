"""Venice's images, speech and transcripts behind `Image`, `Speech` and `AudioTranscription`.

Images go by Venice's own operations (/image/generate, /image/edit, /image/multi-edit), since its OpenAI-compatible one
ignores most of what it takes. What Venice alone has is given by its own name, or inside `venice_parameters`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from onellm.body import JSON, Body
from onellm.call import Call, Effect, ExchangeFields, Reply, StreamCall
from onellm.capabilities import Capability
from onellm.checks import place
from onellm.errors import APIError, InvalidRequestError, UnsupportedParameterError
from onellm.openai_compatible import OneOf, OpenAICompatible, Operation, Range
from onellm.types.request import ModelRequest
from onellm_providers.venice.bodies import Files, multipart, stand_ins
from onellm_providers.venice.deprecation import warned
from onellm_providers.venice.routing import without

if TYPE_CHECKING:
    from onellm.types.audio import TranscriptionEvent, TranscriptionRequest, TranscriptionResponse
    from onellm.types.image import ImageEditRequest, ImageEvent, ImageRequest, ImageResponse
    from onellm.types.speech import SpeechRequest, SpeechResponse

Q = TypeVar("Q", bound=ModelRequest)
T = TypeVar("T")

PARAMETERS = "venice_parameters"
OPERATIONS: Mapping[Capability, Operation] = {
    Capability.IMAGE_GENERATION: Operation(
        "image/generate",
        takes=frozenset({
            "aspect_ratio", "cfg_scale", "height", "moderation", "n", "negative_prompt", "output_format", "quality",
            "resolution", "response_format", "seed", "size", "steps", "width", "disable_prompt_optimization_thinking",
            "embed_exif_metadata", "enable_web_search", "enhance_prompt", "hide_watermark", "lora_strength",
            "safe_mode", "style_preset", "style_references", "transparent_background", "anon_user_id",
        }),
        rename={"n": "variants", "output_format": "format"},
        limits={"n": Range(1, 4), "moderation": OneOf(("low", "auto")), "response_format": OneOf(("b64_json",))},
    ),
    Capability.IMAGE_EDIT: Operation(
        "image/edit",
        takes=frozenset({
            "aspect_ratio", "moderation", "n", "output_format", "quality", "resolution", "response_format",
            "disable_prompt_optimization_thinking", "enhance_prompt", "safe_mode", "transparent_background",
            "anon_user_id",
        }),
        limits={"n": Range(1, 1), "moderation": OneOf(("low", "auto")), "response_format": OneOf(("b64_json",))},
    ),
    Capability.SPEECH: Operation(
        "audio/speech",
        takes=frozenset({"instructions", "language", "response_format", "speed", "temperature", "top_p", "voice"}),
        rename={"instructions": "prompt"},
    ),
    Capability.TRANSCRIPTION: Operation(
        "audio/transcriptions",
        takes=frozenset({"language", "response_format", "timestamps"}),
        limits={"response_format": OneOf(("json", "text"))},
    ),
}  # fmt: skip
"""What Venice takes of each (OpenAPI file of 2026-08-21), its own parameters among them."""
UNSAFE = {"low": False, "auto": True}


class MediaFaces(OpenAICompatible):
    """The faces of media, in Venice's own format."""

    def mind(self, request: Q) -> Q:
        """The request, if its model may be asked; warns where the model is known to be withdrawn."""
        raise NotImplementedError

    def image(self, request: ImageRequest) -> Call[ImageResponse]:
        """Images: POST /image/generate. `n` up to 4, `size` as width x height up to 1280 each."""
        from onellm_providers.venice.faces_read import read_images

        request = _opened(self.mind(request))
        operation, fields, dropped = self.encode(Capability.IMAGE_GENERATION, request)
        _shape(fields)
        body = {"model": request.model, "prompt": request.prompt, **fields}
        return self._media(request, operation.path, body, {}, read_images, dropped, Effect.PURCHASE)

    def image_stream(self, request: ImageRequest) -> StreamCall[ImageEvent, ImageResponse]:
        raise UnsupportedParameterError(f"{self.name} does not stream images.", param="stream")

    def image_edit(self, request: ImageEditRequest) -> Call[ImageResponse]:
        """Edited images: POST /image/edit for one image, /image/multi-edit for several."""
        from onellm_providers.venice.faces_read import read_edited

        request = _opened(self.mind(request))
        for name in ("mask", "markup"):
            if getattr(request, name) is not None:
                advice = "say in the prompt what is to change, or give it as a further image"
                raise UnsupportedParameterError(f"{self.name} takes no {name}: {advice}.", param=name)
        _, fields, dropped = self.encode(Capability.IMAGE_EDIT, request)
        fields.pop("n", None)  # it is 1
        _shape(fields)
        single = len(request.image) == 1
        if not single:
            fields["modelId"] = request.model
        elif "quality" in fields:
            raise UnsupportedParameterError(f"{self.name} takes quality with several images only.", param="quality")
        body = {"prompt": request.prompt, **({"model": request.model} if single else {}), **fields}
        path = "image/edit" if single else "image/multi-edit"
        files: Files = {"image": request.image[0]} if single else {"images": request.image}
        return self._media(request, path, body, files, read_edited, dropped, Effect.PURCHASE)

    def image_edit_stream(self, request: ImageEditRequest) -> StreamCall[ImageEvent, ImageResponse]:
        raise UnsupportedParameterError(f"{self.name} does not stream images.", param="stream")

    def speech(self, request: SpeechRequest) -> Call[SpeechResponse]:
        """Speech: POST /audio/speech."""
        from onellm.openai_compatible.audio import read_speech

        request = _opened(self.mind(request))
        body, dropped = self._spoken(request)
        read = functools.partial(read_speech, request.mime_type)
        return self._media(request, "audio/speech", body, {}, read, dropped, Effect.INFERENCE)

    def speech_stream(self, request: SpeechRequest) -> StreamCall[bytes, SpeechResponse]:
        """Speech, its bytes as they come: POST /audio/speech with `streaming`."""
        from onellm.decode.raw import RawAssembler, RawDecoder
        from onellm.types.speech import SpeechResponse

        request = _opened(self.mind(request))
        body, dropped = self._spoken(request)
        kind = request.mime_type
        body = {**body, "streaming": True}
        exchange = self._outgoing(request, "audio/speech", body, {}, dropped, Effect.INFERENCE)
        return StreamCall(
            decoder=RawDecoder,
            assembler=lambda: RawAssembler(lambda content: SpeechResponse(content=content, mime_type=kind)),
            media_type=kind,
            **exchange,
        )

    def transcribe(self, request: TranscriptionRequest) -> Call[TranscriptionResponse]:
        """Speech, written down: POST /audio/transcriptions."""
        from onellm_providers.venice.faces_read import read_transcript

        request = _opened(self.mind(request))
        _, fields, dropped = self.encode(Capability.TRANSCRIPTION, request)
        body = {"model": request.model, **fields}
        return self._media(
            request, "audio/transcriptions", body, {"file": request.file}, read_transcript, dropped, Effect.INFERENCE
        )

    def transcribe_stream(self, request: TranscriptionRequest) -> StreamCall[TranscriptionEvent, TranscriptionResponse]:
        raise UnsupportedParameterError(f"{self.name} does not stream transcripts.", param="stream")

    def _spoken(self, request: SpeechRequest) -> tuple[dict[str, Any], tuple[str, ...]]:
        _, fields, dropped = self.encode(Capability.SPEECH, request)
        return {"model": request.model, "input": request.input, **fields}, dropped

    def _media(
        self,
        request: ModelRequest,
        path: str,
        fields: Mapping[str, Any],
        files: Files,
        parse: Callable[[Reply], T],
        dropped: tuple[str, ...],
        effect: Effect,
    ) -> Call[T]:
        exchange = self._outgoing(request, path, fields, files, dropped, effect)
        return Call(parse=functools.partial(warned, self.name, request.model, parse), **exchange)

    def _outgoing(
        self,
        request: ModelRequest,
        path: str,
        fields: Mapping[str, Any],
        files: Files,
        dropped: tuple[str, ...],
        effect: Effect,
    ) -> ExchangeFields:
        body = self._checked(path, fields, request, files)
        exchange = self.exchange(path, request, body=body, dropped=dropped, effect=effect, accept="*/*")
        exchange["error"] = functools.partial(self.refusal, request.model, path)
        return exchange

    def refusal(self, model: str, path: str, reply: Reply) -> APIError:
        """The error for a reply of the operation at this path."""
        raise NotImplementedError

    def _checked(self, path: str, fields: Mapping[str, Any], request: ModelRequest, files: Files) -> Body:
        """The body, if Venice's table has nothing against it; what `extra_body` brings is not judged."""
        from onellm_providers.venice.tables import SENT

        judged = {name: value for name, value in fields.items() if name not in (request.extra_body or {})}
        for issue in SENT[path]({**judged, **stand_ins(files)}, ()):
            where = place(issue.path)
            raise InvalidRequestError(f"{self.name} does not take {where} as it is: {issue.message}.", param=where)
        return multipart(fields, files) if files else JSON(dict(fields))


def _opened(request: Q) -> Q:
    """The request with what is in `venice_parameters` beside its other parameters."""
    extra = request.model_extra or {}
    if PARAMETERS not in extra:
        return request
    inside = extra[PARAMETERS]
    if inside is not None and not isinstance(inside, dict):
        raise InvalidRequestError(f"{PARAMETERS} must be a dict.", param=PARAMETERS)
    own = cast("dict[str, Any]", inside or {})
    given = request.parameters()
    for name in own:
        if name in given:
            said = f"{name} is given twice, by itself and in {PARAMETERS}; give it once."
            raise InvalidRequestError(said, param=name)
    return without(request, {PARAMETERS: None}).model_copy(update=own)


def _shape(fields: dict[str, Any]) -> None:
    """OpenAI's words for a picture in Venice's: `size`, `moderation`, `response_format`."""
    fields.pop("response_format", None)  # only b64_json is let through, and that is what comes
    if "moderation" in fields:
        fields["safe_mode"] = UNSAFE[fields.pop("moderation")]
    size = fields.pop("size", "auto")
    if size != "auto":
        width, _, height = size.partition("x")
        if not (width.isdigit() and height.isdigit()):
            raise InvalidRequestError("size must be like 1024x768, or auto.", param="size")
        fields["width"], fields["height"] = int(width), int(height)
