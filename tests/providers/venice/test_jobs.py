"""Media jobs on both clients: each operation, and the flows that do it all."""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from onellm_providers.venice.errors import (
    AudioGenerationError,
    ConsentRequiredError,
    ContentPolicyError,
    MediaNotFoundError,
    PriceLimitError,
    ProviderContentPolicyError,
    VeniceAPIError,
    VideoGenerationError,
)
from onellm_providers.venice.simulator.audio import HEARD
from onellm_providers.venice.simulator.media import MP4
from onellm_providers.venice.types.jobs import JobProgress, JobStatus, MediaJob

from onellm import APITimeoutError, BadResponseError, InvalidRequestError, RateLimitError, UnexpectedRedirectError
from onellm.errors import APIError, OneLLMError
from onellm.testing import faults
from tests.providers.venice.media import CLIP, FAST, PNG, SOUND, URL, Asker, Watched, both, data_url
from tests.support import serve, whole

QUEUED: dict[str, Any] = {"model": "sim-video", "queue_id": "q1"}
PROCESSING = {"status": "PROCESSING", "average_execution_time": 2000, "execution_duration": 500}
VIDEO = whole(MP4, content_type="video/mp4")

# -- each operation --------------------------------------------------------------------------------------------------


@both
def test_queue_a_video(ask: Asker, venice: Watched) -> None:
    job = ask(venice.url, lambda client: client.video.queue("a fox", model="sim-video", duration="5s"))
    assert venice.body == {"prompt": "a fox", "model": "sim-video", "duration": "5s"}
    assert (job.kind, job.model, job.queue_id, job.download_url) == ("video", "sim-video", "video-00000001", None)


@both
def test_queue_takes_every_parameter(ask: Asker, venice: Watched) -> None:
    pose = {"azimuth": 10.0, "elevation": 0, "distance": 1}
    plain: dict[str, Any] = {
        "model": "m", "duration": "6s", "negative_prompt": "rain", "aspect_ratio": "16:9", "resolution": "1080p",
        "audio": False, "upscale_factor": 2, "omni_reference_task_type": "edit", "bitrate_mode": "high",
        "image_strength": 0.5, "camera_trajectory": [{"time": 0, **pose}, {"time": 1, **pose}],
        "end_image_url": URL, "audio_url": URL, "reference_video_urls": [URL], "reference_audio_urls": [URL],
        "reference_document_urls": [URL],
        "consents": {"seedance": {
            "confirmed_terms_and_privacy": True, "confirmed_legal_right": True,
            "confirmed_screening_acknowledged": True,
        }},
    }  # fmt: skip
    picture, clip = data_url(PNG), data_url(MP4, "video/mp4")
    ask(
        venice.url,
        lambda client: client.video.queue(
            "a fox", **plain, image_url=PNG, video_url=MP4, reference_image_urls=[PNG, URL], scene_image_urls=[PNG],
            elements=[{"frontal_image_url": PNG, "reference_image_urls": [PNG], "video_url": URL}],
            keyframes=[{"image_url": PNG, "frame_index": 0}, {"image_url": URL, "frame_index": 144}],
            enhancement={"grain": 0.05, "slowdown_factor": 2, "output_format": "prores", "target_fps": 60},
        ),
    )  # fmt: skip
    assert venice.body == {
        "prompt": "a fox", **plain, "image_url": picture, "video_url": clip, "reference_image_urls": [picture, URL],
        "scene_image_urls": [picture], "grain": 0.05, "slowdown_factor": 2, "output_format": "prores", "target_fps": 60,
        "elements": [{"frontal_image_url": picture, "reference_image_urls": [picture], "video_url": URL}],
        "keyframes": [{"image_url": picture, "frame_index": 0}, {"image_url": URL, "frame_index": 144}],
    }  # fmt: skip


