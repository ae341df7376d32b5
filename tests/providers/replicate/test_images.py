"""Images through the `Image` operations: inputs by the schema, outputs as URLs or fetched."""

from __future__ import annotations

from typing import Any

import pytest

from onellm import CapabilityError, ContentPolicyError, ImageRequest, OneLLM, UnsupportedParameterError
from onellm.body import File
from onellm.errors import APIError, BadResponseError, InvalidRequestError, UnknownOutcomeError
from onellm.types.image import ImageEditRequest
from tests.providers.replicate.wire import (
    RECORDED_LLAMA,
    RECORDED_SDXL,
    Played,
    model,
    prediction,
    provider,
    settings,
    shapes,
)
from tests.support import End, serve, whole

SDXL = "stability-ai/sdxl"
DELIVERED = "https://pbxt.replicate.delivery/YXbcLudoHBIYHV6L0HbcTx5iRzLFMwygLr3vhGpZI35caXbE/out-0.png"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)


def made(output: Any = (DELIVERED,), schemas: Any = None, status: str = "succeeded", **params: Any) -> Played:
    request = ImageRequest(model=SDXL, prompt="a fox", **params)
    ended = prediction(status, output=list(output) if isinstance(output, tuple) else output)
    return Played(provider().image(request), model(RECORDED_SDXL if schemas is None else schemas), ended)


def asked(schemas: Any = None, **params: Any) -> dict[str, Any]:
    return dict(made(schemas=schemas, **params).calls[1].json["input"])


def test_the_recorded_output() -> None:
    answer = made().result
    assert (answer.image.url, answer.image.mime_type, answer.created) == (DELIVERED, "image/png", 1795872945)
    assert answer.model_extra["id"] == "p1"
    webp = made("https://h.example/x.webp").result
    assert (len(webp.data), webp.image.mime_type) == (1, "image/webp")


def test_parameters_have_the_schema_s_names() -> None:
    assert asked(n=2, size="768x512", steps=20, cfg_scale=7, seed=0, negative_prompt="x", scheduler="DDIM") == {
        "prompt": "a fox", "num_outputs": 2, "width": 768, "height": 512, "num_inference_steps": 20,
        "guidance_scale": 7, "seed": 0, "negative_prompt": "x", "scheduler": "DDIM",
    }  # fmt: skip
    assert asked(n=1, size="auto", response_format="url") == {"prompt": "a fox"}
    jpg = shapes(output_format={"enum": ["jpg", "png"]}, output={"type": "string", "format": "uri"})
    assert asked(jpg, output_format="jpeg")["output_format"] == "jpg"
    sized = shapes("size", output={"type": "string", "format": "uri"})
    assert asked(sized, size="1024x1024")["size"] == "1024x1024"


@pytest.mark.parametrize("given", [{"quality": "high"}, {"background": "opaque"}, {"output_format": "png"}])
def test_what_the_schema_has_not_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParameterError):
        asked(**given)
    assert asked(**given, unsupported="drop") == {"prompt": "a fox"}
    with pytest.raises(UnsupportedParameterError, match="takes no size: it is not among the inputs"):
        asked(shapes(output={"type": "string", "format": "uri"}), size="1024x1024")


def test_values_are_checked_by_the_schema() -> None:
    for given, param in (({"n": 5}, "num_outputs"), ({"scheduler": "X"}, "scheduler")):
        with pytest.raises(InvalidRequestError) as caught:
            asked(**given)
        assert caught.value.param == param


def test_edits_take_files_as_data() -> None:
    picture, mask = File("a.png", PNG, "image/png"), File("m.png", b"m", "image/png")
    request = ImageEditRequest(model=SDXL, prompt="blue", image=[picture], mask=mask)
    inputs = Played(provider().image_edit(request), model(RECORDED_SDXL), prediction(output=[DELIVERED])).calls[1].json
    assert inputs["input"]["image"].startswith("data:image/png;base64,iVBOR")
    assert inputs["input"]["mask"] == "data:image/png;base64,bQ=="
    two = ImageEditRequest(model=SDXL, prompt="blue", image=[picture, picture])
    with pytest.raises(UnsupportedParameterError):
        Played(provider().image_edit(two), model(RECORDED_SDXL))


def test_a_model_of_texts_makes_no_images() -> None:
    with pytest.raises(CapabilityError, match="makes no images"):
        asked(RECORDED_LLAMA)


def test_what_came_as_data_is_there() -> None:
    image = made("data:image/webp;base64,AAAA").result.image
    assert (image.bytes, image.mime_type) == (b"\0\0\0", "image/webp")


@pytest.mark.parametrize("output", [None, [], {"a": 1}, [1]])
def test_no_image_is_told(output: Any) -> None:
    with pytest.raises(BadResponseError, match="no image"):
        made(output)


def test_failures() -> None:
    with pytest.raises(ContentPolicyError):
        Played(
            provider().image(ImageRequest(model=SDXL, prompt="x")),
            model(RECORDED_SDXL),
            prediction("failed", error="NSFW content detected. Try running it again, or try a different prompt."),
        )
    with pytest.raises(APIError, match="canceled"):
        made(status="canceled")


def test_files_are_fetched_without_the_key() -> None:
    """From the service's own host, which here is a private one; another private address is not fetched from."""
    with serve(whole(model(RECORDED_SDXL))) as server, OneLLM(providers=settings(server)) as client:
        own = f"http://127.0.0.1:{server.port}/out-0.png"
        server.script += [whole(prediction("starting"), 201), whole(prediction(output=[own])), whole(PNG)]
        image = client.images.generate(f"replicate/{SDXL}", "a fox", response_format="b64_json").image
        assert (image.bytes, image.mime_type) == (PNG, "image/png")
        assert "authorization" not in server.requests[-1].headers
        server.script += [whole(prediction(output=["http://localhost:1/x.png"]), 201)]
        with pytest.raises(InvalidRequestError):
            client.images.generate(f"replicate/{SDXL}", "a fox", response_format="b64_json")


def test_an_image_is_bought_once() -> None:
    with serve(whole(model(RECORDED_SDXL)), [End(reset=True)]) as server, OneLLM(providers=settings(server)) as client:
        with pytest.raises(UnknownOutcomeError):
            client.images.generate(f"replicate/{SDXL}", "a fox", max_retries=3)
        assert len(server.requests) == 2
