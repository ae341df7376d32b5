"""`onellm speak`: text to speech."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import click

from onellm.cli.input import read_prompt
from onellm.cli.options import env_file, model, params
from onellm.cli.output import note

FORMATS = {"mp3", "opus", "aac", "flac", "wav", "pcm"}


@click.command()
@click.argument("text", required=False)
@model
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Where it goes; .wav, .mp3 …")
@click.option("-v", "--voice", help="Whose voice, such as alloy.")
@click.option("--speed", type=float, help="From 0.25 to 4.")
@params
@env_file
def speak(
    text: str | None, model: str, output: Path, voice: str | None, speed: float | None, params: dict[str, Any]
) -> None:
    """Speak a text (the argument, stdin, or both) into a file, whose ending says the format."""
    said = read_prompt(text)
    ending = output.suffix.removeprefix(".").lower()
    if ending in FORMATS:
        params.setdefault("response_format", ending)
    given = {**params, **{name: value for name, value in (("voice", voice), ("speed", speed)) if value is not None}}

    from onellm.client import OneLLM

    with OneLLM() as client:
        client.audio.speech.create(model, said, stream=True, **cast("Any", given)).save(output)
    note(f"{model} · {output} · {output.stat().st_size} bytes")
