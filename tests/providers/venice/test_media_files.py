"""The simulator's media are real files, and what is read of files is right: every one is taken apart here."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import wave
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from onellm_providers.venice.pictures import pixels
from onellm_providers.venice.simulator.media import AAC, FLAC, JPEG, MP3, MP4, OPUS, PICTURES, SOUNDS, WEBP, png, wav

from onellm.file_input import sniff


def test_a_png_is_whole() -> None:
    for width, height in ((256, 256), (1, 3)):
        at, data, kinds = 8, b"", []
        content = png(width, height)
        while at < len(content):
            length, kind = struct.unpack(">I4s", content[at : at + 8])
            body = content[at + 8 : at + 8 + length]
            assert struct.unpack(">I", content[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + body)
            kinds.append(kind)
            data += body if kind == b"IDAT" else b""
            at += 12 + length
        assert kinds == [b"IHDR", b"IDAT", b"IEND"]
        assert len(zlib.decompress(data)) == height * (width + 1)
        assert pixels(content) == (width, height)


def test_a_wav_is_whole() -> None:
    with wave.open(io.BytesIO(wav())) as opened:
        assert (opened.getnchannels(), opened.getsampwidth(), opened.getframerate()) == (1, 2, 24_000)
        assert opened.readframes(10_000) == bytes(4800)


def test_an_mp3_is_whole() -> None:
    assert MP3[:3] == b"ID3"
    at = 10 + sum(byte << shift for byte, shift in zip(MP3[6:10], (21, 14, 7, 0), strict=True))
    frames = 0
    while at < len(MP3):
        word = int.from_bytes(MP3[at : at + 4], "big")
        assert (word >> 21, word >> 19 & 3, word >> 17 & 3) == (0x7FF, 2, 1)  # sync, MPEG-2, layer III
        rate = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)[(word >> 12 & 15) - 1] * 1000
        at += 72 * rate // (22_050, 24_000, 16_000)[word >> 10 & 3] + (word >> 9 & 1)
        frames += 1
    assert (at, frames) == (len(MP3), frames)
    assert frames >= 4


def test_an_aac_is_whole() -> None:
    at = frames = 0
    while at < len(AAC):
        assert AAC[at] == 0xFF
        assert AAC[at + 1] & 0xF6 == 0xF0
        at += int.from_bytes(AAC[at + 3 : at + 6], "big") >> 5 & 0x1FFF
        frames += 1
    assert at == len(AAC)
    assert frames >= 2


def test_a_flac_is_whole() -> None:
    assert FLAC[:8] == b"fLaC\x80\x00\x00\x22"  # one block of metadata, the last, of 34 bytes
    rate = int.from_bytes(FLAC[18:21], "big") >> 4
    samples = int.from_bytes(FLAC[21:26], "big") & (1 << 36) - 1
    assert (rate, samples) == (8000, 800)
    frame = FLAC[42:]
    assert int.from_bytes(frame[:2], "big") >> 2 == 0x3FFE
    assert _crc16(frame[: _frame_end(frame)]) == 0


def _frame_end(frame: bytes) -> int:
    """Where the first frame ends: before the next one, or with the file."""
    following = frame.find(frame[:2], 2)
    return following if following > 0 else len(frame)


def _crc16(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x8005 if value & 0x8000 else value << 1) & 0xFFFF
    return value


def test_an_opus_is_whole() -> None:
    at, pages = 0, []
    while at < len(OPUS):
        head = OPUS[at : at + 27]
        assert head[:5] == b"OggS\x00"
        count = head[26]
        sizes = OPUS[at + 27 : at + 27 + count]
        end = at + 27 + count + sum(sizes)
        page = bytearray(OPUS[at:end])
        page[22:26] = bytes(4)
        assert _ogg_crc(bytes(page)) == int.from_bytes(head[22:26], "little")
        pages.append(OPUS[at + 27 + count : end])
        at = end
    assert at == len(OPUS)
    assert pages[0].startswith(b"OpusHead")
    assert pages[1].startswith(b"OpusTags")


def _ogg_crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
    return value


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        assert 8 <= size <= len(data) - at
        yield kind, data[at + 8 : at + size]
        at += size


def test_an_mp4_is_whole() -> None:
    top = dict(_boxes(MP4))
    assert {b"ftyp", b"mdat", b"moov"} <= set(top)
    track = dict(_boxes(dict(_boxes(top[b"moov"]))[b"trak"]))
    media = dict(_boxes(track[b"mdia"]))
    assert media[b"hdlr"][8:12] == b"vide"
    table = dict(_boxes(dict(_boxes(media[b"minf"]))[b"stbl"]))
    size = struct.unpack(">I", table[b"stsz"][4:8])[0] or struct.unpack(">I", table[b"stsz"][12:16])[0]
    offset = struct.unpack(">I", table[b"stco"][8:12])[0]
    frame = MP4[offset : offset + size]
    assert len(frame) == size
    assert b"\x00\x00\x01\xb6" in frame  # the start of a picture of MPEG-4


@pytest.mark.parametrize(("name", "content"), [(name, each[1]) for name, each in PICTURES.items()])
def test_pictures_tell_their_size(name: str, content: bytes) -> None:
    assert pixels(content) == (256, 256)
    assert sniff(content) == PICTURES[name][0]


def test_a_jpeg_and_a_webp_end_where_they_say() -> None:
    assert JPEG.endswith(b"\xff\xd9")
    assert int.from_bytes(WEBP[4:8], "little") == len(WEBP) - 8


@pytest.mark.parametrize("name", [name for name in SOUNDS if name not in ("pcm", "opus")])
def test_sounds_are_known_by_their_bytes(name: str) -> None:
    kind, content = SOUNDS[name]
    assert sniff(content) == kind


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (b"GIF89a" + struct.pack("<HH", 300, 200), (300, 200)),
        (b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + (299).to_bytes(3, "little") + (199).to_bytes(3, "little"), (300, 200)),
        (b"RIFF\0\0\0\0WEBPVP8 " + bytes(10) + struct.pack("<HH", 300, 200), (300, 200)),
        (b"RIFF\0\0\0\0WEBPxxxx" + bytes(20), None),
        (b"RIFF\0\0\0\0WEBP", None),
        (b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc4\x00\x02\xff\xc2\x00\x0b\x08" + struct.pack(">HH", 200, 300), (300, 200)),
        (b"\xff\xd8\xff\xe0\x00\x04ab", None),
        (b"\xff\xd8nothing more here", None),
        (b"BM", None),
        (b"", None),
    ],
)
def test_sizes_of_pictures(content: bytes, size: tuple[int, int] | None) -> None:
    assert pixels(content) == size


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
def test_ffprobe_reads_them(tmp_path: Path) -> None:
    files = {name: each[1] for name, each in {**SOUNDS, **PICTURES}.items() if name != "pcm"} | {"mp4": MP4}
    for name, content in files.items():
        path = tmp_path / f"file.{name}"
        path.write_bytes(content)
        command = ["ffprobe", "-v", "error", "-show_streams", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "codec_name" in done.stdout
        assert done.stderr == "", name
