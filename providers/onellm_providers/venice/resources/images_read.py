"""Reading what the image operations answer."""

from __future__ import annotations

import base64
import difflib
import json
from collections.abc import Sequence

from onellm.call import Reply
from onellm.file_input import sniff
from onellm.types.media import Media
from onellm_providers.venice.errors import NotFoundError
from onellm_providers.venice.resources.media import as_media, media_type
from onellm_providers.venice.types.facts import facts
from onellm_providers.venice.types.image import GeneratedImage


def read_generated(reply: Reply) -> GeneratedImage:
    """Images as base64 in JSON, or one image as it is: the content type tells which."""
    if media_type(reply) != "application/json":
        image = as_media(GeneratedImage, "image", reply)
        image.images = [Media(content=image.content, mime_type=image.mime_type)]
        return image
    body = json.loads(reply.body)
    images = [_decoded(text) for text in body.pop("images")]
    first = images[0]
    return GeneratedImage(
        content=first.content, mime_type=first.mime_type, images=images, **body | facts(reply.headers)
    )


def _decoded(text: str) -> Media:
    content = base64.b64decode(text, validate=True)
    kind = sniff(content)
    if kind is None or not kind.startswith("image/"):
        raise ValueError("an image of the answer is none")
    return Media(content=content, mime_type=kind)


def matching_style(name: str, listed: Sequence[str]) -> str:
    """The listed name that is `name` but for its case."""
    by_lower = {each.lower(): each for each in listed}
    wanted = name.strip().lower()
    if wanted in by_lower:
        return by_lower[wanted]
    like = difflib.get_close_matches(wanted, by_lower, n=3, cutoff=0.5)
    advice = f"; like it: {', '.join(by_lower[each] for each in like)}" if like else ""
    raise NotFoundError(
        f"venice has no style {name!r}{advice}. images.styles lists all {len(listed)}.", provider="venice"
    )