@both
def test_quote_a_video(ask: Asker, venice: Watched) -> None:
    quote = ask(
        venice.url,
        lambda client: client.video.quote(
            model="m", duration="10s", aspect_ratio="1:1", resolution="1080p", upscale_factor=2, audio=True,
            video_url=MP4, reference_video_total_duration=5,
        ),
    )  # fmt: skip
    assert venice.body == {
        "model": "m", "duration": "10s", "aspect_ratio": "1:1", "resolution": "1080p", "upscale_factor": 2,
        "audio": True, "video_url": data_url(MP4, "video/mp4"), "reference_video_total_duration": 5,
    }  # fmt: skip
    assert quote.quote == 1.0


@both
def test_retrieve_and_complete(ask: Asker, venice: Watched) -> None:
    job = ask(venice.url, lambda client: client.video.queue("a fox", model="sim-video", duration="5s"))
    status = ask(venice.url, lambda client: client.video.retrieve(job.model, job.queue_id))
    assert venice.body == {"model": "sim-video", "queue_id": job.queue_id}
    assert (status.status, status.is_done, status.media) == ("PROCESSING", False, None)
    assert status.average_execution_time == 200
    assert 0 <= status.progress < 1
    assert not ask(venice.url, lambda client: client.video.complete(job.model, job.queue_id)).success
    status = _wait(ask, venice, lambda client: client.video.retrieve(job.model, job.queue_id))
    assert (status.status, status.media.bytes, status.media.mime_type) == ("COMPLETED", MP4, "video/mp4")
    assert status.progress == 1
    assert ask(venice.url, lambda client: client.video.complete(job.model, job.queue_id)).success
    with pytest.raises(MediaNotFoundError):
        ask(venice.url, lambda client: client.video.retrieve(job.model, job.queue_id))


def _wait(ask: Asker, venice: Watched, call: Callable[[Any], Any]) -> Any:
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        status = ask(venice.url, call)
        if status.is_done:
            return status
        time.sleep(FAST)
    raise AssertionError("the job never ends")


@both
@pytest.mark.parametrize("area", ["video", "audio", "voice_changer"])
def test_media_that_is_deleted_once_it_was_fetched(ask: Asker, venice: Watched, area: str) -> None:
    job = ask(venice.url, QUEUE[area])
    again = {"delete_media_on_completion": True}
    _wait(ask, venice, lambda client: getattr(client, area).retrieve(job.model, job.queue_id, **again))
    assert venice.body == {"model": job.model, "queue_id": job.queue_id, **again}
    with pytest.raises(MediaNotFoundError):
        ask(venice.url, lambda client: getattr(client, area).retrieve(job.model, job.queue_id))


QUEUE: dict[str, Callable[[Any], Any]] = {
    "video": lambda client: client.video.queue("a fox", model="sim-video", duration="5s"),
    "audio": lambda client: client.audio.queue("rain", model="sim-music"),
    "voice_changer": lambda client: client.voice_changer.queue(SOUND, model="sim-changer"),
}
GENERATE: dict[str, Callable[..., Any]] = {
    "video": lambda client, **more: client.video.generate(
        "a fox", **{"model": "sim-video", "duration": "5s", "poll_interval": FAST, **more}
    ),
    "audio": lambda client, **more: client.audio.generate(
        "rain", **{"model": "sim-music", "poll_interval": FAST, **more}
    ),
    "voice_changer": lambda client, **more: client.voice_changer.generate(
        SOUND, **{"model": "sim-changer", "poll_interval": FAST, "duration_seconds": 3, **more}
    ),
}
ROOTS = {"video": "video", "audio": "audio", "voice_changer": "audio/voice-changer"}
AREAS = list(ROOTS)


@both
def test_queue_music(ask: Asker, venice: Watched) -> None:
    parameters: dict[str, Any] = {
        "model": "sim-music", "lyrics_prompt": "la", "duration_seconds": 20, "force_instrumental": False,
        "lyrics_optimizer": False, "loop": True, "voice": "v", "language_code": "en", "speed": 1.5,
    }  # fmt: skip
    job = ask(venice.url, lambda client: client.audio.queue("rain", **parameters))
    assert venice.body == {"prompt": "rain", **parameters}
    assert (job.kind, job.status) == ("audio", "QUEUED")
    ask(venice.url, lambda client: client.audio.queue("rain", model="m", duration_seconds="20"))
    assert venice.body["duration_seconds"] == "20"


