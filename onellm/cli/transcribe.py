"""`onellm transcribe`: speech to text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from onellm.cli.options import env_file, model, params
from onellm.cli.output import print_json
from onellm.cli.sanitize import sanitize

if TYPE_CHECKING:
    from onellm.types.audio import TranscriptionParams, TranscriptionResponse, TranslationParams


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@model
@click.option("-l", "--language", help="Which language is spoken, such as en.")
@click.option("-f", "--format", "form", type=click.Choice(["text", "srt", "vtt"]), help="Subtitles instead of text.")
@click.option("--translate", is_flag=True, help="Write it down in English.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
@params
@env_file
def transcribe(
    file: Path,
    model: str,
    language: str | None,
    form: str | None,
    translate: bool,
    as_json: bool,
    params: dict[str, Any],
) -> None:
    """Write down what a file of audio says."""
    if translate and language:
        raise click.UsageError("--translate always gives English; leave --language out.")
    own = {"language": language, "response_format": form}
    given = {**params, **{name: value for name, value in own.items() if value is not None}}

    from onellm.client import OneLLM

    with OneLLM() as client:
        answer: TranscriptionResponse
        if translate:
            answer = client.audio.translations.create(model, file, **cast("TranslationParams", given))
        else:
            answer = client.audio.transcriptions.create(model, file, **cast("TranscriptionParams", given))
    if as_json:
        print_json(answer.model_dump(mode="json", exclude_none=True))
    else:
        click.echo(sanitize(answer.text.rstrip("\n")))
