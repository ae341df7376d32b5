"""A key of a request is nowhere in the recording: not in its URL, its body, its answer, nor in parts in a stream."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onellm.testing import Tape, UnmatchedRequest, replay
from tests.hunt import Log, hunt, hunt_error
from tests.support import DONE, Caller, chunk, completion, event
from tests.testing.taping import (
    SETTINGS,
    Canned,
    ask,
    ask_stream,
    exchanges,
    made,
    no_trace_of,
    plain_client,
    random_key,
    recorder,
    streaming,
    through,
    whole,
)
from tests.wire import both

SYNC = Caller("sync")


@pytest.fixture
def key() -> str:
    return random_key()


@both
def test_the_key_of_a_client_is_nowhere(caller: Caller, key: str, tmp_path: Path) -> None:
    settings = {"openai": {**SETTINGS["openai"], "api_key": key}}
    said = completion(f"Your key is {key}.", system_fingerprint=key)
    log = Log()
    root = logging.getLogger()
    level = root.level
    root.addHandler(log)
    root.setLevel(logging.DEBUG)
    try:
        with recorder(tmp_path / "a.json", whole(said)) as tape:
            messages = [{"role": "user", "content": f"Is {key} my key?"}]
            caller.chat(settings, messages=messages, client=through(tape, caller), user=key)
            assert [place for place in hunt(tape, key) if "._inner" not in place] == []
    finally:
        root.removeHandler(log)
        root.setLevel(level)
    assert key not in log.text
    no_trace_of(key, tape.path)
    request = exchanges(tape.path)[0]["request"]
    assert request["json"]["messages"][0]["content"] == "Is REMOVED my key?"
    assert request["json"]["user"] == "REMOVED"
    assert request["headers"] == {"accept": "application/json", "content-type": "application/json"}


def test_a_replay_with_another_key_matches(tmp_path: Path) -> None:
    with recorder(tmp_path / "a.json", whole(completion("yes"))) as tape:
        ask(tape, SYNC, f"Is {SETTINGS['openai']['api_key']} my key?")
    other = {"openai": {**SETTINGS["openai"], "api_key": "another-key"}}
    with replay(tape.path) as again:
        messages = [{"role": "user", "content": "Is another-key my key?"}]
        answer = SYNC.chat(other, messages=messages, client=through(again, SYNC))
    assert answer.choices[0].message.content == "yes"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_a_key_that_a_stream_repeats_in_parts(size: int, key: str, tmp_path: Path) -> None:
    settings = {"openai": {**SETTINGS["openai"], "api_key": key}}
    text = f"It is {key}, no?"
    deltas = [text[start : start + size] for start in range(0, len(text), size)]
    with recorder(tmp_path / "a.json", streaming(*(event(chunk(delta)) for delta in deltas), DONE)) as tape:
        messages = [{"role": "user", "content": "Hi"}]
        said = SYNC.chat_stream(settings, messages=messages, client=through(tape, SYNC))
        assert said.text == text
    with replay(tape.path) as again:
        replayed = ask_stream(again, SYNC)
    assert replayed.text == f"It is REMOVED{'x' * (len(key) - 7)}, no?"
    assert len(exchanges(tape.path)[0]["reply"]["pieces"]) == len(deltas) + 1


def test_a_key_in_the_parts_of_two_choices_and_tool_calls(key: str, tmp_path: Path) -> None:
    settings = {"openai": {**SETTINGS["openai"], "api_key": key}}
    events: list[bytes] = []
    for letter in key:
        choices: list[Any] = [{"index": index, "delta": {"content": letter}} for index in (0, 1)]
        call: Any = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": letter}}
        choices.append({"index": 2, "delta": {"tool_calls": [call]}})
        events.append(event({**chunk(), "choices": choices}))
    with recorder(tmp_path / "a.json", streaming(*events, DONE)) as tape:
        SYNC.chat_stream(settings, client=through(tape, SYNC), n=3)
    found = [
        json.loads(piece.removeprefix("data: "))["choices"] for piece in exchanges(tape.path)[0]["reply"]["pieces"][:-1]
    ]
    mask = "REMOVED".ljust(len(key), "x")
    assert "".join(choices[0]["delta"]["content"] for choices in found) == mask
    assert "".join(choices[1]["delta"]["content"] for choices in found) == mask
    assert "".join(choices[2]["delta"]["tool_calls"][0]["function"]["arguments"] for choices in found) == mask


def test_a_key_across_two_pieces(key: str, tmp_path: Path) -> None:
    body = f"<p>{key}</p>".encode()
    service = Canned([body[:9], body[9:]], content_type="text/html")
    with recorder(tmp_path / "a.json", service) as tape, plain_client(tape) as client:
        assert client.get("/", headers={"X-Api-Key": key}).content == body
    pieces = exchanges(tape.path)[0]["reply"]["pieces"]
    assert [len(piece) for piece in pieces] == [9, len(body) - 9]
    assert "".join(pieces) == f"<p>{'REMOVED'.ljust(len(key), 'x')}</p>"


def test_a_conversation_about_the_key_matches_in_its_next_turn(key: str, tmp_path: Path) -> None:
    settings = {"openai": {**SETTINGS["openai"], "api_key": key}}
    tapes: list[Callable[[], Tape]] = [
        lambda: recorder(tmp_path / "a.json", whole(completion(f"It is {key}."))),
        lambda: replay(tmp_path / "a.json"),
    ]
    for tape in tapes:
        with tape() as running:
            said = SYNC.chat(settings, client=through(running, SYNC)).choices[0].message.content
            messages = [{"role": "assistant", "content": said}, {"role": "user", "content": "Sure?"}]
            SYNC.chat(settings, messages=messages, client=through(running, SYNC))


def test_what_the_caller_names(tmp_path: Path) -> None:
    path = made(tmp_path / "a.json", whole(completion("Ms Meyerhoff")), "I am Meyerhoff", secrets=["Meyerhoff"])
    assert "Meyerhoff" not in path.read_text()
    with replay(path, secrets=["Meyerhoff"]) as again:
        assert ask(again, SYNC, "I am Meyerhoff").choices[0].message.content == "Ms REMOVEDxx"
    with pytest.raises(ValueError, match="fewer than 8") as caught:
        replay(path, secrets=["Mey"])
    assert "Mey" not in str(caught.value)


def test_other_text_stays(tmp_path: Path) -> None:
    said = "user_AuthenticationServiceFactory, org-mode, REST keys: sk, ?token=none, org_chart"
    path = made(tmp_path / "a.json", whole(completion(said)), said)
    (exchange,) = exchanges(path)
    assert exchange["reply"]["json"]["choices"][0]["message"]["content"] == said
    assert exchange["request"]["json"]["messages"][0]["content"] == said


@both
def test_the_error_of_a_replay_shows_no_key(caller: Caller, key: str, tmp_path: Path) -> None:
    path = made(tmp_path / "a.json", whole())
    settings: Any = {"openai": {**SETTINGS["openai"], "api_key": key}}
    messages = [{"role": "user", "content": f"My key: {key}"}]
    with replay(path) as again, pytest.raises(UnmatchedRequest) as caught:
        caller.chat(settings, messages=messages, client=through(again, caller))
    assert "+" in str(caught.value)
    assert key not in str(caught.value)
    assert [place for place in hunt_error(caught.value, key) if "/testing/recording/" in place] == []
    assert hunt(again, key) == []
