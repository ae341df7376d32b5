"""Frames of AWS event streams: real ones and fixtures F1 and F2, cut anywhere, damaged anywhere; botocore as the judge.

Hard cases STR-14, STR-15, and STR-01 to STR-04, which are about text lines and cannot happen in binary frames.
"""

from __future__ import annotations

import itertools
import json
import random
import struct
from collections.abc import Iterable

import pytest
from botocore.eventstream import EventStreamBuffer

from onellm.decode.aws_frames import EXCEPTION, FrameDecoder, read_headers
from onellm.decode.limits import Limits
from onellm.errors import BadResponseError
from tests.providers.bedrock.wire import frame

F1 = bytes.fromhex(
    "000000b0000000614f5086b30f3a657863657074696f6e2d747970650700137468726f74746c696e67457863657074696f6e0d3a636f6e7465"
    "6e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74797065070009657863657074696f6e7b226d6573"
    "73616765223a22546f6f206d616e7920746f6b656e732c20706c656173652077616974206265666f726520747279696e6720616761696e2e22"
    "7df70ae57f"
)
F2 = bytes.fromhex(
    "00000099000000574c3b5e5f0b3a6576656e742d74797065070011636f6e74656e74426c6f636b44656c74610d3a636f6e74656e742d747970"
    "650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b22636f6e74656e74426c6f636b49"
    "6e646578223a20302c202264656c7461223a207b2274657874223a202268c3a9227d7d080f8c32"
)
DELTA = ("contentBlockDelta", '{"contentBlockIndex": 0, "delta": {"text": "hé"}}'.encode())
THROTTLED = (
    f"{EXCEPTION}throttlingException",
    b'{"message":"Too many tokens, please wait before trying again."}',
)


def decoded(pieces: Iterable[bytes]) -> list[tuple[str, bytes]]:
    decoder = FrameDecoder()
    found = [event for piece in pieces for event in decoder.feed(piece)]
    return [*found, *decoder.close()]


@pytest.mark.parametrize(
    ("data", "events"), [(F1, [THROTTLED]), (F2, [DELTA]), (F2 + F2 + F1, [DELTA, DELTA, THROTTLED])]
)
def test_fixtures_at_every_split_and_byte_by_byte(data: bytes, events: list[tuple[str, bytes]]) -> None:
    """STR-14, STR-01."""
    assert decoded([data]) == events
    assert decoded(data[at : at + 1] for at in range(len(data))) == events
    for cut in range(len(data) + 1):
        assert decoded([data[:cut], data[cut:]]) == events


def test_a_tail_of_three_bytes_is_kept_for_the_next_piece() -> None:
    """STR-14."""
    assert decoded([F2 + F2[:3], F2[3:]]) == [DELTA, DELTA]


@pytest.mark.parametrize("data", [F1, F2], ids=["F1", "F2"])
def test_one_flipped_bit_anywhere_is_a_typed_error_or_no_event(data: bytes) -> None:
    """STR-14: no flip is ever read as the frame, nor as another one."""
    for at, bit in itertools.product(range(len(data)), range(8)):
        spoilt = bytearray(data)
        spoilt[at] ^= 1 << bit
        with pytest.raises(BadResponseError, match=r"frame|more bytes"):
            decoded([bytes(spoilt)])


def test_frames_before_a_damaged_one_are_given_out_and_none_after_it() -> None:
    spoilt = bytearray(F2)
    spoilt[100] ^= 1
    decoder, found = FrameDecoder(), list[tuple[str, bytes]]()
    with pytest.raises(BadResponseError):
        found.extend(event for event in decoder.feed(F2 + bytes(spoilt) + F2))
    events = FrameDecoder().feed(F2 + bytes(spoilt) + F2)
    assert next(iter(events)) == DELTA
    with pytest.raises(BadResponseError):
        list(decoder.feed(F2))


def test_random_frames_read_as_botocore_reads_them() -> None:
    dice = random.Random(7)
    data, expected = b"", list[tuple[str, bytes]]()
    for _ in range(200):
        name = "".join(dice.choices("abcXYZ", k=dice.randint(1, 30)))
        payload = json.dumps(
            {"text": "".join(map(chr, dice.choices(range(32, 0x3000), k=dice.randint(0, 60))))}
        ).encode()
        data += frame(name, payload)
        expected.append((name, payload))
    theirs = EventStreamBuffer()
    theirs.add_data(data)
    read = [(each.headers[":event-type"], each.payload) for each in theirs]
    sizes = itertools.cycle([1, 7, 200, 3, 1000])
    pieces, at = list[bytes](), 0
    while at < len(data):
        size = next(sizes)
        pieces.append(data[at : at + size])
        at += size
    assert decoded(pieces) == expected == read


def test_headers_of_every_type_are_passed_over() -> None:
    values = [
        (0, b""), (1, b""), (2, b"\1"), (3, b"\0\1"), (4, b"\0\0\0\1"), (5, bytes(8)), (6, b"\0\2ab"), (8, bytes(8)),
        (9, bytes(16)),
    ]  # fmt: skip
    data = b"".join(b"\1h" + bytes([kind]) + value for kind, value in values) + b"\1s\7" + struct.pack(">H", 2) + b"ok"
    assert read_headers(data) == {"s": "ok"}
    for cut in range(1, len(data)):
        told = ""
        try:
            assert read_headers(data[:cut]) == {}
        except BadResponseError as error:
            told = str(error)
        assert not told or "headers" in told


def test_an_unmodelled_error_has_its_code_and_message_in_headers() -> None:
    """STR-15."""
    headers = b"".join(
        bytes([len(key)]) + key.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for key, value in ((":message-type", "error"), (":error-code", "InternalError"), (":error-message", "Broke"))
    )
    import zlib

    head = struct.pack(">II", 16 + len(headers), len(headers))
    rest = head + struct.pack(">I", zlib.crc32(head)) + headers
    data = rest + struct.pack(">I", zlib.crc32(rest))
    assert decoded([data]) == [(f"{EXCEPTION}InternalError", b'{"message": "Broke"}')]


def test_limits_of_a_frame() -> None:
    big = frame("metadata", b'"' + b"x" * 5000 + b'"')
    with pytest.raises(BadResponseError, match="max_event"):
        list(FrameDecoder(Limits(event=1000)).feed(big))
    with pytest.raises(BadResponseError, match="max_depth"):
        list(FrameDecoder(Limits(depth=5)).feed(frame("metadata", b"[" * 20 + b"]" * 20)))


def test_text_separators_are_text() -> None:
    """STR-02, STR-03, STR-04: there are no lines in frames."""
    payload = '{"delta":{"text":"a\u2028b\u0085c\\r\\ndata: d"}}'.encode()
    assert decoded([frame("contentBlockDelta", payload)]) == [("contentBlockDelta", payload)]
