"""`Image`, `Speech` and `AudioTranscription` with `venice/…`: what is sent to Venice, what is made of the answer."""

from __future__ import annotations

from typing import Any

import pytest
from onellm_providers.venice.errors import AudioGenerationError, BadRequestError, ImageGenerationError
from onellm_providers.venice.simulator.audio import HEARD
from onellm_providers.venice.simulator.media import JPEG, SOUNDS, WEBP

import onellm
from onellm import CapabilityError, InvalidRequestError, UnknownOutcomeError, UnsupportedParameterError
from onellm.testing import faults
from tests.both import Either, story
from tests.providers.venice.media import PNG, SOUND, WAV, Watched
from tests.support import serve, whole

worlds = pytest.mark.parametrize("kind", ["sync", "async"])
MODEL = "venice/sim-image"


class Teller:
    """Calls of a client that talks to the simulated Venice."""

    def __init__(self, kind: str, venice: Watched, **settings: Any) -> None:
        self.kind = kind
        self.providers = {"venice": {"base_url": venice.url, "api_key": "sim-key", **settings}}

    def __call__(self, path: str, *arguments: Any, **parameters: Any) -> Any:
        async def tell(either: Either) -> Any:
            method = either.client
            for name in path.split("."):
                method = getattr(method, name)
            return await either.do(method, *arguments, **parameters)

        return story(self.kind, tell, providers=self.providers)


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest, venice: Watched) -> Teller:
    return Teller(request.param, venice)


def test_an_image(ask: Teller, venice: Watched) -> None:
    answer = ask(
        "images.generate", MODEL, "an adult fox", n=2, size="512x768", output_format="jpeg", moderation="low",
        quality="high", negative_prompt="rain", seed=7, steps=9, cfg_scale=5, response_format="b64_json",
    )  # fmt: skip
    assert venice.last.path.endswith("/image/generate")
    assert venice.body == {
        "model": "sim-image", "prompt": "an adult fox", "variants": 2, "width": 512, "height": 768, "format": "jpeg",
        "safe_mode": False, "quality": "high", "negative_prompt": "rain", "seed": 7, "steps": 9, "cfg_scale": 5,
    }  # fmt: skip
    assert [image.bytes for image in answer.data] == [JPEG, JPEG]
    assert answer.image.mime_type == "image/jpeg"
    assert (answer.is_blurred, answer.id) == (False, "generate-image-1")
    assert answer.meta.provider == "venice"


def test_venices_own_parameters(ask: Teller, venice: Watched) -> None:
    own = {"style_preset": "Anime", "hide_watermark": True, "lora_strength": 10}
    for given in (own, {"venice_parameters": own}):
        answer = ask("images.generate", MODEL, "a fox", size="auto", enhance_prompt=True, **given)
        assert venice.body == {"model": "sim-image", "prompt": "a fox", "enhance_prompt": True, **own}
        assert (answer.image.bytes, answer.enhanced_prompt) == (WEBP, "a fox, in fine détail")
    with pytest.raises(InvalidRequestError, match="is given twice"):
        ask("images.generate", MODEL, "x", seed=1, venice_parameters={"seed": 1})
    with pytest.raises(InvalidRequestError, match="must be a dict"):
        ask("images.generate", MODEL, "x", venice_parameters="seed")
    ask("images.generate", MODEL, "x", extra_body={"seed": 3})
    assert venice.body["seed"] == 3


def test_an_edit(ask: Teller, venice: Watched) -> None:
    answer = ask("images.edit", "venice/qwen-edit-uncensored", PNG, "blue sky", output_format="png", n=1)
    assert venice.last.path.endswith("/image/edit")
    assert venice.body == {
        "model": "qwen-edit-uncensored", "prompt": "blue sky", "output_format": "png", "image": PNG.decode("latin-1"),
    }  # fmt: skip
    assert (answer.image.bytes, answer.model_id) == (PNG, "qwen-edit-uncensored")


def test_an_edit_of_several(ask: Teller, venice: Watched) -> None:
    ask("images.edit", "venice/flux-2-max-edit", [PNG, PNG], "x", quality="low", moderation="auto")
    assert venice.last.path.endswith("/image/multi-edit")
    assert venice.body == {
        "modelId": "flux-2-max-edit", "prompt": "x", "quality": "low", "safe_mode": True,
        "images": [PNG.decode("latin-1")] * 2,
    }  # fmt: skip


def test_speech(ask: Teller, venice: Watched) -> None:
    answer = ask(
        "audio.speech.create", "venice/tts-kokoro", "Hello", voice="af_sky", response_format="wav", speed=1.2,
        instructions="Happy.", top_p=0.5,
    )  # fmt: skip
    assert venice.body == {
        "model": "tts-kokoro", "input": "Hello", "voice": "af_sky", "response_format": "wav", "speed": 1.2,
        "prompt": "Happy.", "top_p": 0.5,
    }  # fmt: skip
    assert (answer.bytes, answer.mime_type) == (SOUNDS["wav"][1], "audio/wav")


@worlds
def test_streamed_speech(kind: str, venice: Watched) -> None:
    async def tell(either: Either) -> bytes:
        opened = await either.do(either.client.audio.speech.create, "venice/tts-kokoro", "Hello", stream=True)
        return b"".join(opened) if either.blocking else b"".join([piece async for piece in opened])

    said = story(kind, tell, providers={"venice": {"base_url": venice.url, "api_key": "sim-key"}})
    assert said == SOUND
    assert venice.body == {"model": "tts-kokoro", "input": "Hello", "streaming": True}


