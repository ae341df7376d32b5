"""Bodies and the bytes that they become."""

from __future__ import annotations

import json
from email.parser import BytesParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onellm import InvalidRequestError
from onellm.body import JSON, File, Form, Multipart, encode_body

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(VALUES)
def test_json_comes_back_as_it_went(value: Any) -> None:
    media_type, content = encode_body(JSON(value))
    assert media_type == "application/json"
    assert json.loads(content) == value


def test_json_is_short_and_keeps_letters() -> None:
    assert encode_body(JSON({"a": ["ä", "\u2028", 1.0]}))[1] == '{"a":["ä","\u2028",1.0]}'.encode()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"temperature": float("nan")}, "nan|JSON"),
        ([float("inf")], "inf|JSON"),
        ({"stop": {"a", "b"}}, "set"),
        ({"image": b"\x89PNG"}, "bytes"),
        ({("a", 1): 2}, "tuple|keys"),
        ({"messages": [{"content": ["fine", "half \ud83d"]}]}, r"messages\[0\]\.content\[1\] holds a lone surrogate"),
        ("\udc00", "a text holds a lone surrogate"),
    ],
)
def test_what_json_cannot_say(value: Any, said: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"cannot be written as JSON: .*({said})") as caught:
        encode_body(JSON(value))
    assert caught.value.status is None


def test_a_private_text_is_not_quoted() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        encode_body(JSON({"content": "in confidence \ud83d"}))
    assert "confidence" not in str(caught.value)


def test_json_that_goes_round_or_too_deep() -> None:
    circle: list[Any] = []
    circle.append(circle)
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    for value in (circle, deep):
        with pytest.raises(InvalidRequestError, match="cannot be written as JSON"):
            encode_body(JSON(value))


def test_nothing_bytes_and_forms() -> None:
    assert encode_body(None) == (None, b"")
    assert encode_body(b"\x00\xff") == ("application/octet-stream", b"\x00\xff")
    assert encode_body(Form({"a": "b c", "ä": "&="})) == ("application/x-www-form-urlencoded", b"a=b+c&%C3%A4=%26%3D")


def test_multipart() -> None:
    image = File("päge.png", b"\x89PNG\r\n\r\n--x", "image/png")
    media_type, content = encode_body(Multipart([("model", "m"), ("tag", "a"), ("tag", "b"), ("image", image)]))
    message = BytesParser().parsebytes(f"Content-Type: {media_type}\r\n\r\n".encode() + content)
    parts: list[Any] = list(message.get_payload())
    assert [part.get_payload(decode=True) for part in parts] == [b"m", b"a", b"b", b"\x89PNG\r\n\r\n--x"]
    assert parts[3].get_content_type() == "image/png"
    assert 'name="image"; filename="päge.png"'.encode() in content
    assert encode_body(Multipart([]))[1].startswith(b"--")


def test_names_cannot_break_out_of_their_line() -> None:
    file = File('a"\r\nX-Evil: 1', b"x")
    _, content = encode_body(Multipart([('n"\n', "v"), ("f", file)]))
    assert b'name="n%22%0A"' in content
    assert b'filename="a%22%0D%0AX-Evil: 1"' in content
    assert b"\r\nX-Evil" not in content


def test_boundaries_differ() -> None:
    assert encode_body(Multipart([]))[0] != encode_body(Multipart([]))[0]
