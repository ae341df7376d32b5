"""What a prediction is asked with: where it is created, and its inputs under the names of the model's schema."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from onellm import (
    Capability,
    CapabilityError,
    ChatRequest,
    ConfigurationError,
    InvalidRequestError,
    UnsupportedParameterError,
    get_provider,
)
from tests.providers.replicate.wire import (
    LLAMA,
    RECORDED_LLAMA,
    RECORDED_SDXL,
    VERSION,
    Played,
    inputs,
    model,
    play_chat,
    prediction,
    provider,
    shapes,
)
from tests.wire import USER, calling, result, tool_call

URL = "https://api.replicate.com/v1"
MESSAGES = shapes("system_prompt", messages={"type": "array"}, image_input={"type": "array"})
PICTURE = {"type": "image_url", "image_url": {"url": "https://h.example/cat.png"}}


def said(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


# -- where -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "schema", "create", "version"),
    [
        ("meta/llama", "models/meta/llama", "models/meta/llama/predictions", None),
        ("acme/x:v1", "models/acme/x/versions/v1", "predictions", "v1"),
        ("a b/c?d", "models/a%20b/c%3Fd", "models/a%20b/c%3Fd/predictions", None),
    ],
)
def test_a_model_by_name_or_version(name: str, schema: str, create: str, version: str | None) -> None:
    """Case URL-01: everything after the first slash of the model string is the model."""
    played = play_chat(name=name)
    assert [(call.method, call.url) for call in played.calls] == [
        ("GET", f"{URL}/{schema}"),
        ("POST", f"{URL}/{create}"),
    ]
    assert played.calls[1].json.get("version") == version


def test_a_version_alone_has_no_schema_that_could_be_asked_for() -> None:
    more: dict[str, Any] = {"own": 1}
    played = Played(provider().chat(ChatRequest(model=VERSION, messages=[USER], **more)), prediction())
    assert [call.url for call in played.calls] == [f"{URL}/predictions"]
    assert played.calls[0].json == {"input": {"prompt": "Hi", "own": 1}, "version": VERSION}


def test_a_deployment_runs_a_version() -> None:
    release = {"current_release": {"model": "meta/llama", "version": VERSION}}
    request = ChatRequest(model="deployments/me/mine", messages=[USER])
    version = model()["latest_version"]
    played = Played(provider().chat(request), release, version, prediction())
    assert [call.url for call in played.calls] == [
        f"{URL}/deployments/me/mine",
        f"{URL}/models/meta/llama/versions/{VERSION}",
        f"{URL}/deployments/me/mine/predictions",
    ]
    assert "version" not in played.calls[2].json


@pytest.mark.parametrize("name", ["a/b/c", "/b", "a/", "llama", "gpt-4o:1", "deployments/x", "deployments/a/b:c", ""])
def test_what_is_no_model_is_told_at_once(name: str) -> None:
    with pytest.raises(InvalidRequestError, match="owner/name"):
        provider().chat(ChatRequest(model=name, messages=[USER]))


@pytest.mark.parametrize(
    "base", ["https://h.example", "https://h.example/", "https://h.example/v1", "https://h.example/v1/"]
)
def test_base_urls(base: str) -> None:
    """Case URL-03: with and without `/v1`, since Replicate's own SDK takes REPLICATE_BASE_URL without."""
    made = provider(base_url=base)
    assert next(made.chat(ChatRequest(model=LLAMA, messages=[USER]))).url == f"https://h.example/v1/models/{LLAMA}"  # type: ignore[union-attr]


def test_the_schema_is_asked_for_once() -> None:
    made, request = provider(), ChatRequest(model=LLAMA, messages=[USER])
    assert len(Played(made.chat(request), model(), prediction()).calls) == 2
    assert len(Played(made.chat(request), prediction()).calls) == 1
    assert made.info(LLAMA).supports(Capability.VISION) is False
    assert made.info("other/model").supports(Capability.VISION) is None


