"""`onellm image`: make or edit a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from onellm.cli.input import read_prompt
from onellm.cli.options import env_file, model, params
from onellm.cli.output import note

if TYPE_CHECKING:
    from onellm.types.image import ImageParams


@click.command()
@click.argument("prompt", required=False)
@model
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Where it goes; several: NAME-2 …")
@click.option("-e", "--edit", multiple=True, type=click.Path(exists=True, path_type=Path), help="A picture to change.")
@click.option("--mask", type=click.Path(exists=True, path_type=Path), help="A PNG that is transparent where to change.")
@click.option("--size", help='Such as "1024x1024".')
@click.option("-n", "--number", type=int, help="How many.")
@params
@env_file
def image(
    prompt: str | None,
    model: str,
    output: Path,
    edit: tuple[Path, ...],
    mask: Path | None,
    size: str | None,
    number: int | None,
    params: dict[str, Any],
) -> None:
    """Make a picture from a prompt (the argument, stdin, or both), or with --edit change pictures."""
    if mask is not None and not edit:
        raise click.UsageError("--mask needs --edit.")
    text = read_prompt(prompt)
    given = cast("ImageParams", {**params, **{name: value for name, value in (("size", size), ("n", number)) if value}})

    from onellm.client import OneLLM

    with OneLLM() as client:
        if edit:
            answer = client.images.edit(model, list(edit), text, mask=mask, **given)
        else:
            answer = client.images.generate(model, text, **given)
    for place, each in enumerate(answer.data, 1):
        if each.b64_json is None:
            click.echo(each.url)
            continue
        path = output if place == 1 else output.with_stem(f"{output.stem}-{place}")
        each.save(path)
        note(f"{model} · {path} · {len(each.bytes)} bytes")
