"""`onellm embed`, `image`, `speak`, `transcribe` and `batch`, against the simulator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onellm.testing.simulator import Simulator
from tests.cli.conftest import Run


def test_embed(run: Run, sim: Simulator) -> None:
    model = ("-m", "openai/text-embedding-3-small", "--dimensions", "4")
    given = run("embed", *model, "a", "b")
    piped = run("embed", *model, stdin="a\n\nb\n")
    assert (given.exit_code, piped.exit_code) == (0, 0)
    vectors = json.loads(given.stdout)
    assert [len(vector) for vector in vectors] == [4, 4]
    assert json.loads(piped.stdout) == vectors
    assert "2 texts" in given.stderr
    assert run("embed", *model).exit_code == 2


def test_image(run: Run, sim: Simulator, tmp_path: Path) -> None:
    made, edited = tmp_path / "tide.png", tmp_path / "blue.png"
    model = ("-m", "openai/gpt-image-2")
    assert run("image", *model, "A tide", "-o", str(made), "-n", "2", "--size", "1024x1024").exit_code == 0
    assert made.read_bytes() == (tmp_path / "tide-2.png").read_bytes()
    assert made.read_bytes()[:4] == b"\x89PNG"
    result = run(
        "image", *model, "-o", str(edited), "-e", str(made), "--mask", str(made), "-p", "quality=low", stdin="Blue"
    )
    assert result.exit_code == 0
    assert edited.read_bytes()[:4] == b"\x89PNG"
    assert "blue.png" in result.stderr
    assert run("image", *model, "x", "-o", str(edited), "--mask", str(made)).exit_code == 2


def test_speak_and_transcribe(run: Run, sim: Simulator, tmp_path: Path) -> None:
    sound = tmp_path / "said.wav"
    result = run(
        "speak", "-m", "openai/gpt-4o-mini-tts", "Hello there", "-v", "alloy", "--speed", "1.5", "-o", str(sound)
    )
    assert result.exit_code == 0
    assert sound.read_bytes()[:4] == b"RIFF"
    assert json.loads(sim.requests[0].body)["response_format"] == "wav"
    model = ("-m", "openai/whisper-1")
    assert run("transcribe", *model, str(sound)).stdout == "This is what said.wav says. It is simulated.\n"
    assert "in English" in run("transcribe", *model, str(sound), "--translate").stdout
    assert run("transcribe", *model, str(sound), "-f", "srt", "-l", "en").stdout.startswith("1\n00:00:00,000 -->")
    whole = run("transcribe", *model, str(sound), "--json", "-p", "response_format=verbose_json")
    assert json.loads(whole.stdout)["duration"] == 2.0
    assert run("transcribe", *model, str(sound), "--translate", "-l", "en").exit_code == 2


@pytest.mark.parametrize("to_file", [False, True])
def test_batch(run: Run, sim: Simulator, tmp_path: Path, to_file: bool) -> None:
    requests, out = tmp_path / "requests.jsonl", tmp_path / "results.jsonl"
    rows = [
        {"custom_id": id, "body": {"model": model, "messages": [{"role": "user", "content": "Hi"}]}}
        for id, model in (("a", "openai/gpt-4o-mini"), ("b", "openai/nothing"))
    ]
    requests.write_text("".join(json.dumps(row) + "\n" for row in rows))
    started = run("batch", "create", str(requests))
    assert started.exit_code == 0
    id = started.stdout.strip()
    assert id.startswith("openai/batch_")
    assert json.loads(run("batch", "status", id).stdout)["status"] == "completed"
    waited = run("batch", "status", id, "--wait", "--every", "0.01")
    assert json.loads(waited.stdout)["request_counts"] == {"total": 2, "completed": 1, "failed": 1}
    got = run("batch", "results", id, *(["-o", str(out)] if to_file else []))
    lines = [json.loads(line) for line in (out.read_text() if to_file else got.stdout).splitlines()]
    assert [line["custom_id"] for line in lines] == ["a", "b"]
    assert lines[0]["body"]["choices"]
    assert lines[1]["error"]["code"] == "model_not_found"
    assert got.exit_code == 1, "a request failed"
    assert "1 of 2 answered" in got.stderr


def test_an_id_without_a_provider(run: Run, sim: Simulator) -> None:
    result = run("batch", "status", "batch_1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "names no provider" in result.stderr