def test_settings_are_headers_of_the_creation_alone() -> None:
    made = provider(cancel_after="5m", headers={"X-Team": "a"})
    request = ChatRequest(model=LLAMA, messages=[USER], extra_headers={"Prefer": "wait=5", "X-Trace": "1"})
    played = Played(made.chat(request), model(), prediction("starting"), prediction())
    assert played.calls[1].headers == {"Cancel-After": "5m", "X-Team": "a", "Prefer": "wait=5", "X-Trace": "1"}
    assert played.calls[2].headers == {"X-Team": "a", "X-Trace": "1"}
    assert played.slept == [0.5]
    for wrong in ("fast", -1, True):
        with pytest.raises(ConfigurationError, match="poll_interval"):
            provider(poll_interval=wrong).chat(request)


# -- parameters ------------------------------------------------------------------------------------------------------


def test_only_what_was_given_is_sent() -> None:
    """Cases PAR-04 and PAR-13: nothing is made up, and None is absent."""
    body = play_chat(temperature=None, stop=None, tools=None, extra_body=None).calls[1].json
    assert body == {"input": {"prompt": "Hi"}}


def test_parameters_have_the_schema_s_names() -> None:
    assert inputs(max_tokens=5, temperature=0.5, top_p=1, top_k=3, seed=7, stop=["a", "b"], min_new_tokens=2) == {
        "prompt": "Hi", "max_new_tokens": 5, "temperature": 0.5, "top_p": 1, "top_k": 3, "seed": 7,
        "stop_sequences": "a,b", "min_new_tokens": 2,
    }  # fmt: skip
    assert inputs(shapes("effort", max_tokens={}), max_completion_tokens=9, reasoning_effort="low") == {
        "prompt": "Hi", "max_tokens": 9, "effort": "low",
    }  # fmt: skip
    assert inputs(shapes(stop={"type": "array"}), stop="a,b")["stop"] == ["a,b"]


def test_zero_is_a_value() -> None:
    """Case PAR-03."""
    assert inputs(top_p=0, seed=0, top_k=0)["seed"] == 0
    assert inputs(shapes(temperature={"type": "number"}), temperature=0)["temperature"] == 0


def test_a_stop_with_a_comma_cannot_be_told() -> None:
    with pytest.raises(UnsupportedParameterError, match="commas"):
        inputs(stop=["a,b"])
    assert inputs(stop=["a,b"], unsupported="drop") == {"prompt": "Hi"}


@pytest.mark.parametrize(
    "given",
    [{"n": 2}, {"logprobs": True}, {"response_format": {"type": "json_object"}}, {"min_p": 0.1}, {"user": "u"}],
)
def test_what_the_schema_has_not_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParameterError) as caught:
        inputs(**given)
    assert caught.value.param == next(iter(given))
    played = play_chat(unsupported="drop", **given)
    assert (played.calls[1].json, played.calls[1].dropped) == ({"input": {"prompt": "Hi"}}, tuple(given))


def test_tools_are_refused_even_where_an_input_has_their_name() -> None:
    """What comes out is a text, in which no call could be told from the rest."""
    with pytest.raises(UnsupportedParameterError):
        inputs(shapes(tools={"type": "array"}), tools=[{"type": "function", "function": {"name": "f"}}])
    assert provider().info("any/model").supports(Capability.TOOLS) is False


def test_what_asks_for_nothing_is_left_out() -> None:
    assert inputs(n=1, logprobs=False, response_format={"type": "text"}) == {"prompt": "Hi"}


