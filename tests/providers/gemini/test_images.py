"""Images through the face: what is asked of generateContent, and what is made of its answer."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from onellm_providers.gemini.simulator import cloud_routes, routes

import onellm
from onellm import BadResponseError, CapabilityError, ContentPolicyError, Reply, UnsupportedParameterError
from onellm.body import File
from onellm.call import Effect
from onellm.testing import Simulator
from onellm.types.image import ImageEditRequest, ImageRequest
from tests.providers.gemini.wire import answer, judge
from tests.wire import provider

MODEL = "gemini-3.1-flash-image"
CLOUD = {"project": "p", "access_token": "t"}
IMAGE = {"inlineData": {"mimeType": "image/webp", "data": "AAAA"}}


def asked(name: str = "gemini", model: str = MODEL, **params: Any) -> Any:
    settings = CLOUD if name == "vertex" else {}
    call: Any = provider(name, **settings).image(ImageRequest(model=model, prompt="A cat", **params))
    judge(call.json)
    return call


def read(value: Any) -> Any:
    return asked().parse(Reply(200, {}, json.dumps(value).encode()))


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(services={"gemini": routes, "vertex": cloud_routes}) as running:
        yield running


def test_an_image_is_a_chat_that_is_bought_once() -> None:
    call = asked(aspect_ratio="16:9", size="2k", seed=7, n=1, response_format="b64_json")
    assert call.url.endswith(f"/models/{MODEL}:generateContent")
    assert call.effect is Effect.PURCHASE
    assert call.json == {
        "contents": [{"role": "user", "parts": [{"text": "A cat"}]}],
        "generationConfig": {
            "responseModalities": ["TEXT", "IMAGE"],
            "seed": 7,
            "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
        },
    }


def test_an_edit_sends_the_images_before_the_prompt() -> None:
    files = [File("a.png", b"one", "image/png"), File("b.jpg", b"two", "image/jpeg")]
    call: Any = provider("gemini").image_edit(ImageEditRequest(model=MODEL, prompt="Join", image=files))
    judge(call.json)
    first, second, text = call.json["contents"][0]["parts"]
    assert first == {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(b"one").decode()}}
    assert second["inlineData"]["mimeType"] == "image/jpeg"
    assert text == {"text": "Join"}
    masked = ImageEditRequest(model=MODEL, prompt="Join", image=files, mask=files[0])
    with pytest.raises(UnsupportedParameterError, match="mask"):
        provider("gemini").image_edit(masked)


@pytest.mark.parametrize(
    "params",
    [{"n": 2}, {"size": "1024x1024"}, {"response_format": "url"}, {"quality": "high"}, {"output_format": "jpeg"}],
)
def test_what_is_not_taken_is_refused_or_dropped_aloud(params: dict[str, Any]) -> None:
    (name,) = params
    with pytest.raises(UnsupportedParameterError, match=name):
        asked(**params)
    assert asked(**params, unsupported="drop").dropped == (name,)


def test_vertex_has_a_choice_of_formats() -> None:
    config = asked("vertex", output_format="jpeg", output_compression=80).json["generationConfig"]
    assert config["imageConfig"] == {"imageOutputOptions": {"mimeType": "image/jpeg", "compressionQuality": 80}}


def test_a_model_that_makes_no_images_says_so() -> None:
    with pytest.raises(CapabilityError, match="makes no images"):
        asked(model="gemini-3-flash-preview")
    known = onellm.get_provider("gemini", api_key="k").get_model_capabilities
    assert known("gemini-3-flash-preview")["image_generation"] is False
    assert known(MODEL)["image_edit"] is True


def test_the_images_of_an_answer() -> None:
    details = [{"modality": "IMAGE", "tokenCount": 1290}]
    counts = {"promptTokenCount": 7, "candidatesTokenCount": 1290, "candidatesTokensDetails": details}
    found = read(answer("Here.", IMAGE, {**IMAGE, "thought": True}, usageMetadata=counts))
    (image,) = found.data
    assert (image.b64_json, image.mime_type, image.text) == ("AAAA", "image/webp", "Here.")
    assert (found.usage.input_tokens, found.usage.output_tokens, found.usage.total_tokens) == (7, 1290, 1297)
    assert found.usage.output_tokens_details["image_tokens"] == 1290


def test_no_image_is_an_error_with_the_reason() -> None:
    with pytest.raises(ContentPolicyError, match="IMAGE_SAFETY"):
        read(answer(reason="IMAGE_SAFETY"))
    with pytest.raises(ContentPolicyError, match="PROHIBITED_CONTENT"):
        read({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})
    with pytest.raises(BadResponseError, match=r"NO_IMAGE.*Which cat"):
        read(answer("Which cat?", reason="NO_IMAGE"))


@pytest.mark.parametrize("name", ["gemini", "vertex"])
def test_an_image_through_the_face(name: str, sim: Simulator) -> None:
    with onellm.OneLLM(providers=sim.providers) as client:
        made = client.images.generate(f"{name}/{MODEL}", "A cat")
        assert made.image.bytes.startswith(b"\x89PNG")
        edited = client.images.edit(f"{name}/{MODEL}", made.image.bytes, "Now a dog")
        assert edited.image.mime_type == "image/png"
        with pytest.raises(ContentPolicyError):
            client.images.generate(f"{name}/{MODEL}", "Something unsafe")
        with pytest.raises(CapabilityError):
            client.images.generate(f"{name}/gemini-3-flash-preview", "A cat")
