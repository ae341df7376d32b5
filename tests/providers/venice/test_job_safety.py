"""Jobs are bought once: killed processes resume, lost answers are not asked for again, and no key leaves Venice."""

from __future__ import annotations

import copy
import json
import logging
import os
import pickle
import secrets
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from onellm_providers.venice import Venice
from onellm_providers.venice.simulator.media import MP4
from onellm_providers.venice.types.jobs import MediaJob

from onellm import APIConnectionError, UnknownOutcomeError
from onellm.errors import OneLLMError
from onellm.testing import faults
from tests.hunt import Log, assert_clean, hunt
from tests.providers.venice.media import FAST, SOUND, URL, Asker, Watched, both
from tests.support import Wait, serve, whole

BUYER = """
import sys, time
from onellm_providers.venice import Venice

url, area, path = sys.argv[1:]
client = Venice(api_key="sim-key", base_url=url)
if area == "video":
    job = client.video.queue("a fox", model="sim-private", duration="5s")
elif area == "audio":
    job = client.audio.queue("rain", model="sim-music")
else:
    job = client.voice_changer.queue(b"ID3sound", model="sim-changer")
job.save(path)
print("queued", flush=True)
time.sleep(60)
"""
WATCHER = """
import sys
from onellm_providers.venice import Venice
from onellm_providers.venice.types.jobs import MediaJob

url, area, path, out = sys.argv[1:]
media = getattr(Venice(api_key="sim-key", base_url=url), area).resume(MediaJob.load(path), poll_interval=0.02)
media.save(out)
"""
AREAS = ["video", "audio", "voice_changer"]


@pytest.mark.parametrize("area", AREAS)
def test_a_job_whose_process_was_killed_is_resumed_by_another(venice: Watched, tmp_path: Path, area: str) -> None:
    path, out = tmp_path / "job.json", tmp_path / "out"
    with subprocess.Popen(
        [sys.executable, "-c", BUYER, venice.url, area, str(path)], stdout=subprocess.PIPE, text=True
    ) as buyer:
        assert buyer.stdout is not None
        assert buyer.stdout.readline() == "queued\n"
        os.kill(buyer.pid, signal.SIGKILL)
        assert buyer.wait(10) == -signal.SIGKILL
    assert venice.hits("/queue") == 1
    assert venice.hits("/retrieve") == 0
    subprocess.run([sys.executable, "-c", WATCHER, venice.url, area, str(path), str(out)], check=True, timeout=60)
    assert out.read_bytes() == (MP4 if area == "video" else SOUND)
    assert venice.hits("/queue") == 1
    assert venice.hits("/complete") == 1


FLOW = """
import sys
from onellm_providers.venice import Venice

url, path = sys.argv[1:]

def keep(progress):
    if progress.stage == "queued":
        progress.job.save(path)
        print("queued", flush=True)

Venice(api_key="sim-key", base_url=url).video.generate(
    "a fox", model="sim-video", duration="5s", poll_interval=30, on_progress=keep
)
"""