@both
def test_quote_music(ask: Asker, venice: Watched) -> None:
    assert ask(venice.url, lambda client: client.audio.quote(model="m", duration_seconds=10)).quote == 0.02
    quote = ask(venice.url, lambda client: client.audio.quote(model="speech-1", character_count=100))
    assert (venice.body, quote.quote) == ({"model": "speech-1", "character_count": 100}, 0.001)
    with pytest.raises(InvalidRequestError, match="character_count"):
        ask(venice.url, lambda client: client.audio.quote(model="speech-1"))


@both
def test_change_a_voice(ask: Asker, venice: Watched) -> None:
    job = ask(
        venice.url,
        lambda client: client.voice_changer.queue(SOUND, model="m", voice="Aria", remove_background_noise=True, seed=0),
    )
    assert venice.body == {
        "file": SOUND.decode("latin-1"), "model": "m", "voice": "Aria", "remove_background_noise": "true", "seed": "0",
    }  # fmt: skip
    assert (job.kind, job.duration_seconds) == ("voice_changer", 3.5)
    ask(venice.url, lambda client: client.voice_changer.queue("https://example.com/a.mp3", model="m"))
    assert venice.body == {"audio_url": "https://example.com/a.mp3", "model": "m"}
    quote = ask(venice.url, lambda client: client.voice_changer.quote(model="m", duration_seconds=5))
    assert (quote.quote, quote.duration_seconds) == (0.01, 5)


@both
@pytest.mark.parametrize("name", [None, "json", "text"])
def test_transcribe_a_video(ask: Asker, venice: Watched, name: Any) -> None:
    told = ask(venice.url, lambda client: client.video.transcriptions(CLIP, response_format=name))
    assert venice.body == ({"url": CLIP, "response_format": name} if name else {"url": CLIP})
    assert (told.transcript, told.lang) == (HEARD, None if name == "text" else "en")


# -- the flows -------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("area", AREAS)
def test_generate(ask: Asker, venice: Watched, area: str) -> None:
    told: list[JobProgress] = []
    media = ask(venice.url, lambda client: GENERATE[area](client, max_price=1, on_progress=told.append))
    kind = "video/mp4" if area == "video" else "audio/mpeg"
    assert (media.mime_type, media.is_completed, media.job.kind) == (kind, True, area)
    stages = [each.stage for each in told]
    assert (stages[:2], stages[-1], set(stages[2:-1])) == (["quoted", "queued"], "fetched", {"processing"})
    assert told[1].job == media.job
    assert told[1].quote == media.job.quote == told[0].quote is not None
    estimates = [each.progress or -1 for each in told if each.stage == "processing"]
    assert -1 not in estimates
    assert estimates == sorted(estimates)
    root = f"/{ROOTS[area]}"
    paths = [request.path.rpartition("/v1")[2] for request in venice.sim.requests]
    assert paths[:2] == [f"{root}/quote", f"{root}/queue"]
    assert paths[-1] == f"{root}/complete"
    assert set(paths[2:-1]) == {f"{root}/retrieve"}
    assert media.meta.provider == "venice"


@both
@pytest.mark.parametrize("area", AREAS)
def test_without_a_price_cap_nothing_is_quoted(ask: Asker, venice: Watched, area: str) -> None:
    media = ask(venice.url, lambda client: GENERATE[area](client, complete=False))
    assert (media.is_completed, media.job.quote) == (None, None)
    assert venice.hits("/quote") == venice.hits("/complete") == 0
    assert venice.hits("/queue") == 1


