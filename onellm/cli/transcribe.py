"""`onellm transcribe`: speech to text."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import click

from onellm.cli.options import env_file, model, params
from onellm.cli.output import print_json
from onellm.cli.sanitize import sanitize


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
    given = cast("Any", {**params, **{name: value for name, value in own.items() if value is not None}})

    from onellm.client import OneLLM

    with OneLLM() as client:
        answer = (client.audio.translations if translate else client.audio.transcriptions).create(model, file, **given)
    if as_json:
        print_json(answer.model_dump(mode="json", exclude_none=True))
    else:
        click.echo(sanitize(answer.text.rstrip("\n")))
