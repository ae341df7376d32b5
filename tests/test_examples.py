"""Each example runs as its docstring says, here against the simulator."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from onellm.testing import Simulator
from tests.surroundings import bare_environment

EXAMPLES = Path(__file__).parents[1] / "examples"

Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, onellm_simulator: Simulator) -> Run:
    """Runs an example and returns what it printed."""
    bare_environment(monkeypatch, tmp_path)
    for name, value in onellm_simulator.environ.items():
        monkeypatch.setenv(name, value)

    def start(name: str, *arguments: str, status: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / name), *arguments],
            cwd=tmp_path, env=os.environ, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    return start


def test_basic(run: Run) -> None:
    said = run("basic.py")
    assert "Name three uses of a paper clip." in said
    assert "because of: stop" in said
    assert re.search(r"^\d+ tokens in, \d+ out\n\$0\.\d{6}\n1 attempt\(s\), request \S+$", said, re.MULTILINE)


def test_streaming(run: Run) -> None:
    said = run("streaming.py")
    text, _, facts = said.partition("\nThe whole answer has ")
    assert len(text.split()) == 80
    assert facts.startswith(f"{len(text)} characters.")
    assert re.search(r"\d+ tokens in, \d+ out", facts)
    assert "The first token came after" in facts


def test_a_stream_that_breaks_off(run: Run, onellm_simulator: Simulator) -> None:
    from onellm.testing import faults

    onellm_simulator.inject(faults.reset_after(events=4))
    said = run("streaming.py", status=1)
    assert "The stream did not reach its end: " in said


def test_tool_calls(run: Run, onellm_simulator: Simulator) -> None:
    said = run("tool_calls.py")
    asked, answered = said.splitlines()
    assert re.fullmatch(r'The model wants get_weather\(\{"city":"\w+"\}\); it gets: -3 °C and clear in \w+', asked)
    assert re.match(r"The answer: .*-3 °C and clear", answered)
    first, second = (request.json()["messages"] for request in onellm_simulator.requests)
    assert [message["role"] for message in second] == ["user", "assistant", "tool"]
    assert second[1]["tool_calls"][0]["id"] == second[2]["tool_call_id"]
    assert first == second[:1]


@pytest.mark.parametrize("model", ["gemini/gemini-3-flash-preview", "vertex/gemini-3-flash-preview"])
def test_gemini_thinking(run: Run, onellm_simulator: Simulator, model: str) -> None:
    said = run("gemini_thinking.py", model)
    assert 'called: tide {"port": ' in said
    assert "at 06:12 and 18:40" in said.splitlines()[-1]
    first, second = (request.json()["contents"] for request in onellm_simulator.requests)
    assert second[0] == first[0]
    (call,) = second[1]["parts"]
    assert call["thoughtSignature"]
    assert [next(iter(part)) for part in second[2]["parts"]] == ["functionResponse"]


def test_system_prompt(run: Run, onellm_simulator: Simulator) -> None:
    said = run("system_prompt.py")
    assert said.count("Librarian: ") == 2
    roles = [[message["role"] for message in request.json()["messages"]] for request in onellm_simulator.requests]
    assert roles == [["system", "user"], ["system", "user", "assistant", "user"]]


def test_env_file(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, onellm_simulator: Simulator) -> None:
    monkeypatch.delenv("VENICE_API_KEY")
    assert "Cannot read .env" in run("env_file.py", status=1)
    (tmp_path / ".env").write_text("# mine\nexport VENICE_API_KEY='key-from-the-file'\n", encoding="utf-8")
    said = run("env_file.py")
    assert "Read from .env: VENICE_API_KEY" in said
    assert "Say hello." in said
    assert "key-from-the-file" not in said
    assert onellm_simulator.requests[-1].bearer == "key-from-the-file"


def test_switching_providers(run: Run, monkeypatch: pytest.MonkeyPatch, onellm_simulator: Simulator) -> None:
    said = run("switching_providers.py").splitlines()
    assert [line.partition(":")[0] for line in said] == ["venice/zai-org-glm-5", "openai/gpt-5.4-mini"]
    assert [request.service for request in onellm_simulator.requests] == ["venice", "openai"]
    bodies = [request.json() for request in onellm_simulator.requests]
    assert bodies[0] | {"model": None} == bodies[1] | {"model": None}

    monkeypatch.delenv("OPENAI_API_KEY")
    said = run("switching_providers.py").splitlines()
    assert said[1].startswith("openai/gpt-5.4-mini is left out. No API key for openai.")


def test_async_chat(run: Run, onellm_simulator: Simulator) -> None:
    said = run("async_chat.py").splitlines()
    assert [line.partition("?")[0] for line in said[:3]] == ["What is a fjord", "What is a geyser", "What is a delta"]
    assert len(said[3].split()) == 40
    assert len(onellm_simulator.requests) == 4


def test_venice_images(run: Run, onellm_simulator: Simulator, tmp_path: Path) -> None:
    said = run("venice_images.py")
    assert "image/png" in said
    assert "saved fox.png" in said
    assert (tmp_path / "fox.png").read_bytes().startswith(b"\x89PNG")
    paths = [request.path.rpartition("/")[2] for request in onellm_simulator.requests]
    assert paths == ["generate", "edit", "upscale"]


def test_venice_video(run: Run, onellm_simulator: Simulator, tmp_path: Path) -> None:
    from onellm.testing import faults

    onellm_simulator.inject(faults.status(404, "Media could not be found"), path="/video/retrieve")
    said = run("venice_video.py", status=1)
    assert "it costs $0.25" in said
    assert "Run it again to go on." in said
    said = run("venice_video.py")
    assert "going on with video-" in said
    assert "saved fox.mp4" in said
    assert (tmp_path / "fox.mp4").stat().st_size > 500
    assert not (tmp_path / "fox-job.json").exists()
    assert sum(request.path.endswith("/video/queue") for request in onellm_simulator.requests) == 1


def test_bedrock(run: Run, onellm_simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    called, said = run("bedrock.py").splitlines()
    assert re.fullmatch(r'called tide \{"port": ?"\w+"\}', called)
    assert "06:12 and 18:40" in said
    whole, streamed = onellm_simulator.requests
    assert (whole.path.rpartition("/")[2], streamed.path.rpartition("/")[2]) == ("converse", "converse-stream")
    assert streamed.json()["messages"][2]["content"][0]["toolResult"]["content"] == [{"text": "06:12 and 18:40"}]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_an_example_says_how_to_run_it_and_is_tested(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert f"python examples/{path.name}" in docstring
    assert f'run("{path.name}"' in Path(__file__).read_text(encoding="utf-8")


def test_batch(run: Run) -> None:
    said = run("batch.py").splitlines()
    assert said[0].startswith("Started openai/batch_")
    assert said[1] == "completed"
    assert [line.partition(":")[0] for line in said[2:]] == ["Oban", "Wick", "Stornoway"]


def test_search(run: Run) -> None:
    lines = run("search.py", "When?").splitlines()
    scores = [float(line.split()[0]) for line in lines]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)


def test_speech(run: Run) -> None:
    said = run("speech.py")
    assert re.search(r"^tide\.wav: \d+ bytes, the first after \d\.\d\d s$", said, re.MULTILINE)
    assert "This is what tide.wav says. It is simulated." in said


def test_cohere_documents(run: Run, onellm_simulator: Simulator) -> None:
    said = run("cohere_documents.py").splitlines()
    assert "When is high tide?" in said[0]
    assert said[1].endswith("comes from: High tide is at four.")
    assert [request.path.rpartition("/")[2] for request in onellm_simulator.requests] == ["rerank", "chat"]


def test_ollama_models(run: Run, onellm_simulator: Simulator) -> None:
    said = run("ollama_models.py").splitlines()
    assert "success" in said
    assert any(line.startswith("pulling a1") and line.endswith(" 50%") for line in said)
    assert "qwen3:8b: completion, tools, thinking; up to 40960 tokens" in said
    assert "Say hello." in said[-1]
    assert {request.service for request in onellm_simulator.requests} == {"ollama"}


def test_local_model_without_a_model(run: Run) -> None:
    """It says what is missing: the library, or the file. With both it runs in tests/real."""
    said = run("local_model.py", "nowhere.gguf", status=1)
    assert re.search(r"pip install llama-cpp-python|There is no model", said)


def test_azure_resources(run: Run, monkeypatch: pytest.MonkeyPatch, onellm_simulator: Simulator) -> None:
    for profile in ("EASTUS", "WEST"):
        monkeypatch.setenv(f"AZURE_{profile}_API_KEY", f"key-of-{profile}")
        monkeypatch.setenv(f"AZURE_{profile}_BASE_URL", onellm_simulator.base_url("azure"))
    said = run("azure_resources.py")
    assert said.count("Name three uses of a paper clip.") == 2
    assert said.count("filtered: []") == 2


def test_replicate_stream(run: Run) -> None:
    assert run("replicate_stream.py").strip()
