"""What type checkers say of each media method, on both clients: mypy and pyright judge this file.

Lines that must not pass hold an ignore, which mypy reports where it is not needed.
"""

from __future__ import annotations

import ast
import inspect
from typing import assert_type

from onellm_providers.venice import AsyncVenice, Venice
from onellm_providers.venice.resources.audio import Audio
from onellm_providers.venice.resources.images import Images
from onellm_providers.venice.resources.video import Video
from onellm_providers.venice.resources.voice_changer import VoiceChanger
from onellm_providers.venice.types.audio import ClonedVoice, Speech, Transcription
from onellm_providers.venice.types.facts import VeniceMedia
from onellm_providers.venice.types.image import GeneratedImage, ImageList, Styles
from onellm_providers.venice.types.jobs import Completed, JobMedia, JobStatus, MediaJob, Quote
from onellm_providers.venice.types.video import VideoTranscript

from onellm.async_stream import AsyncStream
from onellm.resource import endpoint, stream
from onellm.stream import Stream
from onellm.types.media import Media

AREAS = {"images": Images, "audio": Audio, "video": Video, "voice_changer": VoiceChanger}


def blocking(client: Venice, image: bytes, job: MediaJob) -> None:
    assert_type(client.images.generate("x", model="m", style_references=[{"image": image}]), GeneratedImage)
    assert_type(client.images.generate_batch(["x"], model="m", seed=1), list[GeneratedImage])
    assert_type(client.images.generations("x", size="auto"), ImageList)
    assert_type(client.images.edit(image, "x", aspect_ratio="16:9"), VeniceMedia)
    assert_type(client.images.multi_edit([image, "https://h/x.png"], "x"), VeniceMedia)
    assert_type(client.images.upscale(image, scale=4), VeniceMedia)
    assert_type(client.images.remove_background(image), VeniceMedia)
    assert_type(client.images.styles(), Styles)
    assert_type(client.images.get_style("Anime"), str)
    assert_type(client.images.download_image("https://h/x.png"), Media)
    assert_type(client.audio.speech("x", voice="af_sky"), Speech)
    assert_type(client.audio.speech_stream("x"), Stream[bytes, Speech])
    assert_type(client.audio.transcriptions(image), Transcription)
    assert_type(client.audio.voices(image), ClonedVoice)
    assert_type(client.audio.queue("x", model="m"), MediaJob)
    assert_type(client.audio.quote(model="m"), Quote)
    assert_type(client.audio.retrieve("m", "q"), JobStatus)
    assert_type(client.audio.complete("m", "q"), Completed)
    assert_type(client.audio.generate("x", model="m", max_price=1, on_progress=print), JobMedia)
    assert_type(client.audio.resume(job), JobMedia)
    assert_type(client.video.queue("x", model="m", duration="5s"), MediaJob)
    assert_type(client.video.quote(model="m", duration="5s"), Quote)
    assert_type(client.video.retrieve("m", "q"), JobStatus)
    assert_type(client.video.complete("m", "q"), Completed)
    assert_type(client.video.download(job), JobMedia)
    assert_type(client.video.revoke(job), Completed)
    assert_type(client.video.generate("x", model="m", duration="5s", audio=True), JobMedia)
    assert_type(client.video.resume(job.to_json(), poll_interval=1), JobMedia)
    assert_type(client.video.transcriptions("https://h"), VideoTranscript)
    assert_type(client.voice_changer.queue(image, model="m"), MediaJob)
    assert_type(client.voice_changer.quote(model="m", duration_seconds=3), Quote)
    assert_type(client.voice_changer.retrieve("m", "q"), JobStatus)
    assert_type(client.voice_changer.complete("m", "q"), Completed)
    assert_type(client.voice_changer.generate(image, model="m"), JobMedia)
    assert_type(client.voice_changer.resume({"kind": "voice_changer"}), JobMedia)