@pytest.mark.parametrize(
    ("schemas", "given", "param"),
    [
        (RECORDED_LLAMA, {"temperature": 0}, "temperature"),
        (RECORDED_LLAMA, {"top_p": 1.5}, "top_p"),
        (RECORDED_LLAMA, {"max_tokens": 0}, "max_new_tokens"),
        (shapes(effort={"enum": ["low", "high"]}), {"reasoning_effort": "medium"}, "effort"),
    ],
)
def test_values_are_checked_by_the_schema(schemas: Any, given: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        inputs(schemas, **given)
    assert caught.value.param == param


def test_an_input_that_is_missing_is_told() -> None:
    needs = {**RECORDED_LLAMA, "Input": {**RECORDED_LLAMA["Input"], "required": ["prompt", "replicate_weights"]}}
    with pytest.raises(InvalidRequestError, match="replicate_weights"):
        inputs(needs)
    assert inputs(needs, extra_body={"input": {"replicate_weights": "w"}})["replicate_weights"] == "w"


def test_without_a_schema_what_is_common_goes() -> None:
    """What is not known never blocks."""
    assert inputs({}, temperature=0, max_tokens=5, own=1) == {
        "prompt": "Hi", "max_tokens": 5, "temperature": 0, "own": 1,
    }  # fmt: skip
    with pytest.raises(UnsupportedParameterError):
        inputs({}, tools=[{"type": "function", "function": {"name": "f"}}])
    with pytest.raises(UnsupportedParameterError):
        inputs({}, logit_bias={"1": 1})


def test_extra_fields_and_inputs() -> None:
    body = play_chat(extra_body={"webhook": "https://h.example", "input": {"debug": True}}).calls[1].json
    assert body == {"input": {"prompt": "Hi", "debug": True}, "webhook": "https://h.example"}
    for name in ("stream", "version"):
        with pytest.raises(InvalidRequestError):
            inputs(extra_body={name: 1})


def test_stream_options_are_told_as_dropped() -> None:
    assert play_chat(stream_options={"include_usage": True}).calls[1].dropped == ("stream_options",)


def test_a_model_of_files_does_not_chat() -> None:
    with pytest.raises(CapabilityError, match="files"):
        inputs(RECORDED_SDXL)
    made = provider()
    cast("Any", Played)(made.schema("stability-ai/sdxl"), model(RECORDED_SDXL))
    assert made.info("stability-ai/sdxl").supports(Capability.CHAT) is False


# -- messages --------------------------------------------------------------------------------------------------------


def test_system_messages_and_runs() -> None:
    """Case MSG-06: messages of one role become one text, with an empty line between."""
    talk = [
        {"role": "system", "content": "A"}, {"role": "developer", "content": "B"},
        {"role": "user", "content": [said("x"), said("y")]}, {"role": "user", "content": "z"},
    ]  # fmt: skip
    assert inputs(messages=talk) == {"prompt": "x\ny\n\nz", "system_prompt": "A\n\nB"}


def test_a_system_message_that_the_model_cannot_take() -> None:
    talk = [{"role": "system", "content": "A"}, USER]
    with pytest.raises(UnsupportedParameterError) as caught:
        inputs(shapes(), messages=talk)
    assert caught.value.param == "messages[0]"
    played = play_chat(shapes(), talk, unsupported="drop")
    assert (played.calls[1].json["input"], played.calls[1].dropped) == ({"prompt": "Hi"}, ("messages[0]",))


def test_no_user_message() -> None:
    """Case MSG-05: a typed local error."""
    with pytest.raises(InvalidRequestError, match="user"):
        inputs(messages=[{"role": "system", "content": "A"}])


CONVERSATION = [USER, {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "Again"}]


@pytest.mark.parametrize("unsupported", ["raise", "drop"])
@pytest.mark.parametrize("schemas", [RECORDED_LLAMA, {}], ids=["prompt", "unknown"])
def test_a_conversation_is_not_written_into_a_prompt(schemas: Any, unsupported: str) -> None:
    with pytest.raises(UnsupportedParameterError, match="conversation") as caught:
        inputs(schemas, CONVERSATION, unsupported=unsupported)
    assert caught.value.param == "messages[1]"


def test_a_conversation_goes_where_the_model_takes_messages() -> None:
    talk = [{"role": "developer", "content": "A"}, *CONVERSATION, {"role": "assistant", "content": None}]
    assert inputs(MESSAGES, talk) == {
        "messages": [
            {"role": "system", "content": "A"}, {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "Again"},
        ]
    }  # fmt: skip
    assert inputs(MESSAGES) == {"prompt": "Hi"}


@pytest.mark.parametrize("schemas", [RECORDED_LLAMA, MESSAGES])
def test_a_history_of_tools_is_refused(schemas: Any) -> None:
    talk = [USER, calling(tool_call()), result()]
    with pytest.raises(UnsupportedParameterError):
        inputs(schemas, talk)
    with pytest.raises(InvalidRequestError, match="has no result"):
        inputs(schemas, talk[:2])


def test_images() -> None:
    """Case MM-05: by URL, as a plain text too, and as data; the service takes both."""
    one = shapes(image={"type": "string", "format": "uri"})
    data = "data:image/png;base64,iVBORw0KGgo="
    for url in ("https://h.example/cat.png", data):
        for part in ({"type": "image_url", "image_url": url}, {"type": "image_url", "image_url": {"url": url}}):
            assert inputs(one, [{"role": "user", "content": [said("What?"), part]}]) == {
                "prompt": "What?",
                "image": url,
            }
    several = [{"role": "user", "content": [PICTURE, PICTURE, said("What?")]}]
    url = PICTURE["image_url"]["url"]  # type: ignore[index]
    assert inputs(MESSAGES, several) == {"prompt": "What?", "image_input": [url, url]}
    with pytest.raises(UnsupportedParameterError, match="one image"):
        inputs(one, several)
    with pytest.raises(UnsupportedParameterError, match="no images"):
        inputs(RECORDED_LLAMA, several)
    detailed = {"type": "image_url", "image_url": {"url": url, "detail": "high"}}
    with pytest.raises(UnsupportedParameterError, match="detail"):
        inputs(one, [{"role": "user", "content": [said("What?"), detailed]}])


def test_an_order_that_cannot_be_told_is_refused() -> None:
    """Case MM-12: the model has one prompt and images beside it, so an image between two texts would move."""
    with pytest.raises(UnsupportedParameterError, match="between"):
        inputs(MESSAGES, [{"role": "user", "content": [said("A"), PICTURE, said("B"), PICTURE]}])
    with pytest.raises(UnsupportedParameterError):
        inputs(MESSAGES, [{"role": "user", "content": [said("A"), PICTURE]}, USER])
    with pytest.raises(UnsupportedParameterError):
        inputs(MESSAGES, [{"role": "user", "content": [said("A"), PICTURE]}, *CONVERSATION[1:]])


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}]},
        {"role": "user", "content": "Hi", "name": "Ann"},
    ],
)
def test_what_a_prompt_cannot_say_is_told(message: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParameterError):
        inputs(messages=[USER, message])
    assert play_chat(messages=[USER, message], unsupported="drop").calls[1].dropped


