"""Venice's `/models`: what each row says of a model, and what follows from it before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from onellm_providers.venice.models import read_model

import onellm
from onellm import Capability, CapabilityError, Prices
from tests.providers.venice_models import FLAGS, audio, embedding, image, text, unlike
from tests.providers.venice_schema import complaints
from tests.support import KEY, completion, serve, whole
from tests.wire import both

ROWS = [
    text(
        "seer", "supportsVision", "supportsFunctionCalling", "supportsReasoning", reasoningEffortOptions=["low", "high"]
    ),
    text("blind", "supportsResponseSchema"),
    embedding("vectors"),
    image("painter"),
    audio("speaker"),
    unlike("music-box", "music"),
]
LISTED = {"object": "list", "type": "all", "data": ROWS}


def test_the_rows_are_as_the_file_says(shared: Path) -> None:
    for row in ROWS:
        assert complaints(shared, "ModelResponse", row) == []


def test_models_asks_for_every_type() -> None:
    made = onellm.get_provider("venice", api_key=KEY).models()
    assert isinstance(made, onellm.Call)
    assert (made.method, made.url, made.effect) == (
        "GET",
        "https://api.venice.ai/api/v1/models?type=all",
        onellm.Effect.READ,
    )


def _listed(caller: Any, server: Any) -> dict[str, onellm.ModelInfo]:
    provider = onellm.get_provider("venice", api_key=KEY, base_url=server.url)
    return {info.id: info for info in caller.run(provider.models)}


@both
def test_models_are_read_with_what_they_can_do(caller: Any) -> None:
    with serve(whole(LISTED)) as server:
        found = _listed(caller, server)
    assert server.requests[0].path == "/v1/models?type=all"
    seer, blind = found["seer"], found["blind"]
    assert (seer.provider, seer.model, seer.source) == ("venice", "venice/seer", "Venice /models")
    can = {Capability.VISION, Capability.TOOLS, Capability.REASONING, Capability.CHAT}
    assert {word for word, answer in seer.capabilities.items() if answer} == can
    assert (seer.supports("audio_input"), seer.supports("json_schema"), seer.supports("e2ee")) == (False, False, False)
    assert seer.supports("realtime") is None  # the list says nothing of it
    assert (blind.supports("vision"), blind.supports("json_schema")) == (False, True)
    assert (seer.context_window, seer.max_output_tokens) == (131072, 8192)
    assert seer.prices == Prices(input=0.7, output=2.8, cache_read=0.35, cache_write=7.5)
    assert (seer.reasoning_efforts, blind.reasoning_efforts) == (("low", "high"), None)
    assert (seer.privacy, seer.deprecated) == ("private", "2027-03-01T00:00:00.000Z")


@both
@pytest.mark.parametrize(
    ("name", "does"),
    [
        ("vectors", Capability.EMBEDDINGS),
        ("painter", Capability.IMAGE_GENERATION),
        ("speaker", Capability.SPEECH),
        ("music-box", None),
    ],
)
def test_a_model_of_another_type_is_known_not_to_chat(caller: Any, name: str, does: Capability | None) -> None:
    with serve(whole(LISTED)) as server:
        info = _listed(caller, server)[name]
    assert (info.supports("chat"), info.supports("stream")) == (False, False)
    assert does is None or info.supports(does) is True


def test_what_was_learned_refuses_before_sending_and_names_others() -> None:
    """The suffix is no part of the listed id; what was not listed is not known."""
    picture = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]}]
    answer = whole(completion())
    with serve(whole(LISTED), answer) as server, onellm.OneLLM(providers=server.provider()) as client:
        assert client.supports("venice/blind", "vision") is None
        client.refresh_models("venice")
        assert client.supports("venice/blind:enable_web_search=on", "vision") is False
        assert client.model_info("venice/blind").as_of is not None
        for model in ("venice/blind", "venice/blind:enable_web_search=on", "venice/painter"):
            with pytest.raises(CapabilityError) as caught:
                client.chat.completions.create(model, picture)
            assert model == "venice/painter" or caught.value.alternatives[0] == "venice/seer"
        assert len(server.requests) == 1
        client.chat.completions.create("venice/seer", picture)
        client.chat.completions.create("venice/unlisted", picture)
    assert len(server.requests) == 3


def test_each_flag_of_the_file_is_read_or_known_to_be_left(shared: Path) -> None:
    row = text("m", *FLAGS)
    assert complaints(shared, "ModelResponse", row) == []
    able = {word.value for word, answer in read_model("venice", row).capabilities.items() if answer}
    assert able == {
        "audio_input", "chat", "e2ee", "json_schema", "logprobs", "reasoning", "tee", "tools", "video_input", "vision",
        "web_search",
    }  # fmt: skip
