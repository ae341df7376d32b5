"""`onellm venice image`, `edit`, `upscale`, `speak`, `transcribe`"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

import click

from onellm.cli.output import note, print_json
from onellm.cli.sanitize import sanitize
from onellm.types.media import Media
from onellm_providers.venice.commands.shared import as_json, client, plain, written

DRAWS = "grok-imagine-image"
SpeechFormat = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
SPEAKS: Mapping[str, SpeechFormat] = {
    ".mp3": "mp3", ".opus": "opus", ".aac": "aac", ".flac": "flac", ".wav": "wav", ".pcm": "pcm",
}  # fmt: skip
ImageFormat = Literal["jpeg", "png", "webp"]
FORMATS: Mapping[str, ImageFormat] = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp"}

output = click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where the result goes."
)
source = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("prompt")
@output
@click.option("-m", "--model", default=DRAWS, show_default=True)
@click.option("--size", metavar="WIDTHxHEIGHT", help="In pixels, such as 1024x1024.")
@click.option("--aspect-ratio", metavar="RATIO", help="Such as 16:9, for models that go by it.")
@click.option("--style", metavar="NAME", help="A style preset.")
@click.option("--seed", type=int)
@click.option("--negative", metavar="TEXT", help="What should not be in it.")
def image(
    prompt: str,
    output: Path,
    model: str,
    size: str | None,
    aspect_ratio: str | None,
    style: str | None,
    seed: int | None,
    negative: str | None,
) -> None:
    """Make an image of a text; the ending of the file says the format (webp, png, jpeg)."""
    width, height = _size(size)
    with client() as venice:
        made = venice.images.generate(
            prompt,
            model=model,
            width=width,
            height=height,
            aspect_ratio=aspect_ratio,
            style_preset=style,
            seed=seed,
            negative_prompt=negative,
            format=_image_format(output),
            return_binary=True,
        )
    _save(made, output)


@click.command()
@click.argument("image", type=source)
@click.argument("prompt")
@output
@click.option("-m", "--model", help="Default: Venice's own.")
def edit(image: Path, prompt: str, output: Path, model: str | None) -> None:
    """Edit an image with a text instruction."""
    with client() as venice:
        _save(venice.images.edit(image, prompt, model=model, output_format=_image_format(output)), output)


@click.command()
@click.argument("image", type=source)
@output
@click.option("--scale", type=click.Choice(["2", "4"]), default="2", show_default=True)
def upscale(image: Path, output: Path, scale: str) -> None:
    """Enlarge an image; the result is a PNG."""
    with client() as venice:
        _save(venice.images.upscale(image, scale=cast("Any", int(scale))), output)


@click.command()
@click.argument("text")
@output
@click.option("-m", "--model", help="Default: tts-kokoro.")
@click.option("--voice", help="A voice of the model, or a cloned one (vv_…).")
@click.option("--speed", type=click.FloatRange(0.25, 4))
def speak(text: str, output: Path, model: str | None, voice: str | None, speed: float | None) -> None:
    """Speak a text; the ending of the file says the format (mp3, opus, aac, flac, wav, pcm)."""
    form = SPEAKS.get(output.suffix.lower())
    with client() as venice:
        _save(venice.audio.speech(text, model=model, voice=voice, speed=speed, response_format=form), output)


@click.command()
@click.argument("recording", type=source)
@click.option("-m", "--model", help="Default: nvidia/parakeet-tdt-0.6b-v3.")
@click.option("--language", metavar="CODE", help="ISO 639-1, such as en.")
@click.option("--timestamps", is_flag=True, help="With --json: when each word was said, where the model tells.")
@as_json
def transcribe(recording: Path, model: str | None, language: str | None, timestamps: bool, as_json: bool) -> None:
    """Write down what is said in a recording."""
    with client() as venice:
        found = venice.audio.transcriptions(
            recording, model=model, language=language, timestamps=True if timestamps else None
        )
    if as_json:
        print_json(plain(found))
    else:
        click.echo(sanitize(found.text))


def _save(media: Media, path: Path) -> None:
    if getattr(media, "is_content_violation", None):
        note("Venice says that this violates its content policy.")
    written(media.save(path))


def _size(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    width, sign, height = text.partition("x")
    if not sign or not width.isdecimal() or not height.isdecimal():
        raise click.UsageError("--size is WIDTHxHEIGHT, such as 1024x768.")
    return int(width), int(height)


def _image_format(path: Path) -> ImageFormat | None:
    return FORMATS.get(path.suffix.lower())