@both
@pytest.mark.parametrize("area", AREAS)
def test_what_is_too_dear_is_not_queued(ask: Asker, venice: Watched, area: str) -> None:
    with pytest.raises(PriceLimitError) as caught:
        ask(venice.url, lambda client: GENERATE[area](client, max_price=0.001))
    assert (caught.value.limit, caught.value.status) == (0.001, None)
    assert caught.value.quote > 0.001
    assert isinstance(caught.value, VeniceAPIError)
    assert "nothing was queued" in str(caught.value)
    assert venice.hits("/queue") == 0


@both
def test_the_quote_asks_for_what_is_queued(ask: Asker, venice: Watched) -> None:
    ask(
        venice.url,
        lambda client: GENERATE["video"](
            client, max_price=9, resolution="1080p", aspect_ratio="9:16", audio=True, negative_prompt="rain",
            reference_video_total_duration=2.5,
        ),
    )  # fmt: skip
    quoted, queued = (json.loads(request.body) for request in venice.sim.requests[:2])
    assert quoted == {
        "model": "sim-video", "duration": "5s", "resolution": "1080p", "aspect_ratio": "9:16", "audio": True,
        "reference_video_total_duration": 2.5,
    }  # fmt: skip
    assert queued.items() >= {"prompt": "a fox", "resolution": "1080p", "negative_prompt": "rain"}.items()


@both
def test_music_is_priced_by_its_length_or_else_by_its_text(ask: Asker, venice: Watched) -> None:
    ask(venice.url, lambda client: GENERATE["audio"](client, max_price=9, duration_seconds=20))
    assert json.loads(venice.sim.requests[0].body) == {"model": "sim-music", "duration_seconds": 20}
    venice.sim.reset()
    ask(venice.url, lambda client: GENERATE["audio"](client, max_price=9, model="sim-speech"))
    assert json.loads(venice.sim.requests[0].body) == {"model": "sim-speech", "character_count": 4}


@both
def test_a_price_of_a_changed_voice_needs_its_length(ask: Asker, venice: Watched) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        ask(venice.url, lambda client: client.voice_changer.generate(SOUND, model="m", max_price=1))
    assert caught.value.param == "duration_seconds"
    assert venice.sim.requests == []


@both
@pytest.mark.parametrize("area", AREAS)
def test_resume(ask: Asker, venice: Watched, tmp_path: Path, area: str) -> None:
    job = ask(venice.url, QUEUE[area])
    path = job.save(tmp_path / "job.json")
    for given in (job, job.to_json(), job.model_dump(), MediaJob.load(path)):
        media = ask(
            venice.url,
            lambda client: getattr(client, area).resume(given, poll_interval=FAST, complete=False),  # noqa: B023
        )
        assert media.job.queue_id == job.queue_id
    assert venice.hits("/queue") == 1


@both
def test_a_link_is_fetched_and_revoked(ask: Asker, venice: Watched) -> None:
    told: list[str] = []
    media = ask(
        venice.url,
        lambda client: GENERATE["video"](
            client, model="sim-private", on_progress=lambda each: told.append(each.stage), complete=False
        ),
    )
    assert media.bytes == MP4
    assert told[-2:] == ["fetching", "fetched"]
    fetched = venice.last
    assert (fetched.method, fetched.bearer, "authorization" in fetched.headers) == ("GET", "", False)
    assert ask(venice.url, lambda client: client.video.download(media.job)).bytes == MP4
    assert ask(venice.url, lambda client: client.video.revoke(media.job)).success
    assert (venice.last.method, "authorization" in venice.last.headers) == ("DELETE", False)
    with pytest.raises(MediaNotFoundError, match=r"expired or was used \(410\)") as caught:
        ask(venice.url, lambda client: client.video.download(media.job))
    assert caught.value.status == 410


@both
def test_a_job_without_its_link_says_so(ask: Asker, venice: Watched) -> None:
    job = ask(venice.url, lambda client: client.video.queue("x", model="sim-private", duration="5s"))
    job.download_url = None
    with pytest.raises(MediaNotFoundError, match="tells it once"):
        ask(venice.url, lambda client: client.video.resume(job, poll_interval=FAST))


