"""The hardest details of Venice's media, by their number in the implementation notes."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from onellm_providers.venice import Venice
from onellm_providers.venice.errors import (
    ConsentRequiredError,
    ContentPolicyError,
    MediaNotFoundError,
    ProviderContentPolicyError,
)
from onellm_providers.venice.resources.images import Images
from onellm_providers.venice.simulator.media import MP3, MP4
from onellm_providers.venice.tables import audio, images, video
from onellm_providers.venice.types.jobs import MediaJob

from onellm import InvalidRequestError, UnknownOutcomeError
from onellm.testing import faults
from tests.providers.venice.media import FAST, PNG, URL, WAV, Asker, Watched, both, contract, data_url
from tests.support import Wait, serve, whole

DONE = {"status": "COMPLETED", "average_execution_time": 1, "execution_duration": 1}
BUSY = {"status": "PROCESSING", "average_execution_time": 1, "execution_duration": 1}
CONSENT = {
    "confirmed_terms_and_privacy": True, "confirmed_legal_right": True, "confirmed_screening_acknowledged": True,
}  # fmt: skip


def test_3_aspect_ratios_are_texts(shared: Path) -> None:
    schemas = contract(shared)["components"]["schemas"]
    file = {
        "image": schemas["EditImageRequest"]["properties"]["aspect_ratio"]["enum"],
        "video": schemas["QueueVideoRequest"]["properties"]["aspect_ratio"]["enum"],
    }
    for listed, ours in ((file["image"], images.RATIOS), (file["video"], video.RATIOS)):
        assert sorted(listed) == sorted(ours)
        assert all(isinstance(each, str) for each in ours)
    assert "16:9" in images.RATIOS
    assert "969" not in video.RATIOS


def test_3_and_so_are_the_other_lists(shared: Path) -> None:
    schemas = contract(shared)["components"]["schemas"]
    queue = schemas["QueueVideoRequest"]["properties"]
    assert set(queue["duration"]["enum"]) == set(video.DURATIONS)
    assert set(queue["resolution"]["enum"]) == set(video.RESOLUTIONS)
    speech = schemas["CreateSpeechRequestSchema"]["properties"]
    assert set(speech["model"]["enum"]) == set(audio.SPEAKING)
    assert set(speech["response_format"]["enum"]) == set(audio.FORMATS)


@both
def test_5_a_video_is_bytes_and_completed_leads_to_the_link(ask: Asker) -> None:
    with serve(whole(MP4, content_type="video/mp4")) as server:
        status = ask(server.url, lambda client: client.video.retrieve("m", "q"))
    assert status.media.bytes == MP4
    with serve(whole(MP4, content_type="video/mp4")) as host:
        job = MediaJob(kind="video", model="m", queue_id="q", download_url=f"http://127.0.0.1:{host.port}/v")
        with serve(whole(DONE), whole({"success": True})) as server:
            assert ask(server.url, lambda client: client.video.resume(job, poll_interval=FAST)).bytes == MP4
        assert [request.method for request in host.requests] == ["GET"]


@both
def test_6_a_link_goes_without_credentials_and_410_means_gone(ask: Asker) -> None:
    with serve(whole(b"", 410)) as host:
        job = MediaJob(kind="video", model="m", queue_id="q", download_url=f"http://127.0.0.1:{host.port}/v")
        for method in ("download", "revoke"):
            with pytest.raises(MediaNotFoundError):
                ask(host.url, lambda client: getattr(client.video, method)(job))  # noqa: B023
    assert [request.method for request in host.requests] == ["GET", "DELETE"]
    assert not any({"authorization", "sign-in-with-x"} & set(request.headers) for request in host.requests)


@both
@pytest.mark.parametrize(
    ("kind", "content"),
    [("audio/mpeg", MP3), ("audio/mpeg; charset=binary", MP3), ("Audio/WAV", WAV), ("audio/x-new", b"sound")],
)
def test_7_any_audio_is_the_result_and_json_is_not(ask: Asker, kind: str, content: bytes) -> None:
    with serve(whole(BUSY), whole(content, content_type=kind)) as server:
        assert not ask(server.url, lambda client: client.audio.retrieve("m", "q")).is_done
        status = ask(server.url, lambda client: client.audio.retrieve("m", "q"))
    assert status.media.bytes == content


@both
def test_8_topaz_gets_no_prompt_duration_or_resolution(ask: Asker, venice: Watched) -> None:
    ask(venice.url, lambda client: client.video.queue(model="topaz-video-upscale", video_url=URL, upscale_factor=4))
    assert venice.body == {"model": "topaz-video-upscale", "video_url": URL, "upscale_factor": 4}
    ask(venice.url, lambda client: client.video.quote(model="topaz-video-upscale", video_url=URL))
    assert venice.body == {"model": "topaz-video-upscale", "video_url": URL}
    for name, value in (("duration", "5s"), ("resolution", "1080p")):
        with pytest.raises(InvalidRequestError, match=f"topaz-video-upscale takes no {name}"):
            ask(venice.url, lambda client: client.video.queue(model="topaz-video-upscale", **{name: value}))  # noqa: B023
    with pytest.raises(InvalidRequestError, match="takes no prompt"):
        ask(venice.url, lambda client: client.video.queue("x", model="topaz-video-upscale"))


@both
def test_9_edit_sends_model_and_multi_edit_model_id(ask: Asker, venice: Watched) -> None:
    ask(venice.url, lambda client: client.images.edit(URL, "x", model="qwen-edit-uncensored"))
    assert venice.body == {"image": URL, "prompt": "x", "model": "qwen-edit-uncensored"}
    ask(venice.url, lambda client: client.images.multi_edit([URL], "x", model="qwen-edit-uncensored"))
    assert venice.body == {"images": [URL], "prompt": "x", "modelId": "qwen-edit-uncensored"}
    assert "quality" not in inspect.signature(Images.edit.method).parameters


@both
def test_10_multi_edit_never_mixes_the_two_ways(ask: Asker, venice: Watched) -> None:
    ask(venice.url, lambda client: client.images.multi_edit([PNG, data_url(PNG)], "x"))
    assert venice.last.headers["content-type"].startswith("multipart/form-data")
    assert venice.last.body.count(b'name="images"; filename="images.png"') == 2
    ask(venice.url, lambda client: client.images.multi_edit([data_url(PNG), URL], "x"))
    assert venice.last.headers["content-type"] == "application/json"
    assert venice.body["images"] == [data_url(PNG), URL]


@both
@pytest.mark.parametrize("variants", [1, 2])
def test_11_binary_images_come_alone(ask: Asker, venice: Watched, variants: int) -> None:
    with pytest.raises(InvalidRequestError, match="variants is only supported when return_binary is false"):
        ask(
            venice.url,
            lambda client: client.images.generate("x", model="m", return_binary=True, variants=variants),
        )
    assert venice.sim.requests == []


@both
def test_12_a_data_url_is_not_fetched(ask: Asker, venice: Watched) -> None:
    answer = ask(venice.url, lambda client: client.images.generations("x", response_format="url"))
    assert answer.data[0].bytes == PNG
    assert len(venice.sim.requests) == 1


@both
def test_13_headers_are_fields(ask: Asker) -> None:
    headers = {
        "x-venice-is-blurred": "true", "x-venice-is-content-violation": "false",
        "x-venice-enhanced-prompt": "a%20fox%2C%20f%C3%BCr%20immer",
    }  # fmt: skip
    with serve(whole(MP3, headers=headers, content_type="audio/mpeg")) as server:
        speech = ask(server.url, lambda client: client.audio.speech("x"))
    assert (speech.is_blurred, speech.is_content_violation) == (True, False)
    assert speech.enhanced_prompt == "a fox, für immer"


@both
def test_19_every_shape_of_a_policy_error(ask: Asker) -> None:
    shapes: list[tuple[Any, type[ContentPolicyError], dict[str, Any]]] = [
        ({"error": "no", "suggested_prompt": "a lake"}, ContentPolicyError, {"suggested_prompt": "a lake"}),
        (
            {"error": {"message": "no", "type": "provider_content_policy", "recommended_model": "w",
                       "credits_refunded": True}},
            ProviderContentPolicyError,
            {"recommended_model": "w", "credits_refunded": True},
        ),
        ({"error": "no", "credits_refunded": True}, ContentPolicyError, {"credits_refunded": True}),
    ]  # fmt: skip
    for body, kind, fields in shapes:
        with serve(whole(body, 422)) as server, pytest.raises(kind) as caught:
            ask(server.url, lambda client: client.video.retrieve("m", "q"))
        assert {name: getattr(caught.value, name) for name in fields} == fields


@both
def test_20_consent_is_given_by_a_person(ask: Asker, venice: Watched) -> None:
    given = {"model": "seedance-2", "duration": "5s", "image_url": URL}
    for method in ("queue", "generate"):
        with pytest.raises(ConsentRequiredError) as caught:
            ask(venice.url, lambda client: getattr(client.video, method)("x", **given))  # noqa: B023
        assert caught.value.policy_text == "You have the right to use this face, and accept that it is screened."
    assert venice.hits("/queue") == 2
    ask(venice.url, lambda client: client.video.queue("x", **given, consents={"seedance": CONSENT}))
    assert venice.body["consents"] == {"seedance": CONSENT}
    for wrong in ({**CONSENT, "consent_version": "1"}, {**CONSENT, "confirmed_legal_right": False}):
        with pytest.raises(InvalidRequestError):
            ask(venice.url, lambda client: client.video.queue("x", **given, consents={"seedance": wrong}))  # noqa: B023


@both
def test_21_a_video_is_bought_once(ask: Asker, venice: Watched) -> None:
    def buy(client: Any) -> Any:
        return client.video.queue("x", model="m", duration="5s")

    with serve([Wait(5)]) as server:
        with pytest.raises(UnknownOutcomeError):
            ask(server.url, buy, timeout=0.2)
        assert len(server.requests) == 1
    venice.sim.inject(faults.status(500))
    with pytest.raises(UnknownOutcomeError):
        ask(venice.url, buy)
    assert venice.hits("/queue") == 1
    venice.sim.inject(faults.rate_limit("0"))
    ask(venice.url, buy)
    assert venice.hits("/queue") == 3


# -- what the signatures say -----------------------------------------------------------------------------------------


def test_signatures_show_what_is_taken() -> None:
    with Venice(api_key="k", base_url="http://127.0.0.1:1") as client:
        shown = inspect.signature(client.images.edit)
        assert list(shown.parameters)[:3] == ["image", "prompt", "model"]
        for area in (client.images, client.audio, client.video, client.voice_changer):
            for name in [each for each in dir(area) if not each.startswith("_") and each != "resource"]:
                for parameter in inspect.signature(getattr(area, name)).parameters.values():
                    assert parameter.annotation not in (inspect.Parameter.empty, "Any"), f"{name}({parameter})"


def test_the_options_of_a_batch_and_of_a_job_are_those_of_their_operation() -> None:
    from onellm_providers.venice.resources.video import Video
    from onellm_providers.venice.types.image import ImageOptions
    from onellm_providers.venice.types.video import VideoOptions

    for options, method, others in (
        (ImageOptions, Images.generate.method, {"prompt", "model", "mask", "strength", "guidance_scale",
                                                "num_inference_steps"}),
        (VideoOptions, Video.queue.method, {"prompt", "model"}),
    ):  # fmt: skip
        declared = inspect.signature(method).parameters
        assert set(options.__annotations__) == set(declared) - {"self"} - others
        for name, hint in options.__annotations__.items():
            said = hint.__forward_arg__ if hasattr(hint, "__forward_arg__") else hint
            assert declared[name].annotation == said, name


@both
def test_a_file_of_raw_json_is_what_the_wire_has(ask: Asker, venice: Watched) -> None:
    ask(venice.url, lambda client: client.images.generate("ü", model="m"))
    assert (
        venice.last.body
        == json.dumps({"prompt": "ü", "model": "m"}, ensure_ascii=False, separators=(",", ":")).encode()
    )