def test_a_transcript(ask: Teller, venice: Watched) -> None:
    model = "venice/openai/whisper-large-v3"
    answer = ask("audio.transcriptions.create", model, WAV, timestamps=True, language="en")
    assert venice.body == {
        "model": "openai/whisper-large-v3", "timestamps": True, "language": "en", "file": WAV.decode("latin-1"),
    }  # fmt: skip
    assert (answer.text, answer.duration, answer.words[1].word) == (HEARD, 0.1, "quick")
    assert answer.segments is None
    assert ask("audio.transcriptions.create", model, SOUND, response_format="text").text == HEARD


@worlds
def test_segments_of_a_transcript(kind: str) -> None:
    times = {"segment": [{"text": "Hi.", "start": 0, "end": 1}]}
    with serve(whole({"text": "Hi.", "timestamps": times})) as server:

        async def tell(either: Either) -> Any:
            return await either.do(either.client.audio.transcriptions.create, "venice/m", SOUND)

        answer = story(kind, tell, providers=server.provider())
    assert [(each.text, each.start, each.end) for each in answer.segments] == [("Hi.", 0, 1)]


@pytest.mark.parametrize(
    ("path", "arguments", "parameters", "param"),
    [
        ("images.generate", ("x",), {"background": "opaque"}, "background"),
        ("images.generate", ("x",), {"style": "vivid"}, "style"),
        ("images.generate", ("x",), {"stream": True}, "stream"),
        ("images.edit", (PNG, "x"), {"mask": PNG}, "mask"),
        ("images.edit", (PNG, "x"), {"quality": "low"}, "quality"),
        ("images.edit", (PNG, "x"), {"size": "512x512"}, "size"),
        ("images.edit", (PNG, "x"), {"stream": True}, "stream"),
        ("audio.speech.create", ("x",), {"sample_rate": 8000}, "sample_rate"),
        ("audio.transcriptions.create", (SOUND,), {"prompt": "x"}, "prompt"),
        ("audio.transcriptions.create", (SOUND,), {"stream": True}, "stream"),
    ],
)
def test_what_venice_does_not_take(
    ask: Teller, venice: Watched, path: str, arguments: Any, parameters: Any, param: str
) -> None:
    with pytest.raises(UnsupportedParameterError) as caught:
        ask(path, "venice/m", *arguments, **parameters)
    assert caught.value.param == param
    assert venice.sim.requests == []


def test_it_is_left_out_on_request(ask: Teller, venice: Watched) -> None:
    answer = ask("images.generate", MODEL, "x", style="vivid", unsupported="drop")
    assert venice.body == {"model": "sim-image", "prompt": "x"}
    assert answer.dropped_params == ("style",)


@pytest.mark.parametrize(
    ("path", "arguments", "parameters", "param"),
    [
        ("images.generate", ("",), {}, "prompt"),
        ("images.generate", ("x",), {"n": 5}, "n"),
        ("images.generate", ("x",), {"size": "large"}, "size"),
        ("images.generate", ("x",), {"size": "2048x2048"}, "width"),
        ("images.generate", ("x",), {"response_format": "url"}, "response_format"),
        ("images.generate", ("x",), {"moderation": "none"}, "moderation"),
        ("images.edit", (PNG, "x"), {"n": 2}, "n"),
        ("images.edit", ([], "x"), {}, "images"),
        ("audio.speech.create", ("",), {}, "input"),
        ("audio.speech.create", ("x",), {"speed": 9}, "speed"),
        ("audio.speech.create", ("x",), {"voice": {"id": "v"}}, "voice"),
        ("audio.transcriptions.create", (SOUND,), {"response_format": "srt"}, "response_format"),
    ],
)
def test_what_venice_would_refuse(
    ask: Teller, venice: Watched, path: str, arguments: Any, parameters: Any, param: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        ask(path, "venice/m", *arguments, **parameters)
    assert caught.value.param == param
    assert venice.sim.requests == []


def test_errors_are_venices(ask: Teller, venice: Watched) -> None:
    with pytest.raises(BadRequestError, match="response_format mp3 is not supported"):
        ask("audio.speech.create", "venice/tts-gradium-v1", "x", response_format="mp3")
    venice.sim.inject(faults.status(500))
    with pytest.raises(UnknownOutcomeError) as caught:
        ask("images.generate", MODEL, "x")
    assert isinstance(caught.value.__cause__, ImageGenerationError)
    assert venice.hits("/image/generate") == 1
    venice.sim.inject(faults.status(500), times=None)
    for stream in (False, True):
        with pytest.raises(AudioGenerationError):
            ask("audio.speech.create", "venice/tts-kokoro", "x", stream=stream, max_retries=0)


@worlds
def test_a_private_image(kind: str, venice: Watched) -> None:
    with pytest.raises(CapabilityError, match="privacy='private' was asked for"):
        Teller(kind, venice, privacy="private")("images.generate", "venice/some-unknown-model", "x")
    assert venice.sim.requests == []


def test_what_venice_has() -> None:
    can = onellm.get_provider("venice", api_key="k").operations()
    assert {"image_generation", "image_edit", "speech", "transcription"} <= {word.value for word in can}
    assert "translation" not in {word.value for word in can}
