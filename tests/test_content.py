"""Files in: paths, bytes, file objects, pictures and texts that stand for them; and the content parts made of them."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest

from onellm import InvalidRequestError, audio_part, file_part, image_part, text_part, video_part
from onellm.body import File
from onellm.file_input import data_url, is_url, read_file, sniff

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\0" * 24
MP4 = b"\0\0\0\x18ftypmp42" + b"\0" * 16
PDF = b"%PDF-1.7\n..."

KINDS = {
    "image/png": PNG, "image/jpeg": b"\xff\xd8\xff\xe0", "image/gif": b"GIF89a..",
    "image/webp": b"RIFF\0\0\0\0WEBPVP8 ",
    "audio/wav": WAV, "audio/flac": b"fLaC\0", "audio/ogg": b"OggS\0", "audio/mpeg": b"ID3\x04", "video/mp4": MP4,
    "video/webm": b"\x1aE\xdf\xa3", "application/pdf": PDF, "audio/mp4": b"\0\0\0\x18ftypM4A ",
    "audio/aac": b"\xff\xf1P",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_bytes_tell_the_media_type(kind: str) -> None:
    assert sniff(KINDS[kind]) == kind


def test_bytes_that_tell_nothing() -> None:
    assert sniff(b"hello") is None
    assert sniff(b"") is None


class Picture:
    """What PIL's images look like to us."""

    mode = "RGB"

    def save(self, fp: Any, format: str | None = None) -> None:
        assert format == "PNG"
        fp.write(PNG)


def forms(tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "cat.png"
    path.write_bytes(PNG)
    opened = io.BytesIO(PNG)
    return {
        "path": path, "text path": str(path), "bytes": PNG, "bytearray": bytearray(PNG), "memoryview": memoryview(PNG),
        "file": opened, "picture": Picture(), "data url": "data:image/png;base64," + base64.b64encode(PNG).decode(),
        "base64": base64.b64encode(PNG).decode(), "File": File("cat.png", PNG, "image/png"),
    }  # fmt: skip


def test_every_form_gives_the_same_content(tmp_path: Path) -> None:
    for form, value in forms(tmp_path).items():
        file = read_file(value, "image")
        assert (file.content, file.media_type) == (PNG, "image/png"), form
        assert file.name in ("cat.png", "image.png"), form


def test_a_name_tells_what_the_bytes_do_not(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    assert read_file(path, "file").media_type == "text/plain"
    assert read_file(b"hello", "file").media_type == "application/octet-stream"
    assert read_file(b"hello", "file", name="a.csv").media_type == "text/csv"
    assert read_file(b"hello", "file", media_type="text/markdown").media_type == "text/markdown"
    with open(path, "rb") as opened:
        assert read_file(opened, "file").name == "notes.txt"


def test_a_data_url_without_base64() -> None:
    file = read_file("data:text/plain,hello%20there", "file")
    assert (file.content, file.media_type) == (b"hello there", "text/plain")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("missing.png", "there is no file 'missing.png'"),
        ("https://example.com/cat.png", "does not take a URL"),
        (b"", "is empty"),
        ("data:image/png;base64,%%%", "neither a data URL, a path nor base64"),
        ("A" * 301, "neither a data URL, a path nor base64"),
        (io.StringIO("text"), "opened as text"),
        (42, "must be a path, bytes, a binary file or a PIL image, not int"),
    ],
)
def test_what_is_no_file_is_told(value: Any, problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem) as caught:
        read_file(value, "image")
    assert caught.value.param == "image"
    assert caught.value.status is None


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="cannot be read"):
        read_file(tmp_path, "image")


# -- parts -----------------------------------------------------------------------------------------------------------


def test_parts(tmp_path: Path) -> None:
    inline = data_url(File("x", PNG, "image/png"))
    assert text_part("Hi") == {"type": "text", "text": "Hi"}
    for form, value in forms(tmp_path).items():
        assert image_part(value) == {"type": "image_url", "image_url": {"url": inline}}, form
    assert image_part("https://x/y.png", detail="low")["image_url"] == {"url": "https://x/y.png", "detail": "low"}
    assert audio_part(WAV) == {
        "type": "input_audio", "input_audio": {"data": base64.b64encode(WAV).decode(), "format": "wav"},
    }  # fmt: skip
    assert audio_part(b"raw", format="pcm16")["input_audio"]["format"] == "pcm16"
    assert video_part(MP4)["video_url"]["url"].startswith("data:video/mp4;base64,")
    assert video_part("http://x/y.mp4")["video_url"]["url"] == "http://x/y.mp4"
    assert file_part(PDF, name="a.pdf")["file"]["filename"] == "a.pdf"
    assert file_part(PDF)["file"]["file_data"].startswith("data:application/pdf;base64,")
    assert file_part(file_id="file-1") == {"type": "file", "file": {"file_id": "file-1"}}


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: image_part(WAV), "image is audio/wav, not image/"),
        (lambda: video_part(PNG), "video is image/png"),
        (lambda: audio_part(PNG), "no audio format"),
        (file_part, "either the file or its file_id"),
        (lambda: file_part(PDF, file_id="f"), "either the file or its file_id"),
    ],
)
def test_parts_of_the_wrong_kind_are_refused(make: Any, problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        make()


def test_what_is_a_url() -> None:
    assert is_url("https://x")
    assert is_url("HTTP://x")
    assert not is_url("data:,")
    assert not is_url("cat.png")
    assert not is_url(b"https://x")
