"""Files, batches, images and audio against aimock, a server of OpenAI's API that others wrote."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import httpx
import pytest

import onellm

pytestmark = pytest.mark.real

VERSION = "1.43.0"
CACHE = Path(__file__).parents[2] / ".cache" / "aimock"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "
SAID = {"text": "High at four.", "language": "english", "duration": 1.5}
FIXTURES = {
    "fixtures": [
        {"match": {"endpoint": "image"}, "response": {"images": [{"b64Json": "iVBORw0KGgo="}]}},
        {"match": {"endpoint": "speech"}, "response": {"audio": "SUQzAAAA", "format": "mp3"}},
        {"match": {"endpoint": "transcription"}, "response": {"transcription": SAID}},
    ]
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of an aimock, which npm installs once into `.cache/aimock/` of the checkout."""
    binary = CACHE / "node_modules" / ".bin" / "llmock"
    if not binary.exists():
        if shutil.which("npm") is None:
            pytest.skip("there is no npm to install aimock with")
        CACHE.mkdir(parents=True, exist_ok=True)
        command = [
            "npm",
            "install",
            "--ignore-scripts",
            "--no-audit",
            "--prefix",
            str(CACHE),
            f"@copilotkit/aimock@{VERSION}",
        ]
        subprocess.run(command, check=True, capture_output=True)
    folder = tmp_path_factory.mktemp("aimock")
    (folder / "media.json").write_text(json.dumps(FIXTURES), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([str(binary), "-p", port, "-f", str(folder)], stdout=log, stderr=log)
        try:
            for _ in range(300):
                try:
                    httpx.get(f"http://127.0.0.1:{port}/v1/models")
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            else:
                pytest.fail(f"aimock did not start:\n{(folder / 'log').read_text()}")
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait()


both = pytest.mark.parametrize("kind", ["sync", "async"])


def ask(kind: str, server: str, operation: str, *args: Any, **params: Any) -> Any:
    """Call an operation on a client of this kind; a stream is read to its whole."""
    settings = {"openai": {"base_url": server, "api_key": "key"}}
    if kind == "sync":
        with onellm.OneLLM(providers=settings) as client:
            got = reduce(getattr, operation.split("."), client)(*args, **params)  # type: ignore[operator]
            return got.final() if params.get("stream") else got

    async def main() -> Any:
        async with onellm.AsyncOneLLM(providers=settings) as client:
            got = await reduce(getattr, operation.split("."), client)(*args, **params)  # type: ignore[operator]
            return await got.final() if params.get("stream") else got

    return asyncio.run(main())


@both
def test_files(kind: str, server: str) -> None:
    file = ask(kind, server, "files.create", ("a.jsonl", b"{}\n"), "batch")
    assert file.id.startswith("openai/file-")
    assert (file.filename, file.bytes, file.purpose) == ("a.jsonl", 3, "batch")
    assert ask(kind, server, "files.retrieve", file.id).filename == "a.jsonl"
    assert file.id in [each.id for each in ask(kind, server, "files.list", provider="openai").data]
    assert ask(kind, server, "files.content", file.id).bytes == b"{}\n"
    assert ask(kind, server, "files.delete", file.id).deleted
    with pytest.raises(onellm.NotFoundError):
        ask(kind, server, "files.retrieve", file.id)


@both
def test_batches(kind: str, server: str) -> None:
    rows = [
        {"custom_id": id, "body": {"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": id}]}}
        for id in ("b", "a", "c")
    ]
    started = ask(kind, server, "batches.create", rows, metadata={"k": "v"})
    assert not started.ended
    ended = ask(kind, server, "batches.wait", started.id, every=0.05, deadline=30)
    assert (ended.status, ended.request_counts.completed) == ("completed", 3)
    results = ask(kind, server, "batches.results", ended.id)
    assert [each.custom_id for each in results] == ["b", "a", "c"]
    assert all(each.response.choices[0].message.content and not each.error for each in results)
    assert started.id in [each.id for each in ask(kind, server, "batches.list", provider="openai").data]
    with pytest.raises(onellm.InvalidRequestError, match="status completed"):
        ask(kind, server, "batches.cancel", ended.id)


@both
def test_images(kind: str, server: str) -> None:
    assert ask(kind, server, "images.generate", "openai/gpt-image-2", "A tide").image.bytes == PNG[:8]
    edited = ask(kind, server, "images.edit", "openai/gpt-image-2", [PNG, PNG], "blue", mask=PNG)
    assert edited.image.bytes == PNG[:8]


@both
def test_speech(kind: str, server: str) -> None:
    for streaming in (False, True):
        got = ask(kind, server, "audio.speech.create", "openai/tts-1", "Hi", voice="alloy", stream=streaming)
        assert (got.bytes, got.mime_type) == (b"ID3\0\0\0", "audio/mpeg")


@both
def test_transcriptions(kind: str, server: str) -> None:
    def said(**params: Any) -> Any:
        return ask(kind, server, "audio.transcriptions.create", "openai/gpt-4o-transcribe", ("a.wav", WAV), **params)

    assert said().text == "High at four."
    assert said(stream=True).text == "High at four."
    verbose = said(response_format="verbose_json")
    assert (verbose.language, verbose.duration) == ("english", 1.5)


@both
def test_moderations_and_embeddings(kind: str, server: str) -> None:
    verdict = ask(kind, server, "moderations.create", "openai/omni-moderation-latest", ["a", "b"])
    assert not verdict.flagged
    vectors = [
        ask(kind, server, "embeddings.create", "openai/text-embedding-3-small", ["a", "b"], encoding_format=how).vectors
        for how in ("base64", "float")
    ]
    assert [len(each) for each in vectors[0]] == [1536, 1536]
    assert vectors[0][0] == pytest.approx(vectors[1][0], abs=1e-6)
