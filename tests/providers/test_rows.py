"""The rows: what each OpenAI-compatible host takes and answers in its own way. No test reads the row itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onellm import (
    MissingAPIKeyError,
    ServerError,
    UnsupportedParameterError,
    get_provider,
)
from tests.support import DONE, KEY, chunk, completion, event, serve, streamed, whole
from tests.wire import both, call, dump, received, sent_messages, sent_parameters, stream_call

VIDEO = {"role": "user", "content": [{"type": "video_url", "video_url": {"url": "https://h.example/a.mp4"}}]}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ONELLM_CONFIG_DIR", str(tmp_path))
    for name in ("OPENROUTER", "OR", "GROQ", "LLAMA_SERVER", "LLAMA", "VLLM", "OPENAI_COMPATIBLE"):
        for suffix in ("API_KEY", "BASE_URL"):
            monkeypatch.delenv(f"{name}_{suffix}", raising=False)


@both
@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("openrouter", "OPENROUTER_API_KEY"),
        ("openrouter", "OR_API_KEY"),
        ("groq", "GROQ_API_KEY"),
        ("llama_server", "LLAMA_SERVER_API_KEY"),
        ("llama_server", "LLAMA_API_KEY"),
        ("vllm", "VLLM_API_KEY"),
        ("openai_compatible", "OPENAI_COMPATIBLE_API_KEY"),
    ],
)
def test_key_and_base_url_come_from_the_environment(
    caller: Any, name: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(whole(completion())) as server:
        monkeypatch.setenv(variable, KEY)
        monkeypatch.setenv(f"{name.upper()}_BASE_URL", server.url)
        caller.chat(None, f"{name}/m")
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert server.requests[0].path == "/v1/chat/completions"


@both
@pytest.mark.parametrize("name", ["openrouter", "groq"])
def test_a_host_that_needs_a_key_is_not_called_without(caller: Any, name: str) -> None:
    with serve(whole(completion())) as server, pytest.raises(MissingAPIKeyError, match=f"{name.upper()}_API_KEY"):
        caller.chat({name: {"base_url": server.url}}, f"{name}/m")
    assert not server.requests


# -- openrouter --------------------------------------------------------------------------------------------------------


def test_openrouter_s_own_parameters_are_sent() -> None:
    own: dict[str, Any] = {
        "provider": {"order": ["a"], "allow_fallbacks": False}, "models": ["a/b"], "route": "fallback", "top_a": 0.1,
        "transforms": ["middle-out"], "plugins": [{"id": "web"}], "session_id": "s", "usage": {"include": True},
        "top_k": 3, "min_p": 0.1, "repetition_penalty": 1.1, "modalities": ["image", "text"], "user": "u",
        "prediction": {"type": "content", "content": "x"}, "reasoning": {"max_tokens": 100, "exclude": True},
    }  # fmt: skip
    assert sent_parameters("openrouter", **own) == own


@pytest.mark.parametrize(("effort", "wire"), [("none", "none"), ("high", "high"), ("xhigh", "xhigh"), ("max", "xhigh")])
def test_openrouter_takes_the_effort_inside_reasoning(effort: str, wire: str) -> None:
    assert sent_parameters("openrouter", reasoning_effort=effort) == {"reasoning": {"effort": wire}}
    body = stream_call("openrouter", reasoning_effort=effort, reasoning={"exclude": True}).json
    assert body["reasoning"] == {"exclude": True, "effort": wire}


def test_openrouter_takes_video_and_cache_marks() -> None:
    assert sent_messages("openrouter", VIDEO) == [VIDEO]


def test_openrouter_s_answer_is_kept_whole() -> None:
    pictures = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
    usage = {
        "prompt_tokens": 9, "completion_tokens": 8, "total_tokens": 17, "cost": 0.00002, "is_byok": False,
        "cost_details": {"upstream_inference_cost": None}, "prompt_tokens_details": {"cached_tokens": 0},
    }  # fmt: skip
    answer = completion("High.", provider="X", usage=usage)
    answer["choices"][0]["native_finish_reason"] = "end_turn"
    answer["choices"][0]["message"].update(images=pictures, annotations=[], reasoning=None)
    parsed = received("openrouter", answer)
    found = dump(parsed)
    assert found["provider"] == "X"
    assert found["choices"][0]["message"]["images"] == pictures
    assert found["choices"][0]["native_finish_reason"] == "end_turn"
    assert parsed.usage is not None
    assert parsed.usage.cost == 0.00002
    assert found["usage"]["is_byok"] is False


ODD = b"""\
: OPENROUTER PROCESSING

data: {"id":"gen-1","provider":"X","model":"v/m","object":"chat.completion.chunk","created":1790000000,"choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":"Tide.","reasoning_details":[{"type":"reasoning.text","text":"Tide.","index":0}]},"finish_reason":null,"native_finish_reason":null}]}

data: {"id":"gen-1","provider":"X","model":"v/m","object":"chat.completion.chunk","created":1790000000,"choices":[{"index":0,"delta":{"content":"High at 4."},"finish_reason":"stop","native_finish_reason":"end_turn"}]}

