"""S19: what a model writes cannot steer the terminal, and nothing that can be read is lost."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onellm.cli.output import one_line, print_json
from onellm.cli.sanitize import Sanitizer, sanitize

GOLDEN = {
    "plain text\n\twith a tab": "plain text\n\twith a tab",
    "naïve 你好 👩‍👩‍👧 שלום": "naïve 你好 👩‍👩‍👧 שלום",
    "\x1b[31mred\x1b[0m": "red",
    "\x1b[2J\x1b[1;1Hgone": "gone",
    "\x1b[?1049h\x1b[>4;2mmodes": "modes",
    "\x9b31mC1 red": "C1 red",
    "\x1b]0;title\x07after": "after",
    "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\ me": "click me",
    "\x9d8;;https://evil.example\x9cclick": "click",
    "\x1b]52;c;cm0gLXJmIC8=\x07clipboard": "clipboard",
    "\x1bP1$r0m\x1b\\DCS": "DCS",
    "\x1b_APC\x1b\\\x1b^PM\x1b\\\x1bXSOS\x1b\\done": "done",
    "\x1bcreset \x1b(Bcharset": "reset charset",
    "bell\x07 back\x08space\x7f return\r null\x00": "bell backspace return null",
    "\x85next\x8f": "next",
    "user\u202etxt.exe\u202c \u2066iso\u2069": "usertxt.exe iso",
    "\x1b\x1b[31mtwice": "twice",
    "no end: \x1b]0;the text goes on\nand on": "no end: 0;the text goes on\nand on",
    "no end: \x1b]" + "x" * 5000: "no end: " + "x" * 5000,
    "no end: \x1b[": "no end: ",
    "no final: \x1b[31\nred": "no final: 31\nred",
}


@pytest.mark.security("S19")
@pytest.mark.parametrize(("text", "shown"), GOLDEN.items())
def test_golden(text: str, shown: str) -> None:
    assert sanitize(text) == shown


@pytest.mark.security("S19")
@pytest.mark.parametrize("text", GOLDEN)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_in_pieces_it_is_the_same(text: str, size: int) -> None:
    sanitizer = Sanitizer()
    shown = "".join(sanitizer.feed(text[start : start + size]) for start in range(0, len(text), size))
    assert shown + sanitizer.close() == sanitize(text)


@pytest.mark.security("S19")
@given(st.lists(st.text("\x1b[]\\P8;mA \n\x07\x9b\x9c\x9d\u202e", max_size=6)))
def test_any_pieces_give_what_the_whole_gives(pieces: list[str]) -> None:
    sanitizer = Sanitizer()
    shown = "".join(map(sanitizer.feed, pieces)) + sanitizer.close()
    assert shown == sanitize("".join(pieces))
    assert not set(shown) & set("\x1b\x07\x9b\x9c\x9d\u202e")


def test_text_is_shown_as_it_comes() -> None:
    sanitizer = Sanitizer()
    assert sanitizer.feed("a\x1b[3") == "a"
    assert sanitizer.feed("1mb") == "b"


def test_a_sequence_without_end_takes_no_time() -> None:
    began = time.monotonic()
    sanitize("\x1b]\x9d\x1b[" * 100_000)
    assert time.monotonic() - began < 5


def test_one_line() -> None:
    assert one_line("a\n  b\tc\x1b[31m") == "a b c"


def test_json_is_escaped_and_still_the_same_value(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"text": "é\x1b[31m\x9b\x7f\u202e\ud83d"}
    print_json(value)
    out = capsys.readouterr().out
    assert json.loads(out) == value
    assert "é" in out
    assert not set(out) & set("\x1b\x9b\x7f\u202e\ud83d")
