"""`venice.images`: what is sent, what is made of the answer, on both clients, with the OpenAPI file as the judge."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from onellm_providers.venice import decode_image, encode_image
from onellm_providers.venice.errors import ImageGenerationError, NotFoundError, VeniceAPIError
from onellm_providers.venice.types.facts import facts
from onellm_providers.venice.types.image import ImageData

from onellm import BadResponseError, InvalidRequestError, UnknownOutcomeError, UnsupportedParameterError
from onellm.testing import faults
from tests.providers.venice.media import PNG, SMALL, URL, Asker, Watched, both, data_url
from tests.support import serve, whole

MODEL = "sim-image"
EVERYTHING: dict[str, Any] = {
    "negative_prompt": "rain", "width": 512, "height": 768, "aspect_ratio": "16:9", "resolution": "2K",
    "quality": "high", "steps": 12, "cfg_scale": 7.5, "seed": -5, "lora_strength": 50, "style_preset": "Anime",
    "variants": 2, "format": "png", "return_binary": False, "safe_mode": False, "hide_watermark": True,
    "embed_exif_metadata": True, "enable_web_search": False, "enhance_prompt": True,
    "disable_prompt_optimization_thinking": True,
}  # fmt: skip


@both
def test_generate(ask: Asker, venice: Watched) -> None:
    image = ask(venice.url, lambda client: client.images.generate("a fox", model=MODEL))
    assert venice.body == {"prompt": "a fox", "model": MODEL}
    assert (image.mime_type, image.bytes[:4], len(image.images)) == ("image/webp", b"RIFF", 1)
    assert (image.id, image.timing.total) == ("generate-image-1", 825)
    assert (image.is_blurred, image.is_content_violation, image.enhanced_prompt) == (False, False, None)
    assert image.meta.provider == "venice"
    assert venice.last.bearer == "sim-key"


@both
def test_generate_takes_every_parameter(ask: Asker, venice: Watched) -> None:
    references = [{"image": PNG, "strength": 0.4}, {"image": URL}]
    image = ask(
        venice.url,
        lambda client: client.images.generate("a fox", model=MODEL, style_references=references, **EVERYTHING),
    )
    sent = [{"image": data_url(PNG), "strength": 0.4}, {"image": URL}]
    assert venice.body == {"prompt": "a fox", "model": MODEL, **EVERYTHING, "style_references": sent}
    assert [each.bytes for each in image.images] == [PNG, PNG]
    assert image.enhanced_prompt == "a fox, in fine détail"


@both
def test_parameters_that_came_after_the_file(ask: Asker, venice: Watched) -> None:
    beyond = {"transparent_background": True, "anon_user_id": "user-7"}
    ask(venice.url, lambda client: client.images.generate("x", model=MODEL, **beyond))
    assert venice.body == {"prompt": "x", "model": MODEL, **beyond}
    edits: list[Any] = [
        lambda images: images.edit(URL, "x", **beyond),
        lambda images: images.multi_edit([URL], "x", **beyond),
    ]
    for call in edits:
        ask(venice.url, lambda client: call(client.images))  # noqa: B023
        assert venice.body.items() >= beyond.items()
    ask(venice.url, lambda client: client.images.generations("x", anon_user_id="u"))
    assert venice.body == {"prompt": "x", "anon_user_id": "u"}
    ask(venice.url, lambda client: client.images.remove_background(URL, anon_user_id="u"))
    assert venice.body == {"image_url": URL, "anon_user_id": "u"}
    with pytest.raises(InvalidRequestError, match="A transparent background needs png or webp"):
        ask(venice.url, lambda client: client.images.edit(URL, "x", output_format="jpeg", transparent_background=True))


@both
def test_a_binary_image(ask: Asker, venice: Watched) -> None:
    """Hard case IMG-07: a body that is an image is not read as JSON."""
    image = ask(venice.url, lambda client: client.images.generate("x", model=MODEL, return_binary=True, format="jpeg"))
    assert (image.mime_type, image.bytes[:2], image.id) == ("image/jpeg", b"\xff\xd8", None)
    assert [each.bytes for each in image.images] == [image.bytes]


@both
def test_an_image_is_saved(ask: Asker, venice: Watched, tmp_path: Path) -> None:
    image = ask(venice.url, lambda client: client.images.generate("x", model=MODEL, format="png"))
    assert image.save(tmp_path / "fox.png").read_bytes() == PNG
    assert repr(image) == str(image) == f"GeneratedImage(image/png, {len(PNG)} bytes)"


@both
def test_a_model_that_is_withdrawn(ask: Asker, venice: Watched) -> None:
    from onellm_providers.venice import deprecation

    deprecation._told.clear()
    with pytest.warns(deprecation.ModelDeprecationWarning, match="sim-retiring-image is deprecated"):
        image = ask(venice.url, lambda client: client.images.generate("x", model="sim-retiring-image"))
    assert (image.is_deprecated, image.replacement) == (True, "sim-image")
    assert image.deprecation_warning == "sim-retiring-image is deprecated, use sim-image"
    assert image.deprecation_date == datetime(2027, 3, 1, tzinfo=UTC)


@both
def test_generate_batch(ask: Asker, venice: Watched) -> None:
    images = ask(venice.url, lambda client: client.images.generate_batch(["a", "b"], model=MODEL, seed=7))
    assert [json.loads(each.body) for each in venice.sim.requests] == [
        {"prompt": prompt, "model": MODEL, "seed": 7} for prompt in "ab"
    ]
    assert [image.mime_type for image in images] == ["image/webp", "image/webp"]


@both
def test_what_a_batch_made_before_it_failed_is_not_lost(ask: Asker, venice: Watched) -> None:
    venice.sim.inject(faults.status(400), skip=1)
    with pytest.raises(InvalidRequestError) as caught:
        ask(venice.url, lambda client: client.images.generate_batch(["a", "b", "c"], model=MODEL))
    assert [image.mime_type for image in caught.value.partial] == ["image/webp"]
    assert len(venice.sim.requests) == 2


@both
def test_a_batch_is_checked_before_its_first_image(ask: Asker, venice: Watched) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        ask(venice.url, lambda client: client.images.generate_batch(["a", ""], model=MODEL))
    assert caught.value.param == "prompt"
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        ask(venice.url, lambda client: client.images.generate_batch(["a"], model=MODEL, colour=1))
    assert venice.sim.requests == []


@both
@pytest.mark.parametrize("response_format", [None, "b64_json", "url"])
def test_generations(ask: Asker, venice: Watched, tmp_path: Path, response_format: str | None) -> None:
    answer = ask(
        venice.url,
        lambda client: client.images.generations("a fox", size="512x512", response_format=response_format),
    )
    wanted = {"prompt": "a fox", "size": "512x512"}
    assert venice.body == (wanted | {"response_format": response_format} if response_format else wanted)
    image = answer.data[0]
    assert (image.url is not None) is (response_format == "url")
    assert (image.bytes, image.mime_type, image.save(tmp_path / "x").read_bytes()) == (PNG, "image/png", PNG)
    assert (answer.created, answer.is_blurred) == (1_790_000_000, False)
    assert len(venice.sim.requests) == 1


@both
def test_generations_take_every_parameter(ask: Asker, venice: Watched) -> None:
    parameters = {
        "model": "default", "n": 1, "size": "1024x1792", "output_format": "webp", "moderation": "low",
        "background": "opaque", "output_compression": 80, "quality": "hd", "style": "vivid", "user": "u",
    }  # fmt: skip
    answer = ask(venice.url, lambda client: client.images.generations("an adult", **parameters))
    assert venice.body == {"prompt": "an adult", **parameters}
    assert (answer.data[0].mime_type, answer.is_blurred) == ("image/webp", False)


@both
def test_edit_sends_a_file_as_multipart(ask: Asker, venice: Watched) -> None:
    image = ask(
        venice.url,
        lambda client: client.images.edit(
            PNG, "blue sky", model="qwen-edit-uncensored", aspect_ratio="16:9", safe_mode=False, enhance_prompt=True,
            disable_prompt_optimization_thinking=False,
        ),
    )  # fmt: skip
    assert venice.last.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert venice.body == {
        "image": PNG.decode("latin-1"), "prompt": "blue sky", "model": "qwen-edit-uncensored", "aspect_ratio": "16:9",
        "safe_mode": False, "enhance_prompt": True, "disable_prompt_optimization_thinking": False,
    }  # fmt: skip
    assert b'filename="image.png"\r\nContent-Type: image/png' in venice.last.body
    assert (image.model_id, image.model_name) == ("qwen-edit-uncensored", "Qwen-Edit-Uncensored")
    assert (image.mime_type, image.enhanced_prompt) == ("image/png", "blue sky, in fine détail")


@both
def test_edit_sends_a_url_as_json(ask: Asker, venice: Watched) -> None:
    image = ask(venice.url, lambda client: client.images.edit(URL, "blue sky", resolution="4K"))
    assert venice.body == {"image": URL, "prompt": "blue sky", "resolution": "4K"}
    assert image.mime_type == "image/jpeg"
    image = ask(venice.url, lambda client: client.images.edit(URL, "x", resolution="4K", output_format="webp"))
    assert image.mime_type == "image/webp"


class Picture:
    """What is asked of an image of PIL."""

    mode = "RGB"

    def save(self, fp: Any, format: str | None = None) -> None:
        fp.write(PNG)


@both
@pytest.mark.parametrize("kind", ["path", "text path", "bytes", "file", "PIL", "data URL", "base64", "named"])
def test_an_image_is_given_in_any_form(ask: Asker, venice: Watched, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "in.png"
    path.write_bytes(PNG)
    given: dict[str, Any] = {
        "path": path, "text path": str(path), "bytes": PNG, "file": io.BytesIO(PNG), "PIL": Picture(),
        "data URL": data_url(PNG), "base64": data_url(PNG).partition(",")[2], "named": ("in.png", PNG),
    }  # fmt: skip
    ask(venice.url, lambda client: client.images.edit(given[kind], "x"))
    assert venice.body["image"] == PNG.decode("latin-1")


@both
def test_multi_edit_sends_files_as_multipart(ask: Asker, venice: Watched) -> None:
    image = ask(
        venice.url,
        lambda client: client.images.multi_edit(
            [PNG, PNG], "x", model="flux-2-max-edit", quality="low", resolution="1K", aspect_ratio="auto",
            output_format="jpeg", safe_mode=True, enhance_prompt=False, disable_prompt_optimization_thinking=True,
        ),
    )  # fmt: skip
    assert venice.body == {
        "images": [PNG.decode("latin-1")] * 2, "prompt": "x", "modelId": "flux-2-max-edit", "quality": "low",
        "resolution": "1K", "aspect_ratio": "auto", "output_format": "jpeg", "safe_mode": True, "enhance_prompt": False,
        "disable_prompt_optimization_thinking": True,
    }  # fmt: skip
    assert image.mime_type == "image/jpeg"


@both
def test_multi_edit_sends_a_url_and_files_as_json(ask: Asker, venice: Watched) -> None:
    ask(venice.url, lambda client: client.images.multi_edit([URL, PNG], "forbidden"))
    assert venice.body == {"images": [URL, data_url(PNG)], "prompt": "forbidden"}


@both
def test_a_violation_is_a_result(ask: Asker, venice: Watched) -> None:
    assert ask(venice.url, lambda client: client.images.edit(PNG, "forbidden")).is_content_violation is True


@both
def test_upscale(ask: Asker, venice: Watched) -> None:
    image = ask(venice.url, lambda client: client.images.upscale(PNG, scale=4, creativity=0.02))
    assert venice.body == {"image": PNG.decode("latin-1"), "scale": 4, "creativity": 0.02}
    assert image.mime_type == "image/png"
    ask(venice.url, lambda client: client.images.upscale(PNG))
    assert venice.body == {"image": PNG.decode("latin-1")}


@both
def test_remove_background(ask: Asker, venice: Watched) -> None:
    assert ask(venice.url, lambda client: client.images.remove_background(PNG)).bytes == PNG
    assert venice.body == {"image": PNG.decode("latin-1")}
    ask(venice.url, lambda client: client.images.remove_background(URL))
    assert venice.body == {"image_url": URL}


@both
def test_styles(ask: Asker, venice: Watched) -> None:
    assert "Anime" in ask(venice.url, lambda client: client.images.styles()).data
    assert ask(venice.url, lambda client: client.images.get_style("  line ART")) == "Line Art"
    with pytest.raises(NotFoundError, match="has no style 'anima'; like it: Anime"):
        ask(venice.url, lambda client: client.images.get_style("anima"))
    with pytest.raises(NotFoundError, match=r"has no style 'qqq'\. "):
        ask(venice.url, lambda client: client.images.get_style("qqq"))
    assert {request.path[-13:] for request in venice.sim.requests} == {"/image/styles"}


# -- refused before anything is sent ---------------------------------------------------------------------------------

FOREIGN = ("mask", "strength", "guidance_scale", "num_inference_steps")


@both
@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("method", ["generate", "edit", "multi_edit"])
def test_parameters_of_other_services_are_refused_by_name(ask: Asker, venice: Watched, method: str, name: str) -> None:
    positional: tuple[Any, ...] = {"generate": ("x",), "edit": (PNG, "x"), "multi_edit": ([PNG], "x")}[method]
    with pytest.raises(UnsupportedParameterError, match=f"takes no {name}: ") as caught:
        ask(venice.url, lambda client: getattr(client.images, method)(*positional, model="m", **{name: 0.5}))
    assert caught.value.param == name
    assert venice.sim.requests == []


@both
@pytest.mark.parametrize(
    ("call", "param"),
    [
        (lambda images: images.generate("x" * 7501, model="m"), "prompt"),
        (lambda images: images.generate("x", model="m", width=1281), "width"),
        (lambda images: images.generate("x", model="m", cfg_scale=0), "cfg_scale"),
        (lambda images: images.generate("x", model="m", seed=10**9), "seed"),
        (lambda images: images.generate("x", model="m", variants=5), "variants"),
        (lambda images: images.generate("x", model="m", variants=1, return_binary=True), "variants"),
        (lambda images: images.generate("x", model="m", format="gif"), "format"),
        (
            lambda images: images.generate("x", model="m", style_references=[{"image": PNG, "strength": 2}]),
            "style_references[0].strength",
        ),
        (
            lambda images: images.generate("x", model="m", style_references=[{"image": b"\x89PNG" * 2**21}]),
            "style_references",
        ),
        (lambda images: images.generations("x", n=2), "n"),
        (lambda images: images.generations("x" * 1501), "prompt"),
        (lambda images: images.generations("x", size="100x100"), "size"),
        (lambda images: images.edit(PNG, ""), "prompt"),
        (lambda images: images.edit(PNG, "x", resolution="0123456789a"), "resolution"),
        (lambda images: images.edit(PNG, "x", output_format="jpg"), "output_format"),
        (lambda images: images.edit(SMALL, "x"), "image"),
        (lambda images: images.edit(b"", "x"), "image"),
        (lambda images: images.edit(b"\x89PNG" * (25 * 2**18), "x"), "image"),
        (lambda images: images.multi_edit([], "x"), "images"),
        (lambda images: images.multi_edit(PNG, "x"), "images"),
        (lambda images: images.multi_edit([PNG, SMALL], "x"), "images"),
        (lambda images: images.upscale(PNG, scale=3), "scale"),
        (lambda images: images.upscale(PNG, scale=1), "scale"),
        (lambda images: images.upscale(PNG, creativity=0.5), "creativity"),
        (lambda images: images.upscale(URL), "image"),
        (lambda images: images.remove_background("nonsense"), "image"),
    ],
)
def test_what_venice_would_refuse_is_refused_here(ask: Asker, venice: Watched, call: Any, param: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        ask(venice.url, lambda client: call(client.images))
    assert (caught.value.param, caught.value.status) == (param, None)
    assert venice.sim.requests == []


# -- answers that are none -------------------------------------------------------------------------------------------

PICTURES = {
    "generate": lambda images: images.generate("x", model="m", return_binary=True),
    "edit": lambda images: images.edit(PNG, "x"),
    "multi_edit": lambda images: images.multi_edit([PNG], "x"),
    "upscale": lambda images: images.upscale(PNG),
    "remove_background": lambda images: images.remove_background(PNG),
}


@both
@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        (b'{"error": "Something went wrong"}', "application/json", VeniceAPIError),
        (b'{"error": "Something went wrong"}', "image/png", VeniceAPIError),
        (b"{}", "application/json", BadResponseError),
        (b"<html>Sign in</html>", "text/html", BadResponseError),
        (b"<!DOCTYPE html>", "image/png", BadResponseError),
        (b"", "image/png", BadResponseError),
        (b"nothing known", "application/octet-stream", BadResponseError),
    ],
)
def test_an_answer_that_is_no_image(ask: Asker, name: str, body: bytes, kind: str, error: type[Exception]) -> None:
    with serve(whole(body, content_type=kind)) as server, pytest.raises(error):
        ask(server.url, lambda client: PICTURES[name](client.images))
    assert len(server.requests) == 1


@both
@pytest.mark.parametrize(
    "images", [[], ["not base64"], ["bm8gaW1hZ2U="], "x", None], ids=["none", "broken", "no image", "text", "null"]
)
def test_broken_images_in_json(ask: Asker, images: Any) -> None:
    answer = {"id": "1", "images": images, "timing": {}}
    with serve(whole(answer)) as server, pytest.raises(BadResponseError):
        ask(server.url, lambda client: client.images.generate("x", model="m"))


@both
def test_an_image_of_unknown_type_is_known_by_its_bytes(ask: Asker) -> None:
    with serve(whole(PNG, content_type="application/octet-stream")) as server:
        assert ask(server.url, lambda client: client.images.edit(PNG, "x")).mime_type == "image/png"


@both
def test_headers_that_make_no_sense_are_left_out(ask: Asker) -> None:
    headers = {"x-venice-balance-usd": "a lot", "x-venice-model-deprecation-date": "soon", "x-balance-remaining": "NaN"}
    with serve(whole(PNG, headers=headers, content_type="image/png")) as server:
        image = ask(server.url, lambda client: client.images.edit(PNG, "x"))
    assert (image.balance_usd, image.deprecation_date, image.balance_remaining) == (None, None, None)


def test_every_header_is_read() -> None:
    assert facts({"x-venice-contains-minor": "false", "x-venice-is-adult-model-content-violation": "True"}) == {
        "contains_minor": False,
        "is_adult_model_content_violation": True,
    }
    assert facts({"x-balance-remaining": "4.230000", "x-venice-balance-diem": "0.1"}) == {
        "balance_remaining": Decimal("4.230000"),
        "balance_diem": Decimal("0.1"),
    }


def test_an_image_without_content_is_no_image() -> None:
    with pytest.raises(ValueError, match=r"Only base64 data|[Ii]ncorrect padding"):
        _ = ImageData(b64_json="!").bytes


# -- purchases -------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_that_may_have_been_made_is_not_asked_for_again(ask: Asker, venice: Watched, name: str) -> None:
    venice.sim.inject(faults.status(500))
    with pytest.raises(UnknownOutcomeError) as caught:
        ask(venice.url, lambda client: PICTURES[name](client.images))
    assert isinstance(caught.value.__cause__, ImageGenerationError)
    assert len(venice.sim.requests) == 1


@both
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_that_was_not_made_is_asked_for_again(ask: Asker, venice: Watched, name: str) -> None:
    venice.sim.inject(faults.status(503))
    ask(venice.url, lambda client: PICTURES[name](client.images))
    assert len(venice.sim.requests) == 2


# -- images as texts, and from elsewhere -----------------------------------------------------------------------------


def test_an_image_as_a_text_and_back(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    for given in (path, PNG, io.BytesIO(PNG), Picture()):
        assert encode_image(given) == data_url(PNG)
    for text in (data_url(PNG), data_url(PNG).partition(",")[2]):
        image = decode_image(text)
        assert (image.bytes, image.mime_type) == (PNG, "image/png")
    with pytest.raises(InvalidRequestError):
        decode_image("no image")


@both
def test_an_image_is_downloaded_without_the_key(ask: Asker) -> None:
    with serve(whole(PNG, content_type="image/png"), whole(b"text", content_type="text/plain")) as server:
        url = f"http://127.0.0.1:{server.port}/a.png"
        image = ask(server.url, lambda client: client.images.download_image(url, allow_private=True))
        assert (image.bytes, image.mime_type) == (PNG, "image/png")
        assert "authorization" not in server.requests[0].headers
        with pytest.raises(BadResponseError, match="there is no image, but text/plain"):
            ask(server.url, lambda client: client.images.download_image(url, allow_private=True))
        with pytest.raises(InvalidRequestError, match=r"public|private"):
            ask(server.url, lambda client: client.images.download_image(url))
        assert len(server.requests) == 2
        assert ask(server.url, lambda client: client.images.download_image(data_url(PNG))).bytes == PNG
