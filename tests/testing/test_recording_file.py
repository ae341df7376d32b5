"""The file of a recording: readable, with a version, whole or not there; and what is said of one that is broken."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from onellm.testing import RecordingError, replay
from tests.support import Caller, completion
from tests.testing.taping import ask, made, recorder, whole

SYNC = Caller("sync")


def test_the_file_is_for_people_and_version_control(tmp_path: Path) -> None:
    path = made(tmp_path / "a.json", whole(completion("Hello"), x_request_id="req_1"))
    text = path.read_text(encoding="utf-8")
    assert json.loads(text) == {
        "version": 1,
        "exchanges": [
            {
                "request": {
                    "method": "POST",
                    "url": "https://api.example/v1/chat/completions",
                    "headers": {"accept": "application/json", "content-type": "application/json"},
                    "json": {"model": "m", "messages": [{"role": "user", "content": "Hi"}]},
                },
                "reply": {
                    "status": 200,
                    "headers": {"content-type": "application/json", "x-request-id": "req_1"},
                    "json": completion("Hello"),
                },
            }
        ],
    }
    assert text.endswith("}\n")
    assert text.count("\n") > 30
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~_umask(), "readable for whom other files are"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_recording_of_the_same_answers_is_the_same_file(tmp_path: Path) -> None:
    paths = [made(tmp_path / name, whole()) for name in ("a.json", "b.json")]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_nothing_is_written_before_the_end(tmp_path: Path) -> None:
    with recorder(tmp_path / "a.json", whole()) as tape:
        ask(tape, SYNC)
        assert list(tmp_path.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_block_that_raises_leaves_the_old_recording(tmp_path: Path) -> None:
    path = made(tmp_path / "a.json", whole())
    before = path.read_bytes()
    tape = recorder(path, whole(completion("new")))
    with pytest.raises(ZeroDivisionError), tape:
        print(ask(tape, SYNC), 1 // 0)
    assert path.read_bytes() == before
    with recorder(path, whole(completion("new"))) as tape:
        ask(tape, SYNC)
        tape.discard()
    assert path.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_write_that_fails_leaves_the_old_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path / "a.json", whole())
    before = path.read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"), recorder(path, whole(completion("new"))) as tape:
        ask(tape, SYNC)
    assert path.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_folder_that_cannot_be_fails_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError), recorder(tmp_path / "file" / "a.json", whole()):
        pytest.fail("it began")
    with pytest.raises(RecordingError, match="is a folder"), recorder(tmp_path, whole()):
        pytest.fail("it began")


REQUEST = {"method": "GET", "url": "https://h/x"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "There is no recording"),
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("interactions:\n- a", "is not JSON"),
        ("[]", "version None"),
        ('{"version": 2, "exchanges": []}', "of version 2; this OneLLM reads version 1"),
        ('{"version": 1}', "is no recording: KeyError 'exchanges'"),
        ({"request": {}, "reply": {}}, "is no recording: KeyError 'method'"),
        ({"request": {**REQUEST, "url": 1}, "reply": {"status": 200}}, "TypeError 1 is no text"),
        ({"request": REQUEST, "reply": {"status": "ok"}}, "is no recording: ValueError"),
        ({"request": REQUEST, "reply": {"status": 200, "end": "soon"}}, "KeyError 'soon'"),
        ({"request": REQUEST, "reply": {"status": 200, "base64": "?"}}, "is no recording"),
        ({"request": REQUEST, "reply": {"status": 200, "pieces": [{"x": 1}]}}, "KeyError 'base64'"),
    ],
)
def test_what_is_no_recording_says_so_and_what_to_do(content: Any, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    if content is not None:
        given = content if isinstance(content, str) else json.dumps({"version": 1, "exchanges": [content]})
        path.write_text(given, encoding="utf-8")
    with pytest.raises(RecordingError, match=problem.replace("(", r"\(")) as caught:
        replay(path)
    assert "with record(" in str(caught.value)
