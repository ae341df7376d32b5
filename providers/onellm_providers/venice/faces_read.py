"""Reading Venice's media into OpenAI's shapes. What its headers say is kept beside the known fields."""

from __future__ import annotations

import base64
import json

from onellm.call import Reply
from onellm.openai_compatible.audio import read_text
from onellm.types.audio import TranscriptionResponse, TranscriptionSegment, TranscriptionWord
from onellm.types.image import ImageData, ImageResponse
from onellm_providers.venice.resources.images_read import read_generated
from onellm_providers.venice.resources.media import as_media, media_type
from onellm_providers.venice.types.audio import Timestamps
from onellm_providers.venice.types.facts import VeniceMedia, facts


def read_images(reply: Reply) -> ImageResponse:
    """The images of /image/generate."""
    made = read_generated(reply)
    data = [ImageData(b64_json=_text(each.content), mime_type=each.mime_type) for each in made.images]
    return ImageResponse.model_validate({"data": data, "id": made.id, **facts(reply.headers)})


def read_edited(reply: Reply) -> ImageResponse:
    """The image of /image/edit or /image/multi-edit."""
    image = as_media(VeniceMedia, "image", reply)
    data = [ImageData(b64_json=_text(image.content), mime_type=image.mime_type)]
    return ImageResponse.model_validate({"data": data, **facts(reply.headers)})


def read_transcript(reply: Reply) -> TranscriptionResponse:
    """What was said, as JSON or as plain text; times become words and segments where they are that."""
    if media_type(reply) == "text/plain":
        return read_text(TranscriptionResponse, "text", reply)
    body = json.loads(reply.body)
    times = Timestamps.model_validate(body.get("timestamps") or {})
    answer = TranscriptionResponse.model_validate({**body, **facts(reply.headers)})
    if times.word is not None:
        answer.words = [TranscriptionWord(word=each.word, start=each.start, end=each.end) for each in times.word]
    if times.segment is not None:
        answer.segments = [
            TranscriptionSegment(id=place, text=each.text, start=each.start, end=each.end)
            for place, each in enumerate(times.segment)
        ]
    return answer


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