# -- what goes wrong -------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("code", [429, 500, 503])
def test_what_passes_is_waited_out(ask: Asker, venice: Watched, area: str, code: int) -> None:
    venice.sim.inject(faults.status(code), path="/retrieve", times=1 if code == 429 else 3)
    ask(venice.url, GENERATE[area], max_retries=0)
    assert venice.hits("/queue") == 1


@both
@pytest.mark.parametrize("area", AREAS)
def test_what_does_not_pass_ends_the_wait_and_leaves_the_handle(ask: Asker, venice: Watched, area: str) -> None:
    venice.sim.inject(faults.status(500), path="/retrieve", times=None)
    with pytest.raises(VideoGenerationError if area == "video" else AudioGenerationError) as caught:
        ask(venice.url, GENERATE[area], max_retries=0)
    assert caught.value.partial.queue_id.endswith("00000001")
    assert f"resume(MediaJob(kind='{area}'" in caught.value.__notes__[0]
    assert venice.hits("/retrieve") == 4


@both
def test_the_error_of_a_job_is_that_of_the_service(ask: Asker, venice: Watched) -> None:
    with pytest.raises(VideoGenerationError):
        ask(venice.url, lambda client: GENERATE["video"](client, model="sim-failing"), max_retries=0)
    with pytest.raises(ProviderContentPolicyError) as caught:
        ask(venice.url, lambda client: GENERATE["video"](client, model="sim-refusing"))
    assert (caught.value.recommended_model, caught.value.credits_refunded) == ("sim-video", True)
    assert isinstance(caught.value.partial, MediaJob)


@both
@pytest.mark.parametrize(("area", "error"), [("video", VideoGenerationError), ("audio", AudioGenerationError)])
def test_a_state_that_says_failed(ask: Asker, area: str, error: type[APIError]) -> None:
    with serve(whole(QUEUED), whole({"status": "failed"})) as server, pytest.raises(error, match="ended the job q1"):
        ask(server.url, GENERATE[area])
    assert len(server.requests) == 2


@both
def test_the_deadline_ends_the_wait(ask: Asker, venice: Watched) -> None:
    venice.sim.inject(faults.answer(_processing()), path="/retrieve", times=None)
    with pytest.raises(APITimeoutError) as caught:
        ask(venice.url, lambda client: GENERATE["video"](client, deadline=0.3))
    assert caught.value.phase == "deadline"
    assert caught.value.partial.queue_id == "video-00000001"


def _processing() -> Any:
    from onellm.testing.simulator.values import SimReply

    return SimReply.json(PROCESSING)


@both
def test_no_answer_within_the_deadline(ask: Asker, venice: Watched) -> None:
    venice.sim.inject(faults.silence(), path="/retrieve", times=None)
    with pytest.raises(APITimeoutError):
        ask(venice.url, lambda client: GENERATE["video"](client, deadline=0.3))
    assert venice.hits("/queue") == 1


@both
def test_a_wait_that_is_interrupted_leaves_the_handle_in_a_note(ask: Asker, venice: Watched) -> None:
    def stop(progress: JobProgress) -> None:
        if progress.stage == "processing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        ask(venice.url, lambda client: GENERATE["video"](client, model="sim-private", on_progress=stop))
    assert "queue_id='video-00000001'" in caught.value.__notes__[0]
    assert "files" not in caught.value.__notes__[0]
    job: MediaJob = caught.value.partial  # type: ignore[attr-defined]
    assert str(job.download_url).endswith("/files/video-00000001")


@both
def test_nothing_is_deleted_before_everybody_was_told(ask: Asker, venice: Watched) -> None:
    def fail(progress: JobProgress) -> None:
        if progress.stage == "fetched":
            raise RuntimeError("no room on the disk")

    with pytest.raises(RuntimeError) as caught:
        ask(venice.url, lambda client: GENERATE["video"](client, on_progress=fail))
    assert venice.hits("/complete") == 0
    job = caught.value.partial  # type: ignore[attr-defined]
    assert ask(venice.url, lambda client: client.video.resume(job, poll_interval=FAST)).bytes == MP4