def test_a_flow_that_was_killed_is_resumed_from_what_its_progress_told(venice: Watched, tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    with subprocess.Popen(
        [sys.executable, "-c", FLOW, venice.url, str(path)], stdout=subprocess.PIPE, text=True
    ) as buyer:
        assert buyer.stdout is not None
        assert buyer.stdout.readline() == "queued\n"
        buyer.kill()
    with Venice(api_key="sim-key", base_url=venice.url) as client:
        assert client.video.resume(MediaJob.load(path), poll_interval=FAST).bytes == MP4
    assert venice.hits("/queue") == 1


# -- a purchase whose answer is lost ---------------------------------------------------------------------------------

BUY = {
    "video.queue": lambda client: client.video.queue("x", model="m", duration="5s"),
    "video.generate": lambda client: client.video.generate("x", model="m", duration="5s"),
    "audio.queue": lambda client: client.audio.queue("x", model="m"),
    "audio.generate": lambda client: client.audio.generate("x", model="m"),
    "voice_changer.queue": lambda client: client.voice_changer.queue(SOUND, model="m"),
    "images.generate": lambda client: client.images.generate("x", model="m"),
    "images.edit": lambda client: client.images.edit(URL, "x"),
    "audio.voices": lambda client: client.audio.voices(SOUND),
}


@both
@pytest.mark.parametrize("name", BUY)
def test_a_purchase_that_times_out_is_never_repeated(ask: Asker, name: str) -> None:
    with serve([Wait(5)]) as server:
        with pytest.raises(UnknownOutcomeError) as caught:
            ask(server.url, BUY[name], timeout=0.2)
        assert len(server.requests) == 1
    assert "was not sent again" in str(caught.value)


@both
@pytest.mark.parametrize("name", BUY)
@pytest.mark.parametrize("fault", [faults.reset(), faults.status(500), faults.status(504)], ids=lambda each: each.name)
def test_a_purchase_that_may_be_done_is_never_repeated(ask: Asker, venice: Watched, name: str, fault: Any) -> None:
    venice.sim.inject(fault)
    with pytest.raises(UnknownOutcomeError):
        ask(venice.url, BUY[name])
    assert len(venice.sim.requests) == 1


@both
def test_a_purchase_that_was_not_done_is_repeated(ask: Asker, venice: Watched) -> None:
    venice.sim.inject(faults.rate_limit("0"))
    ask(venice.url, BUY["video.queue"])
    assert venice.hits("/queue") == 2


# -- the key ---------------------------------------------------------------------------------------------------------


@both
def test_the_key_goes_to_venice_alone(ask: Asker, caplog: pytest.LogCaptureFixture) -> None:
    """Detail 6, and the hunt: download hosts, redirects, logs, reprs, pickles."""
    key = secrets.token_hex(24)
    log = Log()
    logging.getLogger().addHandler(log)
    caplog.set_level(0)
    held: list[Any] = []
    try:
        with serve(whole(MP4, content_type="video/mp4"), whole(b"", 204), _moved()) as host:
            link = f"http://127.0.0.1:{host.port}/v.mp4?signature=abc"
            queued = {"model": "m", "queue_id": "q", "download_url": link}
            done = {"status": "COMPLETED", "average_execution_time": 1, "execution_duration": 1}
            with serve(whole(queued), whole(done), whole({"success": True})) as server:
                media = ask(
                    server.url,
                    lambda client: client.video.generate(
                        "x", model="m", duration="5s", poll_interval=FAST, on_progress=held.append
                    ),
                    key=key,
                    headers={"X-Mine": key},
                )
                ask(server.url, lambda client: client.video.revoke(media.job), key=key, headers={"X-Mine": key})
                with pytest.raises(OneLLMError) as caught:
                    ask(server.url, lambda client: client.video.download(media.job), key=key)
    finally:
        logging.getLogger().removeHandler(log)
    assert [request.method for request in host.requests] == ["GET", "DELETE", "GET"]
    assert key not in repr([(each.path, each.headers, each.body) for each in host.requests])
    assert all(each.headers.get("authorization") == f"Bearer {key}" for each in server.requests)
    assert {name for each in host.requests for name in each.headers} <= {
        "host", "user-agent", "accept", "accept-encoding", "connection", "content-length",
    }  # fmt: skip
    held += [media, media.job, media.job.to_json(), copy.deepcopy(media.job), pickle.dumps(media.job)]
    assert hunt(held, key) == []
    assert key not in log.text + caplog.text
    assert_clean(caught.value, key)


def _moved() -> Any:
    return whole(b"", 307, {"Location": "http://127.0.0.1:1/elsewhere"})


@both
def test_an_error_on_the_way_shows_no_key(ask: Asker) -> None:
    key = secrets.token_hex(24)
    answers = [
        whole({"model": "m", "queue_id": "q"}),
        whole({"error": f"no job for {key}"}, 404),
    ]
    with serve(*answers) as server, pytest.raises(OneLLMError) as caught:
        ask(server.url, lambda client: client.video.generate("x", model="m", duration="5s"), key=key)
    assert_clean(caught.value, key)
    assert json.loads(caught.value.partial.to_json())["queue_id"] == "q"
    with pytest.raises(APIConnectionError) as unreachable:
        ask("http://127.0.0.1:1/v1", lambda client: client.images.edit(URL, "x"), key=key, max_retries=0)
    assert_clean(unreachable.value, key)
