"""`onellm venice video`"""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from onellm.cli.output import note
from onellm_providers.venice.commands.shared import client, written
from onellm_providers.venice.types.jobs import JobProgress, MediaJob


@click.command()
@click.argument("prompt", required=False)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The MP4 file.")
@click.option("-m", "--model", help="A video model; `onellm venice models --type video` lists them.")
@click.option("--duration", default="5s", show_default=True, help="Such as 5s, as the model offers.")
@click.option("--aspect-ratio", metavar="RATIO", help="Such as 16:9.")
@click.option("--resolution", help="Such as 720p.")
@click.option("--image", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The first picture.")
@click.option("--max-price", type=float, metavar="USD", help="Ask for the price first, and stop above this.")
@click.option("--job", type=click.Path(dir_okay=False, path_type=Path), help="Keep the job's handle in this file.")
@click.option("--resume", is_flag=True, help="Go on with the job of --job; nothing is queued.")
def video(
    prompt: str | None,
    output: Path,
    model: str | None,
    duration: str,
    aspect_ratio: str | None,
    resolution: str | None,
    image: Path | None,
    max_price: float | None,
    job: Path | None,
    resume: bool,
) -> None:
    """Make a video of a text or a picture, and wait for it."""
    if resume and job is None:
        raise click.UsageError("--resume needs --job.")
    if not resume and (prompt is None or model is None):
        raise click.UsageError("Give a prompt and --model, or --resume.")
    with client() as venice, _bar(job) as told:
        if resume:
            made = venice.video.resume(MediaJob.load(str(job)), on_progress=told)
        else:
            options: dict[str, Any] = {
                "duration": duration, "aspect_ratio": aspect_ratio, "resolution": resolution, "image_url": image,
            }  # fmt: skip
            given = {name: value for name, value in options.items() if value is not None}
            made = venice.video.generate(prompt, model=str(model), max_price=max_price, on_progress=told, **given)
    written(made.save(output))


@contextmanager
def _bar(job: Path | None) -> Generator[Any]:
    """A callback that keeps the handle and shows how far the job is: a bar, or lines where stderr is no terminal."""

    def keep(progress: JobProgress) -> None:
        if progress.stage == "queued" and progress.job is not None and job is not None:
            progress.job.save(job)

    if not sys.stderr.isatty():

        def tell(progress: JobProgress) -> None:
            keep(progress)
            if progress.stage != "processing":
                note(f"{progress.stage}{f' (${progress.quote:g})' if progress.quote is not None else ''}")

        yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, markup=False)
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console) as bar:
        task = bar.add_task("asking", total=None)

        def show(progress: JobProgress) -> None:
            keep(progress)
            total = None if progress.progress is None else 1.0
            bar.update(task, description=progress.stage, total=total, completed=progress.progress or 0.0)

        yield show
