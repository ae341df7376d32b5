"""Which recorded answer a request gets, and what is said where there is none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from onellm import OneLLM
from onellm.testing import RecordingError, UnmatchedRequest, record, replay
from tests.support import Caller, completion
from tests.testing.taping import SETTINGS, ask, made, plain_client, recorder, whole
from tests.wire import USER, both

SYNC = Caller("sync")


def test_equal_requests_are_answered_in_order_and_once(tmp_path: Path) -> None:
    with recorder(tmp_path / "a.json", whole(completion("1"), completion("2"), completion("x"))) as tape:
        for content in ("Hi", "Hi", "other"):
            ask(tape, SYNC, content)
    with replay(tape.path) as again:
        assert again.unplayed == ["POST https://api.example/v1/chat/completions"] * 3
        answers = [ask(again, SYNC, content).choices[0].message.content for content in ("other", "Hi", "Hi")]
        assert answers == ["x", "1", "2"]
        assert again.unplayed == []
        with pytest.raises(UnmatchedRequest, match=r"replayed already; replay\(…, repeat=True\)"):
            ask(again, SYNC)
    with replay(tape.path, repeat=True) as again:
        answers = [ask(again, SYNC).choices[0].message.content for _ in range(4)]
        assert answers == ["1", "2", "2", "2"]


def test_a_json_body_matches_whatever_the_order_of_its_names(tmp_path: Path) -> None:
    with recorder(tmp_path / "a.json", whole({})) as tape, plain_client(tape) as client:
        client.post("/v1/x?b=1&a=2", json={"a": 1, "b": {"c": [1, 2], "d": None}})
    with replay(tape.path) as again, plain_client(again) as client:
        for url, body in [
            ("/v1/x?b=1&a=2", {"a": 1, "b": {"c": [2, 1], "d": None}}),
            ("/v1/x?b=1&a=2", {"a": True, "b": {"c": [1, 2], "d": None}}),
            ("/v1/x?b=1&a=2", {"a": 1, "b": {"c": [1, 2]}}),
            ("/v1/x?b=1", {"a": 1, "b": {"c": [1, 2], "d": None}}),
            ("/v1/y?b=1&a=2", {"a": 1, "b": {"c": [1, 2], "d": None}}),
        ]:
            with pytest.raises(UnmatchedRequest):
                client.post(url, json=body)
        with pytest.raises(UnmatchedRequest):
            client.put("/v1/x?b=1&a=2", json={"a": 1, "b": {"c": [1, 2], "d": None}})
        spaced = b'{ "b": {"d": null, "c": [1, 2]}, "a": 1 }'
        assert client.post("https://elsewhere/v1/x?b=1&a=2", content=spaced).status_code == 200


def test_a_form_a_file_and_no_body_match(tmp_path: Path) -> None:
    requests: list[dict[str, Any]] = [
        {"method": "POST", "url": "/form", "data": {"a": "1", "b": "ü"}},
        {"method": "POST", "url": "/file", "files": {"file": ("a.wav", b"\xff\x00RIFF")}, "data": {"model": "m"}},
        {"method": "POST", "url": "/bytes", "content": b"\xff\xfe"},
        {"method": "GET", "url": "/models"},
    ]
    with recorder(tmp_path / "a.json", whole({})) as tape, plain_client(tape) as client:
        for request in requests:
            client.request(**request)
    with replay(tape.path) as again, plain_client(again) as client:
        for request in requests:
            assert client.request(**request).json() == {}
        with pytest.raises(UnmatchedRequest):
            client.post("/file", files={"file": ("a.wav", b"\xff\x01RIFF")}, data={"model": "m"})


def test_many_at_once_get_each_answer_once(tmp_path: Path) -> None:
    with recorder(tmp_path / "a.json", whole(*(completion(str(number)) for number in range(40)))) as tape:
        for _ in range(40):
            ask(tape, SYNC)
    client = OneLLM(transport=(again := replay(tape.path)).transport, providers=SETTINGS)
    with again, ThreadPoolExecutor(20) as threads:
        asked = [threads.submit(client.chat.completions.create, "openai/m", [USER]) for _ in range(40)]
        said = sorted(int(future.result().choices[0].message.content or "") for future in asked)
    assert said == list(range(40))


@both
def test_what_does_not_match_shows_how_it_differs(caller: Caller, tmp_path: Path) -> None:
    with recorder(tmp_path / "a.json", whole()) as tape:
        ask(tape, SYNC, "Something else altogether, from another conversation", max_completion_tokens=5)
        ask(tape, SYNC, "A title for: The sea. " + "word " * 300 + "end", temperature=0.5)
    with replay(tape.path) as again, pytest.raises(UnmatchedRequest) as caught:
        ask(again, caller, "A title for: The sea. " + "word " * 300 + "END", temperature=0.7)
    text = str(caught.value)
    assert "no answer for POST https://api.example/v1/chat/completions; nothing was sent" in text
    assert "number 2 of 2" in text
    assert '-  "temperature": 0.5' in text
    assert '+  "temperature": 0.7' in text
    assert text.count("word") < 100, "the long line is shown where it differs"
    assert f"with record({str(tape.path)!r})" in text
    assert "--onellm-record" in text


def test_a_great_difference_is_cut(tmp_path: Path) -> None:
    path = made(tmp_path / "a.json", whole(), "a " * 100_000)
    with replay(path) as again, pytest.raises(UnmatchedRequest) as caught:
        ask(again, SYNC, "b " * 100_000)
    assert len(str(caught.value)) < 10_000


def test_an_empty_recording_says_so(tmp_path: Path) -> None:
    with record(tmp_path / "a.json"):
        pass
    with replay(tmp_path / "a.json") as again, pytest.raises(UnmatchedRequest, match="holds no exchange"):
        ask(again, SYNC)


@both
def test_a_tape_answers_inside_its_block_only(caller: Caller, tmp_path: Path) -> None:
    service = whole()
    tape = recorder(tmp_path / "a.json", service)
    with pytest.raises(RecordingError, match="inside its `with` block"):
        ask(tape, caller)
    with tape:
        ask(tape, caller)
    again = replay(tape.path)
    for ended in (tape, again):
        with pytest.raises(RecordingError, match="inside its `with` block"):
            ask(ended, caller)
    assert len(service.requests) == 1
