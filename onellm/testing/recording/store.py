"""The file of a recording: JSON with a version, written in one step."""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from collections.abc import Sequence
from pathlib import Path

from onellm.decode.json import array, table
from onellm.testing.recording.errors import RecordingError
from onellm.testing.recording.exchange import Exchange

VERSION = 1


def save(path: Path, exchanges: Sequence[Exchange]) -> None:
    """Write the recording: whole, or not at all. Raises OSError."""
    value = {"version": VERSION, "exchanges": [exchange.to_json() for exchange in exchanges]}
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        os.replace(beside, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()


def load(path: Path, how_to_record: str) -> list[Exchange]:
    """Read a recording. Raises RecordingError."""
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise RecordingError(f"There is no recording {path}. {how_to_record}") from None
    except (ValueError, RecursionError) as error:
        raise RecordingError(f"{path} is no recording: it is not JSON ({error}). {how_to_record}") from None
    except OSError as error:
        raise RecordingError(f"The recording {path} cannot be read: {error}") from error
    if (version := table(value).get("version")) != VERSION:
        raise RecordingError(
            f"{path} is a recording of version {version!r}; this OneLLM reads version {VERSION}. {how_to_record}"
        )
    try:
        return [Exchange.from_json(each) for each in array(table(value)["exchanges"])]
    except (ValueError, TypeError, KeyError) as error:
        raise RecordingError(f"{path} is no recording: {type(error).__name__} {error}. {how_to_record}") from error
