"""`onellm chat`: what goes where, and what is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onellm.testing.simulator import SimReply, Simulator, faults
from tests.cli.conftest import OPENAI, VENICE, Run
from tests.support import completion

HELLO = "You said “Hello there”. This answer is simulated.\n"


def asked(sim: Simulator) -> Any:
    """The body of the only request."""
    (request,) = sim.requests
    return request.json()


@pytest.mark.parametrize("extra", [(), ("--no-stream",)])
def test_the_answer_is_all_of_stdout(run: Run, sim: Simulator, extra: tuple[str, ...]) -> None:
    result = run("chat", "-m", VENICE, "Hello there", *extra)
    assert (result.exit_code, result.stdout) == (0, HELLO)
    assert result.stderr.startswith(f"{VENICE} · 6 prompt + 13 completion = 19 tokens · cost $0.0000476 · ")
    assert asked(sim)["messages"] == [{"role": "user", "content": "Hello there"}]
    assert bool(asked(sim).get("stream")) is not bool(extra)


def test_a_cost_that_is_not_known_is_not_zero(run: Run, sim: Simulator) -> None:
    sim.inject(faults.answer(SimReply.json(completion("Hello"))))
    assert "cost unknown" in run("chat", "-m", "openai/gpt-99", "Hello there", "--no-stream").stderr


def test_a_cost_that_is_not_reported_is_that_of_the_tokens(run: Run, sim: Simulator) -> None:
    """6 at 0.75 and 13 at 4.5 for a million."""
    assert "cost $0.000063 " in run("chat", "-m", OPENAI, "Hello there").stderr


def test_options_reach_the_request(run: Run, sim: Simulator) -> None:
    options = ("-s", "Be brief.", "-t", "0.5", "--max-tokens", "3", "-p", "seed=7", "-p", "user=me")
    venice = 'venice_parameters={"enable_web_search": "off"}'
    result = run("chat", "-m", VENICE, "Hello there", *options, "-p", venice)
    body = asked(sim)
    assert result.exit_code == 0
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert {name: body[name] for name in ("temperature", "max_completion_tokens", "seed", "user")} == {
        "temperature": 0.5, "max_completion_tokens": 3, "seed": 7, "user": "me",
    }  # fmt: skip
    assert body["venice_parameters"] == {"enable_web_search": "off"}
    assert "The answer was cut" in result.stderr


@pytest.mark.parametrize(
    ("argument", "stdin", "prompt"),
    [
        (["Hello there"], "", "Hello there"),
        ([], "From stdin\n", "From stdin\n"),
        (["Translate:"], "Bonjour\n", "Translate:\n\nBonjour\n"),
        (["Hi"], " \n", "Hi"),
        ([], "\ufeffWith a mark", "With a mark"),
    ],
)
def test_the_prompt(run: Run, sim: Simulator, argument: list[str], stdin: str, prompt: str) -> None:
    assert run("chat", "-m", VENICE, *argument, stdin=stdin).exit_code == 0
    assert asked(sim)["messages"] == [{"role": "user", "content": prompt}]


def test_json_is_the_whole_answer(run: Run, sim: Simulator) -> None:
    result = run("chat", "-m", OPENAI, "Hello there", "--json", "-p", "n=2")
    answer = json.loads(result.stdout)
    assert [choice["message"]["content"][:8] for choice in answer["choices"]] == ["You said", "I read “"]
    assert answer["usage"]["cost"] == 0.0001215
    assert "tokens ·" not in result.stdout


def test_reasoning_is_no_part_of_stdout(run: Run, sim: Simulator) -> None:
    result = run("chat", "-m", VENICE, "Hello there", "--reasoning", "-p", "reasoning_effort=low")
    assert result.stdout == HELLO
    assert " let me think let me think" in result.stderr
    assert "(8 reasoning)" in result.stderr
    result = run("chat", "-m", VENICE, "Hello there", "-p", "reasoning_effort=low")
    assert "let me" not in result.output


def test_retries_and_dropped_parameters_are_told(run: Run, sim: Simulator) -> None:
    sim.inject(faults.rate_limit(retry_after="0"))
    result = run("chat", "-m", VENICE, "Hello there", "-p", "blah=1", "-p", "unsupported=drop")
    assert result.stdout == HELLO
    assert result.stderr.rstrip().endswith("2 attempts · left out: blah")


def test_cached_tokens_refusals_tool_calls_and_endings(run: Run, sim: Simulator) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "refusal": "I will not.", "tool_calls": [call]}
    usage = {
        "prompt_tokens": 3,
        "completion_tokens": 2,
        "total_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 2},
    }
    choice = {"index": 0, "message": message, "finish_reason": "content_filter"}
    sim.inject(faults.answer(SimReply.json(completion(choices=[choice], usage=usage))))
    result = run("chat", "-m", OPENAI, "Hello there", "--no-stream")
    assert result.stdout == ""
    notes = result.stderr.splitlines()
    assert notes[0] == "The model refused: I will not."
    assert notes[1] == "The model asks for tool calls; --json shows them."
    assert notes[2].startswith("The service's content filter ended the answer.")
    assert "3 prompt (2 cached) + 2 completion = 5 tokens" in notes[3]


def test_an_answer_without_usage(run: Run, sim: Simulator) -> None:
    sim.inject(faults.answer(SimReply.json(completion(usage=None))))
    assert "tokens unknown · cost unknown" in run("chat", "-m", OPENAI, "Hi", "--no-stream").stderr


def test_the_model_may_come_from_the_environment(run: Run, sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONELLM_MODEL", OPENAI)
    assert run("chat", "Hello there").stdout == HELLO
    assert asked(sim)["model"] == "gpt-5.4-mini"


def test_env_file(run: Run, sim: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("".join(f"{name}={value}\n" for name, value in sim.environ.items()))
    for name in sim.environ:
        monkeypatch.delenv(name)
    assert run("chat", "-m", VENICE, "Hello there", "--env-file", str(file)).stdout == HELLO


@pytest.mark.security("S19")
def test_escapes_are_stripped_even_where_chunks_split_them(run: Run, sim: Simulator) -> None:
    prompt = "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07 \u202ebidi \x9b1mC1"
    for extra in ((), ("--no-stream",)):
        assert run("chat", "-m", VENICE, prompt, *extra).stdout == (
            "You said “red link bidi C1”. This answer is simulated.\n"
        )
    assert run("chat", "-m", VENICE, "\x1b[31mred", "--raw").stdout == (
        "You said “\x1b[31mred”. This answer is simulated."
    )


@pytest.mark.parametrize(
    ("args", "stdin", "reason"),
    [
        (["hi"], "", "Name a model with -m"),
        (["-m", VENICE], "", "Give a prompt"),
        (["-m", VENICE, ""], "\n", "Give a prompt"),
        (["-m", VENICE, "hi", "-p", "seed"], "", "is not NAME=VALUE"),
        (["-m", VENICE, "hi", "-p", "stream=false"], "", "has its own place"),
        (["-m", VENICE, "hi", "-p", "n=2"], "", "need --json"),
        (["-m", VENICE, "hi", "-t", "warm"], "", "not a valid float"),
        (["-m", VENICE], b"\xff\xfe", "not UTF-8"),
        (["-m", VENICE, "\udcff"], "", "not text in this terminal's encoding"),
    ],
)
def test_usage_errors(run: Run, sim: Simulator, args: list[str], stdin: str | bytes, reason: str) -> None:
    result = run("chat", *args, stdin=stdin)
    assert (result.exit_code, result.stdout) == (2, "")
    assert reason in result.stderr
    assert not sim.requests