@both
def test_a_longer_wait_that_is_asked_for(ask: Asker) -> None:
    busy = whole({"error": "Rate limit exceeded"}, 429, {"Retry-After": "0.2"})
    with serve(whole(QUEUED), busy, VIDEO, whole({"success": True})) as server:
        ask(server.url, GENERATE["video"], max_retries=0)
    assert server.requests[2].at - server.requests[1].at > 0.19


@both
@pytest.mark.parametrize("answer", [whole({"success": False}), whole({"error": "x"}, 500), whole({"error": "x"}, 404)])
def test_no_failure_to_complete_loses_the_result(ask: Asker, answer: Any) -> None:
    with serve(whole(QUEUED), VIDEO, answer) as server:
        media = ask(server.url, GENERATE["video"], max_retries=0)
    assert (media.bytes, media.is_completed) == (MP4, False)


@both
def test_a_redirect_of_the_service_is_not_waited_out(ask: Asker) -> None:
    moved = whole(b"", 302, {"Location": "https://elsewhere.example/"})
    with serve(whole(QUEUED), moved) as server, pytest.raises(UnexpectedRedirectError):
        ask(server.url, GENERATE["video"])
    assert len(server.requests) == 2


@both
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (whole(b"", 302, {"Location": "http://127.0.0.1:1/"}), UnexpectedRedirectError),
        (whole(b"<Error/>", 410, content_type="application/xml"), MediaNotFoundError),
        (whole(b"", 404), MediaNotFoundError),
        (whole({"error": "Slow down"}, 429), RateLimitError),
        (whole(b"<html>", content_type="text/html"), BadResponseError),
        (whole({"error": "No"}), OneLLMError),
    ],
)
def test_a_download_host_that_refuses(ask: Asker, answer: Any, error: type[Exception]) -> None:
    with serve(answer) as server:
        job = MediaJob(kind="video", model="m", queue_id="q", download_url=f"http://127.0.0.1:{server.port}/v.mp4")
        with pytest.raises(error):
            ask(server.url, lambda client: client.video.download(job), max_retries=0)
    assert [request.path for request in server.requests] == ["/v.mp4"]


@both
@pytest.mark.parametrize(
    "url", ["http://host/v.mp4", "file:///etc/passwd", "https://user@host/v", "https:///v", "ftp://h/v"]
)
def test_a_link_that_is_not_followed(ask: Asker, url: str) -> None:
    job = MediaJob(kind="video", model="m", queue_id="q", download_url=url)
    with pytest.raises(InvalidRequestError, match="no https URL") as caught:
        ask("https://api.venice.ai/api/v1", lambda client: client.video.download(job))
    assert caught.value.param == "download_url"


