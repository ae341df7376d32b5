"""Images: whole, streamed, edited, varied, saved; and what may have been bought."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import openai.types as sdk
import pytest

import onellm
from onellm.body import File
from onellm.call import Effect
from onellm.config import resolve
from onellm.types.image import ImageEditRequest, ImageRequest, ImageVariationRequest
from tests.faces.asking import PNG, ask, both, call, received, sent, stream
from tests.support import DONE, KEY, End, event, serve, streamed, whole
from tests.wire import provider

ENCODED = base64.b64encode(PNG).decode()
USAGE = {
    "input_tokens": 12, "output_tokens": 1056, "total_tokens": 1068,
    "input_tokens_details": {"text_tokens": 12, "image_tokens": 0},
}  # fmt: skip
ANSWER: dict[str, Any] = {
    "created": 1790000000, "background": "opaque", "output_format": "webp", "quality": "high", "size": "1024x1024",
    "data": [{"b64_json": ENCODED}, {"b64_json": ENCODED, "revised_prompt": "a calm tide"}], "usage": USAGE,
}  # fmt: skip


@both
@pytest.mark.parametrize("operation", ["generate", "edit"])
def test_as_the_sdk_reads_it(kind: str, operation: str, tmp_path: Path) -> None:
    given: list[Any] = ["A tide"] if operation == "generate" else [PNG, "A tide"]
    with serve(whole(ANSWER)) as server:
        got = ask(kind, server, f"images.{operation}", "openai/gpt-image-2", *given)
    judge = sdk.ImagesResponse.model_validate(ANSWER)
    ours = got.model_dump(exclude_none=True)
    for each in ours["data"]:
        assert each.pop("mime_type") == "image/webp"
    assert ours == judge.model_dump(exclude_none=True)
    assert got.image.bytes == PNG
    assert got.data[1].save(tmp_path / "a.webp").read_bytes() == PNG
    assert (got.image.media.bytes, got.image.media.mime_type) == (PNG, "image/webp")
    assert got.meta.provider == "openai"


@both
def test_a_url_instead(kind: str) -> None:
    with serve(whole({"created": 1, "data": [{"url": "https://h.example/a.png"}]})) as server:
        got = ask(kind, server, "images.generate", "openai/dall-e-3", "A tide", response_format="url")
    assert got.image.url == "https://h.example/a.png"
    with pytest.raises(onellm.OneLLMError, match="came as a URL"):
        _ = got.image.bytes


def test_a_data_url_as_base64() -> None:
    """Some hosts put the whole data URL there."""
    made = call("openai", "image", ImageRequest(model="m", prompt="x", output_format="jpeg"))
    body = {"data": [{"b64_json": f"data:image/jpeg;base64,{ENCODED}"}]}
    got = made.parse(onellm.Reply(200, {}, json.dumps(body).encode()))
    assert (got.image.bytes, got.image.mime_type) == (PNG, "image/jpeg")


@both
@pytest.mark.parametrize("operation", ["generate", "edit"])
def test_streamed(kind: str, operation: str) -> None:
    name = {"generate": "image_generation", "edit": "image_edit"}[operation]
    fields = {"created_at": 1, "size": "1024x1024", "quality": "high", "background": "opaque", "output_format": "png"}
    unfinished = {"type": f"{name}.partial_image", "b64_json": "AAAA", "partial_image_index": 0, **fields}
    finished = {"type": f"{name}.completed", "b64_json": ENCODED, "usage": USAGE, **fields}
    given: list[Any] = ["A tide"] if operation == "generate" else [PNG, "A tide"]
    with serve(streamed(event(unfinished), event(finished))) as server:
        got = stream(kind, server, f"images.{operation}", "openai/gpt-image-2", *given, partial_images=1)
        body = received(server.requests[0])
    assert (body["stream"], body["partial_images"]) in ((True, 1), ("true", "1"))
    assert [each.type for each in got.events] == [f"{name}.partial_image", f"{name}.completed"]
    assert got.events[0].image.bytes == b"\0\0\0"
    assert got.final.image.bytes == PNG
    assert got.final.usage.total_tokens == 1068
    judge = sdk.ImageGenCompletedEvent if operation == "generate" else sdk.ImageEditCompletedEvent
    assert got.events[1].model_dump(exclude_none=True) == judge.model_validate(finished).model_dump(exclude_none=True)


@both
@pytest.mark.parametrize("ending", [(), (DONE,), (End(reset=True),)], ids=["silent", "done", "reset"])
def test_a_stream_without_the_finished_image(kind: str, ending: tuple[Any, ...]) -> None:
    unfinished = {"type": "image_generation.partial_image", "b64_json": "AAAA", "partial_image_index": 0}
    with serve(streamed(event(unfinished), *ending)) as server:
        got = stream(kind, server, "images.generate", "openai/gpt-image-2", "A tide")
    assert isinstance(got.error, onellm.StreamInterrupted)
    assert got.error.partial.image.bytes == b"\0\0\0"


@both
def test_an_event_holds_a_whole_image(kind: str) -> None:
    """12 MB of PNG: more than an event of text may have."""
    picture = PNG + bytes(12_000_000)
    finished = {"type": "image_generation.completed", "b64_json": base64.b64encode(picture).decode()}
    with serve(streamed(event(finished))) as server:
        got = stream(kind, server, "images.generate", "openai/gpt-image-2", "A tide")
    assert got.final.image.bytes == picture


@both
def test_an_error_in_the_stream(kind: str) -> None:
    failure = {
        "type": "error",
        "error": {"message": "blocked", "type": "image_generation_user_error", "code": "moderation_blocked"},
    }
    with serve(streamed(event(failure))) as server, pytest.raises(onellm.APIError, match="blocked"):
        stream(kind, server, "images.generate", "openai/gpt-image-2", "A tide")


@both
@pytest.mark.parametrize("operation", ["generate", "edit"])
def test_an_image_is_not_bought_twice(kind: str, operation: str) -> None:
    """The connection breaks before any byte of the answer: a chat would be asked again, an image is not."""
    given: list[Any] = ["A tide"] if operation == "generate" else [PNG, "A tide"]
    with serve([End(reset=True)], whole(ANSWER)) as server:
        with pytest.raises(onellm.UnknownOutcomeError):
            ask(kind, server, f"images.{operation}", "openai/gpt-image-2", *given)
        assert len(server.requests) == 1


@both
def test_an_image_that_was_refused_unprocessed_is_asked_for_again(kind: str) -> None:
    limited = whole({"error": {"message": "slow down"}}, 429, {"Retry-After": "0"})
    with serve(limited, whole(ANSWER)) as server:
        got = ask(kind, server, "images.generate", "openai/gpt-image-2", "A tide")
        assert len(server.requests) == 2
    assert len(got.meta.attempts) == 2


@both
@pytest.mark.parametrize("body", [{"created": 1, "data": []}, {"created": 1, "data": None}, {"created": 1}])
def test_no_image(kind: str, body: Any) -> None:
    with serve(whole(body)) as server, pytest.raises(onellm.OneLLMError):
        ask(kind, server, "images.generate", "openai/gpt-image-2", "A tide", max_retries=0)


def test_variations_live_where_the_row_says() -> None:
    request = ImageVariationRequest(model="m", image=File("a.png", PNG, "image/png"), n=2, size="256x256")
    with pytest.raises(onellm.CapabilityError, match="openai has no image variations"):
        provider("openai").image_variation(request)
    row = onellm.Spec("h", "https://h.example/v1", image_variations=True)
    made: Any = onellm.OpenAICompatible(resolve(row.host, {"api_key": KEY}), spec=row).image_variation(request)
    assert (made.url, made.effect) == ("https://h.example/v1/images/variations", Effect.PURCHASE)
    assert sent(made) == {"model": "m", "n": "2", "size": "256x256", "image": ("a.png", PNG, "image/png")}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (ImageRequest(model="m", prompt=""), "prompt is empty"),
        (ImageRequest(model="m", prompt="x", n=11), "n must be 10 or less"),
        (ImageRequest(model="m", prompt="x", partial_images=4), "partial_images must be 3 or less"),
        (ImageRequest(model="m", prompt="x", output_compression=101), "output_compression must be 100 or less"),
        (ImageEditRequest(model="m", prompt="x", image=[]), "image is empty"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_refused_here(request_: Any, message: str) -> None:
    method = "image" if isinstance(request_, ImageRequest) else "image_edit"
    with pytest.raises(onellm.InvalidRequestError, match=message):
        getattr(provider("openai"), method)(request_)


def test_what_openai_does_not_take_is_refused_or_dropped() -> None:
    with pytest.raises(onellm.UnsupportedParameterError, match="openai/m does not take steps"):
        provider("openai").image(ImageRequest(model="m", prompt="x", steps=4))
    made = call("openai", "image", ImageRequest(model="m", prompt="x", steps=4, unsupported="drop"))
    assert (sent(made), made.dropped) == ({"model": "m", "prompt": "x"}, ("steps",))
    kept = call("openai", "image", ImageRequest(model="m", prompt="x", extra_body={"steps": 4}))
    assert sent(kept) == {"model": "m", "prompt": "x", "steps": 4}