@pytest.mark.parametrize("message", [{"role": "robot", "content": "x"}, {"role": "user", "content": 5}])
def test_what_is_no_message(message: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        inputs(messages=[message])


def test_the_key_goes_to_the_service_s_own_hosts_alone() -> None:
    """The URL of a stream comes in an answer; another host gets no key, and no plain http."""
    request = ChatRequest(model=LLAMA, messages=[USER])

    def opened(url: str) -> Any:
        return Played(provider().chat_stream(request), model(), prediction("starting", urls={"stream": url})).result

    for host in ("stream.replicate.com", "streaming-api.svc.rno2.c.replicate.net", "api.replicate.com"):
        assert opened(f"https://{host}/v1/streams/s").auth is not None
    for host in ("replicate.com.evil.example", "evilreplicate.com", "cdn.example"):
        assert opened(f"https://{host}/s").auth is None
    for url in ("http://stream.replicate.com/s", "file:///etc/passwd", "https://a:b@stream.replicate.com/s", "no url"):
        urls = {"stream": url}
        played = Played(provider().chat_stream(request), model(), prediction("starting", urls=urls), prediction())
        assert [call.method for call in played.calls] == ["GET", "POST", "GET"]
    own = get_provider("replicate", api_key="k" * 20, base_url="https://gateway.example/v1")
    urls = {"stream": "https://stream.replicate.com/s"}
    played = Played(cast("Any", own.chat_stream(request)), model(), prediction("starting", urls=urls))
    assert played.result.auth is None
    assert json.dumps(played.calls[1].json)