data: {"id":"gen-1","provider":"X","model":"v/m","object":"chat.completion.chunk","created":1790000000,"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":8,"total_tokens":17,"cost":0.00002}}

data: [DONE]

"""  # noqa: E501
"""Section 3 of the notes on compatible hosts."""


@both
def test_the_odd_things_of_an_openrouter_stream(caller: Any) -> None:
    with serve(streamed(ODD)) as server:
        stream = caller.chat_stream(server.provider(), "openrouter/v/m")
    choice = stream.final.choices[0]
    assert stream.error is None
    assert (choice.message.content, choice.message.reasoning_content) == ("High at 4.", "Tide.")
    assert (choice.finish_reason, choice.native_finish_reason) == ("stop", "end_turn")
    assert (stream.final.usage.total_tokens, stream.final.usage.cost, stream.final.model) == (17, 0.00002, "v/m")
    assert choice.message.provider_state["openrouter"]["reasoning_details"][0]["text"] == "Tide."


@both
def test_openrouter_s_error_chunk_is_an_error(caller: Any) -> None:
    failed = chunk(choices=[{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}])
    failed["error"] = {"code": 502, "message": "Provider disconnected", "metadata": {"provider_name": "X"}}
    with serve(streamed(event(chunk("High")), event(failed), DONE)) as server:
        stream = caller.chat_stream(server.provider(), "openrouter/v/m")
    error = getattr(stream.error, "cause", None) or stream.error
    assert stream.text == "High"
    assert isinstance(error, ServerError)
    assert (error.status, error.body["error"]["metadata"]["provider_name"]) == (502, "X")


@both
def test_openrouter_s_models_say_what_they_can_do(caller: Any) -> None:
    row = {
        "id": "a/b:free", "context_length": 200000, "top_provider": {"max_completion_tokens": 64000},
        "pricing": {"prompt": "0.000003", "completion": "0.000015", "input_cache_read": "0.0000003", "image": "0"},
        "supported_parameters": ["tools", "temperature", "reasoning"],
        "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
    }  # fmt: skip
    auto = {"id": "openrouter/auto", "pricing": {"prompt": "-1", "completion": "-1"}}
    with serve(whole({"data": [row, auto, {"no": "id"}]})) as server:
        url = server.url
        found = caller.run(lambda: get_provider("openrouter", api_key=KEY, base_url=url).models())
    first, second = found
    assert first.model == "openrouter/a/b:free"
    assert (first.context_window, first.max_output_tokens) == (200000, 64000)
    assert first.prices is not None
    assert (first.prices.input, first.prices.output) == (pytest.approx(3.0), pytest.approx(15.0))
    assert (first.prices.cache_read, first.prices.cache_write) == (pytest.approx(0.3), None)
    words = ("vision", "tools", "reasoning", "audio_input", "json_schema", "image_output", "prompt_caching")
    assert [first.supports(word) for word in words] == [True, True, True, False, False, False, None]
    assert (second.prices, second.supports("vision")) == (None, None)


# -- groq --------------------------------------------------------------------------------------------------------------


def test_groq_s_own_parameters_are_sent() -> None:
    own: dict[str, Any] = {
        "reasoning_format": "parsed", "documents": [{"text": "x"}],
        "service_tier": "on_demand",
        "citation_options": "enabled", "search_settings": {"country": "GB"}, "compound_custom": {},
        "disable_tool_validation": True, "reasoning_effort": "default", "temperature": 0, "n": 1,
    }  # fmt: skip
    assert sent_parameters("groq", **own) == own


@pytest.mark.parametrize("name", ["logprobs", "top_logprobs", "logit_bias", "store", "metadata", "frequency_penalty"])
def test_groq_refuses_what_it_answers_400_to(name: str) -> None:
    values: dict[str, Any] = {"logit_bias": {"1": 1}, "metadata": {"a": "b"}}
    with pytest.raises(UnsupportedParameterError) as caught:
        call("groq", **{name: values.get(name, 1)})
    assert caught.value.param == name


@both
def test_groq_s_stream_has_usage_and_reasoning_under_its_own_names(caller: Any) -> None:
    usage = {"prompt_tokens": 4, "completion_tokens": 5, "total_tokens": 9, "queue_time": 0.1}
    data = (
        event(chunk(choices=[{"index": 0, "delta": {"reasoning": "Tide."}}], x_groq={"id": "req_1"}))
        + event(chunk("High.")) + event(chunk(finish="stop", x_groq={"id": "req_1", "usage": usage})) + DONE
    )  # fmt: skip
    with serve(streamed(data)) as server:
        stream = caller.chat_stream(server.provider(), "groq/m")
    message = stream.final.choices[0].message
    assert (message.content, message.reasoning_content) == ("High.", "Tide.")
    assert (stream.final.usage.prompt_tokens, stream.final.usage.total_tokens) == (4, 9)
    assert stream.events[-1].usage.completion_tokens == 5