async def awaiting(client: AsyncVenice, image: bytes, job: MediaJob) -> None:
    assert_type(await client.images.generate("x", model="m", style_references=[{"image": image}]), GeneratedImage)
    assert_type(await client.images.generate_batch(["x"], model="m", seed=1), list[GeneratedImage])
    assert_type(await client.images.generations("x", size="auto"), ImageList)
    assert_type(await client.images.edit(image, "x", aspect_ratio="16:9"), VeniceMedia)
    assert_type(await client.images.multi_edit([image, "https://h/x.png"], "x"), VeniceMedia)
    assert_type(await client.images.upscale(image, scale=4), VeniceMedia)
    assert_type(await client.images.remove_background(image), VeniceMedia)
    assert_type(await client.images.styles(), Styles)
    assert_type(await client.images.get_style("Anime"), str)
    assert_type(await client.images.download_image("https://h/x.png"), Media)
    assert_type(await client.audio.speech("x", voice="af_sky"), Speech)
    assert_type(await client.audio.speech_stream("x"), AsyncStream[bytes, Speech])
    assert_type(await client.audio.transcriptions(image), Transcription)
    assert_type(await client.audio.voices(image), ClonedVoice)
    assert_type(await client.audio.queue("x", model="m"), MediaJob)
    assert_type(await client.audio.quote(model="m"), Quote)
    assert_type(await client.audio.retrieve("m", "q"), JobStatus)
    assert_type(await client.audio.complete("m", "q"), Completed)
    assert_type(await client.audio.generate("x", model="m", max_price=1, on_progress=print), JobMedia)
    assert_type(await client.audio.resume(job), JobMedia)
    assert_type(await client.video.queue("x", model="m", duration="5s"), MediaJob)
    assert_type(await client.video.quote(model="m", duration="5s"), Quote)
    assert_type(await client.video.retrieve("m", "q"), JobStatus)
    assert_type(await client.video.complete("m", "q"), Completed)
    assert_type(await client.video.download(job), JobMedia)
    assert_type(await client.video.revoke(job), Completed)
    assert_type(await client.video.generate("x", model="m", duration="5s", audio=True), JobMedia)
    assert_type(await client.video.resume(job.to_json(), poll_interval=1), JobMedia)
    assert_type(await client.video.transcriptions("https://h"), VideoTranscript)
    assert_type(await client.voice_changer.queue(image, model="m"), MediaJob)
    assert_type(await client.voice_changer.quote(model="m", duration_seconds=3), Quote)
    assert_type(await client.voice_changer.retrieve("m", "q"), JobStatus)
    assert_type(await client.voice_changer.complete("m", "q"), Completed)
    assert_type(await client.voice_changer.generate(image, model="m"), JobMedia)
    assert_type(await client.voice_changer.resume({"kind": "voice_changer"}), JobMedia)


def refused(client: Venice, image: bytes) -> None:
    client.images.generate("x")  # type: ignore[call-arg]
    client.images.generate("x", model="m", guidance_scale=7.5)  # type: ignore[arg-type]
    client.images.generate("x", model="m", variants=5)  # type: ignore[arg-type]
    client.images.edit(image, "x", mask=image)  # type: ignore[arg-type]
    client.images.edit(image, "x", quality="low")  # type: ignore[call-arg]
    client.images.upscale(image, scale=3)  # type: ignore[arg-type]
    client.audio.speech("x", response_format="ogg")  # type: ignore[arg-type]
    client.video.queue("x", model="m", duration="31s")  # type: ignore[arg-type]
    client.video.generate("x", model="m", durations="5s")  # type: ignore[call-arg]
    client.video.retrieve("m")  # type: ignore[call-arg]


def test_every_method_is_here_for_both_clients() -> None:
    methods = {
        f"{area}.{name}"
        for area, cls in AREAS.items()
        for name in dir(cls)
        if isinstance(inspect.getattr_static(cls, name), (endpoint, stream))
    }
    for function in (blocking, awaiting):
        tree = ast.parse(inspect.getsource(function))
        asserted = [
            f"{node.func.value.attr}.{node.func.attr}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Attribute)
        ]
        assert sorted(asserted) == sorted(methods)