@both
@pytest.mark.parametrize(
    ("call", "param"),
    [
        (lambda video: video.queue(model="m", duration="5s"), "prompt"),
        (lambda video: video.queue("x", model="m"), "duration"),
        (lambda video: video.queue("x", model="m", duration="31s"), "duration"),
        (lambda video: video.queue("x", model="m", duration="5s", resolution="8k"), "resolution"),
        (lambda video: video.queue("x", model="m", duration="5s", upscale_factor=3), "upscale_factor"),
        (lambda video: video.queue("x" * 20001, model="m", duration="5s"), "prompt"),
        (lambda video: video.queue("x", model="m", duration="5s", scene_image_urls=[URL] * 5), "scene_image_urls"),
        (lambda video: video.queue("x", model="m", duration="5s", reference_audio_urls=[URL]), "reference_audio_urls"),
        (lambda video: video.queue("x", model="m", duration="5s", elements=[{}] * 5), "elements"),
        (
            lambda video: video.queue(
                "x", model="m", duration="5s", keyframes=[{"image_url": URL, "frame_index": 121}]
            ),
            "keyframes",
        ),
        (
            lambda video: video.queue(
                "x", model="m", duration="5s", keyframes=[{"image_url": URL, "frame_index": 1}] * 2
            ),
            "keyframes",
        ),
        (
            lambda video: video.queue(
                "x", model="m", duration="5s",
                camera_trajectory=[{"time": 1, "azimuth": 0, "elevation": 0, "distance": 1}] * 2,
            ),
            "camera_trajectory",
        ),
        (lambda video: video.queue("x", model="m", duration="5s", enhancement={"grain": 1}), "grain"),
        (lambda video: video.queue("x", model="m", duration="5s", image_url=bytes(36 * 2**20)), "image_url"),
        (
            lambda video: video.queue("x", model="m", duration="5s", scene_image_urls=[PNG + bytes(20 * 2**20)] * 2),
            None,
        ),
        (lambda video: video.queue("x", model="m", duration="5s", consents={"seedance": {}}),
         "consents.seedance.confirmed_terms_and_privacy"),
        (lambda video: video.quote(model="m"), "duration"),
        (lambda video: video.quote(model="m", duration="5s", reference_video_total_duration=-1),
         "reference_video_total_duration"),
        (lambda video: video.generate("x", model="m", duration="5s", poll_interval=0), "poll_interval"),
        (lambda video: video.resume("{}"), "job"),
        (lambda video: video.resume({"kind": "audio", "model": "m", "queue_id": "q"}), "job"),
    ],
)  # fmt: skip
def test_what_venice_would_refuse_is_refused_here(ask: Asker, venice: Watched, call: Any, param: str | None) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        ask(venice.url, lambda client: call(client.video))
    assert (caught.value.param, caught.value.status) == (param, None)
    assert venice.sim.requests == []


@both
def test_a_misspelt_parameter_is_refused(ask: Asker, venice: Watched) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'durations'"):
        ask(venice.url, lambda client: client.video.generate("x", model="m", durations="5s"))
    assert venice.sim.requests == []


@both
def test_content_and_consent(ask: Asker, venice: Watched) -> None:
    with pytest.raises(ContentPolicyError) as refused:
        ask(venice.url, lambda client: client.video.queue("forbidden", model="m", duration="5s"))
    assert refused.value.suggested_prompt == "A calm lake at dawn"
    with pytest.raises(ConsentRequiredError) as asked:
        ask(venice.url, lambda client: client.video.queue("x", model="seedance-2", duration="5s", image_url=URL))
    assert str(asked.value.policy_text).startswith("You have the right")
    assert venice.hits("/queue") == 2


# -- handles ---------------------------------------------------------------------------------------------------------

JOB = MediaJob(kind="video", model="m", queue_id="q", download_url="https://h/secret", quote=0.5)


def test_a_handle_is_plain_data(tmp_path: Path) -> None:
    assert json.loads(JOB.to_json()) == {
        "kind": "video", "model": "m", "queue_id": "q", "download_url": "https://h/secret", "quote": 0.5,
    }  # fmt: skip
    path = JOB.save(tmp_path / "job.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert MediaJob.load(path) == JOB
    assert list(tmp_path.iterdir()) == [path]


def test_a_handle_shows_no_link() -> None:
    assert repr(JOB) == str(JOB) == "MediaJob(video, m, q)"
    assert "secret" not in repr([JOB])
    assert "secret" not in repr(JobProgress(stage="queued", job=JOB))


@pytest.mark.parametrize("text", ["", "[]", '{"model": "m"}', '{"kind": "x", "model": "m", "queue_id": "q"}'])
def test_what_is_no_handle(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="no handle of a job"):
        MediaJob.from_json(text)


def test_progress_is_an_estimate() -> None:
    assert JobStatus(status="PROCESSING").progress is None
    assert JobStatus(status="PROCESSING", average_execution_time=10, execution_duration=50).progress == 0.99
    assert JobStatus(status="PROCESSING", average_execution_time=100, execution_duration=25).progress == 0.25
    assert JobStatus(status="completed").progress == 1
    assert JobProgress(stage="queued").progress is None
