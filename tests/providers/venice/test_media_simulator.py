"""The simulated Venice is as strict as the service: raw requests that our client would never send."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.providers.venice.media import CLIP, PNG, SMALL, SOUND, URL, Watched, data_url
from tests.providers.venice.media_operations import OPERATIONS

BIG = b"\x89PNG" + bytes(25 * 2**20)


@pytest.fixture
def raw(venice: Watched) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=venice.url, headers={"Authorization": "Bearer sim-key"}) as client:
        yield client


@pytest.mark.parametrize("path", [path for method, path in OPERATIONS if method == "POST"])
def test_nobody_gets_in_without_a_key(venice: Watched, path: str) -> None:
    assert httpx.post(venice.url + path, json={}).status_code == 402
    assert httpx.post(venice.url + path, json={}, headers={"Authorization": "Bearer bad-key"}).status_code == 401


@pytest.mark.parametrize("path", [path for method, path in OPERATIONS if method == "POST"])
def test_a_body_of_another_kind(raw: httpx.Client, path: str) -> None:
    answer = raw.post(path, content=b"<x/>", headers={"Content-Type": "application/xml"})
    assert answer.status_code in (400, 415)
    assert raw.post(path, json={"no_such": "field", "model": 3}).status_code in (400, 415)


JSON: list[tuple[str, dict[str, Any], int]] = [
    ("/image/generate", {"model": "m", "prompt": "x", "variants": 2, "return_binary": True}, 400),
    ("/image/generate", {"model": "m", "prompt": "x", "steps": 1.5}, 400),
    ("/images/generations", {"prompt": "x", "n": 2}, 400),
    ("/images/generations", {"prompt": "x", "n": None}, 200),
    ("/image/edit", {"prompt": "x", "image": data_url(PNG), "aspect_ratio": "16:9"}, 200),
    ("/image/edit", {"prompt": "x", "image": data_url(PNG), "aspect_ratio": "17:9"}, 400),
    ("/image/edit", {"prompt": "x", "image": data_url(SMALL)}, 400),
    ("/image/edit", {"prompt": "x", "image": "not base64!"}, 400),
    ("/image/edit", {"prompt": "x", "image": data_url(PNG), "quality": "low"}, 400),
    ("/image/multi-edit", {"prompt": "x", "images": [data_url(PNG)], "modelId": "no-such-model"}, 400),
    ("/image/multi-edit", {"prompt": "x", "images": []}, 400),
    ("/image/upscale", {"image": data_url(PNG).partition(",")[2], "scale": 2}, 200),
    ("/image/upscale", {"image": data_url(PNG), "scale": 3}, 400),
    ("/image/upscale", {"image": URL}, 400),
    ("/image/background-remove", {"image": data_url(PNG), "image_url": URL}, 400),
    ("/image/background-remove", {"image_url": "ftp://h/x"}, 400),
    ("/audio/speech", {"input": "x", "model": "tts-of-tomorrow"}, 400),
    ("/audio/speech", {"input": "x", "model": "tts-gradium-v1"}, 200),
    ("/audio/transcriptions", {"file": "base64"}, 415),
    ("/audio/quote", {"model": "speech-1"}, 400),
    ("/audio/quote", {"model": "m", "duration_seconds": "x1"}, 400),
    ("/audio/queue", {"model": "m", "prompt": "x", "lyrics_optimizer": True, "lyrics_prompt": "la"}, 400),
    ("/audio/complete", {"model": "m", "queue_id": "never"}, 400),
    ("/audio/retrieve", {"model": "m", "queue_id": "never"}, 404),
    ("/video/queue", {"model": "m", "prompt": "x", "duration": "5s", "image_url": "not a URL"}, 400),
    ("/video/queue", {"model": "m", "prompt": "x", "duration": "5s", "reference_image_urls": ["/etc/passwd"]}, 400),
    ("/video/queue", {"model": "m", "prompt": "x", "duration": "5s", "image_url": "data:," + "x" * 36 * 2**20}, 413),
    ("/video/quote", {"model": "m", "duration": "-1", "reference_video_total_duration": 8}, 200),
    ("/video/transcriptions", {"url": "https://example.com/v.mp4"}, 400),
    ("/video/transcriptions", {"url": CLIP, "lang": "en"}, 400),
]


@pytest.mark.parametrize(("path", "body", "status"), JSON, ids=[f"{path}-{n}" for n, (path, _, _) in enumerate(JSON)])
def test_json(raw: httpx.Client, path: str, body: dict[str, Any], status: int) -> None:
    assert raw.post(path, json=body).status_code == status


FORMS: list[tuple[str, dict[str, Any], dict[str, Any], int]] = [
    ("/image/edit", {"prompt": "x", "safe_mode": "true"}, {"image": PNG}, 200),
    ("/image/edit", {"prompt": "x", "safe_mode": "True"}, {"image": PNG}, 400),
    ("/image/edit", {"prompt": "x"}, {"image": SMALL}, 400),
    ("/image/edit", {"prompt": "x"}, {"image": BIG}, 400),
    ("/image/edit", {"prompt": "x"}, {"image": b""}, 400),
    ("/image/multi-edit", {"prompt": "x"}, {"images": PNG}, 200),
    ("/image/multi-edit", {"prompt": "x", "images": data_url(PNG)}, {"other": PNG}, 400),
    ("/image/upscale", {"scale": "4", "creativity": "0.01"}, {"image": PNG}, 200),
    ("/image/upscale", {"scale": "big"}, {"image": PNG}, 400),
    ("/audio/transcriptions", {"timestamps": "true"}, {"file": SOUND}, 200),
    ("/audio/transcriptions", {}, {"other": SOUND}, 400),
    ("/audio/transcriptions", {}, {"file": b""}, 422),
    ("/audio/transcriptions", {}, {"file": BIG}, 413),
    ("/audio/voices", {}, {"file": PNG}, 400),
    ("/audio/voices", {"model": "tts-of-tomorrow"}, {"file": SOUND}, 400),
    ("/audio/voice-changer/queue", {"model": "m", "seed": "-1"}, {"file": SOUND}, 400),
    ("/audio/voice-changer/queue", {"model": "m", "audio_url": URL}, {"file": SOUND}, 400),
]


@pytest.mark.parametrize(("path", "fields", "files", "status"), FORMS)
def test_forms(raw: httpx.Client, path: str, fields: dict[str, Any], files: dict[str, Any], status: int) -> None:
    assert raw.post(path, data=fields, files=files).status_code == status


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data"),
        (b"--b\r\n", "multipart/form-data; boundary=b"),
        (b"--b\r\n\r\nno head\r\n--b--\r\n", "multipart/form-data; boundary=b"),
        (b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nx--b--\r\n', "multipart/form-data; boundary=b"),
        (
            b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nx\r\n' * 2 + b"--b--\r\n",
            "multipart/form-data; boundary=b",
        ),
        (b"{", "application/json"),
        (b"[]", "application/json"),
    ],
)
def test_broken_bodies(raw: httpx.Client, body: bytes, kind: str) -> None:
    assert raw.post("/image/edit", content=body, headers={"Content-Type": kind}).status_code == 400


def test_links_take_one_credential_and_wait_for_the_job(raw: httpx.Client, venice: Watched) -> None:
    answer = raw.post("/video/queue", json={"model": "private", "prompt": "x", "duration": "5s"})
    link = answer.json()["download_url"]
    assert raw.get(link).status_code == 400
    assert httpx.get(link).status_code == 404
    assert venice.sim.wait_until(lambda: httpx.get(link).status_code == 200)
    assert httpx.delete(link).status_code == 204
    assert httpx.get(link).status_code == 410
    assert httpx.get(link + "0").status_code == 410


def test_a_job_is_asked_for_by_its_own_model(raw: httpx.Client) -> None:
    job = raw.post("/audio/queue", json={"model": "m", "prompt": "x"}).json()
    other = {"model": "other", "queue_id": job["queue_id"]}
    assert raw.post("/audio/retrieve", json=other).status_code == 404
    assert raw.post("/audio/complete", json=other).status_code == 400
