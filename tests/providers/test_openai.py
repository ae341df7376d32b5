"""OpenAI's chat completions: every parameter and part of its reference, answers, streams, settings."""

from __future__ import annotations

from typing import Any

import pytest

import onellm
from onellm import (
    CapabilityError,
    ConfigurationError,
    InvalidRequestError,
    ModelNotFoundError,
    UnsupportedParameterError,
)
from tests.support import DONE, KEY, completion, event, serve, streamed, whole
from tests.wire import (
    USER,
    both,
    call,
    calling,
    dump,
    provider,
    received,
    received_stream,
    result,
    sent_messages,
    sent_parameters,
    stream_call,
    tool,
)

FORMAT = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": True}}
CUSTOM = {"type": "custom", "custom": {"name": "c", "format": {"type": "text"}}}
PARAMETERS: dict[str, Any] = {
    "audio": {"format": "wav", "voice": "ash"}, "frequency_penalty": -2, "logit_bias": {"50256": -100},
    "logprobs": True,
    "max_completion_tokens": 100, "metadata": {"a": "b"}, "modalities": ["text", "audio"], "n": 2,
    "moderation": {"model": "omni-moderation-latest"}, "parallel_tool_calls": False, "presence_penalty": 2,
    "prediction": {"type": "content", "content": "x"}, "prompt_cache_key": "k", "prompt_cache_retention": "24h",
    "prompt_cache_options": {"mode": "explicit", "ttl": "30m"}, "reasoning_effort": "minimal",
    "response_format": FORMAT,
    "safety_identifier": "s", "seed": 0, "service_tier": "flex", "stop": ["a", "b"], "store": True, "temperature": 2,
    "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [tool()]}}, "top_logprobs": 20,
    "tools": [tool(strict=True), CUSTOM], "top_p": 1, "user": "u", "verbosity": "low",
    "web_search_options": {"search_context_size": "low"},
}  # fmt: skip
"""POST /chat/completions of OpenAI's API reference, August 2026, without the deprecated and the streaming ones."""


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_is_sent_as_it_was_given(name: str) -> None:
    needs: dict[str, Any] = {"top_logprobs": {"logprobs": True}, "parallel_tool_calls": {"tools": [tool()]}}
    needs["tool_choice"] = {"tools": [tool()]}
    given = {name: PARAMETERS[name], **needs.get(name, {})}
    assert sent_parameters("openai", **given) == given
    streamed_body = stream_call("openai", **given).json
    assert streamed_body.items() >= {**given, "stream": True, "stream_options": {"include_usage": True}}.items()


def test_all_parameters_at_once() -> None:
    assert sent_parameters("openai", **PARAMETERS) == PARAMETERS


@pytest.mark.parametrize(
    ("name", "value"),
    [("temperature", 2.1), ("temperature", -1), ("top_p", 1.1), ("n", 0), ("n", 129), ("frequency_penalty", -2.5),
     ("presence_penalty", 3), ("stop", list("abcde")), ("temperature", float("nan")), ("temperature", "warm"),
     ("n", "many"), ("messages", 7), ("tools", {}), ("logprobs", "maybe")],
)  # fmt: skip
def test_what_openai_refuses_is_refused_here(name: str, value: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        call("openai", **{name: value})
    assert (caught.value.param, caught.value.status) == (name, None)


@pytest.mark.parametrize("name", ["top_k", "min_p", "repetition_penalty", "reasoning", "venice_parameters", "provider"])
def test_what_openai_does_not_take_is_refused_here(name: str) -> None:
    given: dict[str, Any] = {name: {} if name in ("reasoning", "venice_parameters", "provider") else 1}
    with pytest.raises(UnsupportedParameterError) as caught:
        call("openai", **given)
    assert caught.value.param == name


PARTS = [
    {"type": "text", "text": "Look.", "prompt_cache_breakpoint": {"mode": "explicit"}},
    {"type": "image_url", "image_url": {"url": "https://h.example/a.png", "detail": "high"}},
    {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
    {"type": "file", "file": {"file_id": "file-1"}},
    {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf"}},
]


def test_every_part_is_sent_as_it_was_given() -> None:
    message = {"role": "user", "content": PARTS}
    assert sent_messages("openai", message) == [message]


def test_a_string_as_part_and_as_url_is_written_out() -> None:
    given = {"role": "user", "content": ["Look.", {"type": "image_url", "image_url": "https://h.example/a.png"}]}
    image = {"type": "image_url", "image_url": {"url": "https://h.example/a.png"}}
    assert sent_messages("openai", given)[0]["content"] == [{"type": "text", "text": "Look."}, image]


@both
def test_video_is_known_not_to_be_taken(caller: Any) -> None:
    video = [{"role": "user", "content": [{"type": "video_url", "video_url": {"url": "https://h.example/a.mp4"}}]}]
    with serve(whole(completion())) as server, pytest.raises(CapabilityError, match="takes no video"):
        caller.chat(server.provider(), messages=video)
    assert not server.requests


def test_history_of_every_kind_is_sent() -> None:
    custom = {"id": "call_2", "type": "custom", "custom": {"name": "c", "input": "x"}}
    history: list[dict[str, Any]] = [
        {"role": "developer", "content": "Be terse."},
        {"role": "system", "content": [{"type": "text", "text": "Be kind."}]},
        {"role": "user", "name": "bob", "content": "Hi"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
        {"role": "assistant", "content": "Hello", "refusal": "No.", "audio": {"id": "audio_1"}},
        {"role": "assistant", "content": None, "tool_calls": [custom]},
        result("call_2", [{"type": "text", "text": "ok"}]),
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "ok"},
        USER,
    ]
    assert sent_messages("openai", *history) == history
    spoken = {**history[4], "audio": {"id": "audio_1", "data": "AAAA", "expires_at": 1, "transcript": "Hello"}}
    assert sent_messages("openai", spoken, USER)[0] == history[4]


def test_a_custom_call_is_read_and_replayed() -> None:
    custom = {"id": "call_2", "type": "custom", "custom": {"name": "c", "input": "x = 1"}}
    answer = completion(None)
    answer["choices"][0]["message"]["tool_calls"] = [custom]
    message = received("openai", answer).choices[0].message
    assert message.tool_calls is not None
    assert message.tool_calls[0].custom is not None
    assert (message.tool_calls[0].type, message.tool_calls[0].custom.input) == ("custom", "x = 1")
    assert sent_messages("openai", USER, message, result("call_2"))[1] == {**calling(), "tool_calls": [custom]}


def test_everything_of_an_answer_is_kept() -> None:
    citation = {"type": "url_citation", "url_citation": {"start_index": 0, "end_index": 1, "title": "T", "url": "u"}}
    audio = {"id": "audio_1", "data": "AAAA", "expires_at": 1, "transcript": "Hello"}
    answer = completion(
        "Hello", service_tier="flex", system_fingerprint="fp", moderation={"flagged": False}, metadata={}
    )
    answer["choices"][0]["message"].update(annotations=[citation], audio=audio)
    found = dump(received("openai", answer))
    assert found["choices"][0]["message"]["annotations"] == [citation]
    assert found["choices"][0]["message"]["audio"] == audio
    assert (
        found.items() >= {"service_tier": "flex", "system_fingerprint": "fp", "moderation": {"flagged": False}}.items()
    )


def _fragment(call_id: str | None, name: str | None, arguments: str) -> dict[str, Any]:
    function = {"arguments": arguments, **({"name": name} if name else {})}
    return {"index": 0, "function": function, **({"id": call_id, "type": "function"} if call_id else {})}


HEAD = {"id": "chatcmpl-A1", "object": "chat.completion.chunk", "created": 1790000000, "model": "gpt-6-luna"}
DELTAS: list[tuple[dict[str, Any], str | None]] = [
    ({"role": "assistant", "content": ""}, None),
    ({"tool_calls": [_fragment("call_9", "tide", "")]}, None),
    ({"tool_calls": [_fragment(None, None, '{"port":"Oban"}')]}, None),
    ({}, "tool_calls"),
]
LAST = {"prompt_tokens": 41, "completion_tokens": 12, "total_tokens": 53}
STREAM = b"".join(
    event({
        **HEAD, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], "usage": None, "obfuscation": "x7",
        "service_tier": "default",
    })
    for delta, finish in DELTAS
) + event({**HEAD, "choices": [], "usage": LAST}) + DONE  # fmt: skip
"""The stream of OpenAI's reference, with obfuscation on."""


@both
def test_the_reference_s_stream(caller: Any) -> None:
    with serve(streamed(STREAM)) as server:
        stream = caller.chat_stream(server.provider())
    assert server.requests[0].json["stream_options"] == {"include_usage": True}
    assert all(item.choices for item in stream.events)
    assert [item.usage is not None for item in stream.events] == [False, False, False, True]
    final = stream.final
    choice = final.choices[0]
    assert (final.id, final.model, final.object, final.service_tier) == (
        "chatcmpl-A1",
        "gpt-6-luna",
        "chat.completion",
        "default",
    )
    assert (choice.message.content, choice.finish_reason) == (None, "tool_calls")
    assert [(c.id, c.function.name, c.function.arguments) for c in choice.message.tool_calls] == [
        ("call_9", "tide", '{"port":"Oban"}')
    ]
    assert final.usage.model_dump(include=set(LAST)) == LAST
    assert "obfuscation" not in dump(final)


@pytest.mark.parametrize("asked", [True, False])
def test_who_speaks_of_usage_gets_the_stream_as_it_comes(asked: bool) -> None:
    body = stream_call("openai", stream_options={"include_usage": asked, "include_obfuscation": False}).json
    assert body["stream_options"] == {"include_usage": asked, "include_obfuscation": False}
    stream = received_stream("openai", STREAM, stream_options={"include_usage": True})
    assert stream.chunks[-1].choices == []
    assert stream.chunks[-1].usage is not None


@both
def test_organization_and_project_are_headers(caller: Any) -> None:
    with serve(whole(completion())) as server:
        caller.chat(server.provider(organization="org-1", project="proj-1"))
    headers = server.requests[0].headers
    assert (headers["openai-organization"], headers["openai-project"]) == ("org-1", "proj-1")
    assert headers["authorization"] == f"Bearer {KEY}"
    with pytest.raises(ConfigurationError, match="organisation"):
        provider("openai", organisation="org-1")


@both
def test_headers_of_the_settings_of_the_client_and_of_the_call(caller: Any) -> None:
    with serve(whole(completion())) as server:
        providers = server.provider(headers={"X-A": "settings", "X-B": "settings", "X-C": "settings"})
        caller.chat(providers, extra_headers={"X-A": "call"}, client={"headers": {"X-A": "client", "X-B": "client"}})
    headers = server.requests[0].headers
    assert [headers[name] for name in ("x-a", "x-b", "x-c")] == ["call", "client", "settings"]


@pytest.mark.parametrize(
    "header", ["Authorization", "x-api-key", "HOST", "Content-Length", "Cookie", "bad header", "X\r\nY"]
)
def test_a_reserved_or_broken_header_is_refused(header: str) -> None:
    with pytest.raises(InvalidRequestError):
        call("openai", extra_headers={header: "x"})
    with pytest.raises(InvalidRequestError):
        call("openai", extra_headers={"X-Fine": "a\r\nInjected: 1"})


@both
def test_models_are_listed_and_a_model_that_is_not_there_is_named(caller: Any) -> None:
    listed = {"object": "list", "data": [{"id": "gpt-6-luna", "object": "model", "created": 1, "owned_by": "openai"}]}
    missing = {
        "error": {"message": "The model `x` does not exist", "type": "invalid_request_error", "code": "model_not_found"}
    }
    with serve(whole(listed), whole(missing, 404)) as server:
        models = caller.run(lambda: onellm.get_provider("openai", api_key=KEY, base_url=server.url).models())
        with pytest.raises(ModelNotFoundError, match="onellm models openai") as caught:
            caller.chat(server.provider(), "openai/x")
    assert [info.model for info in models] == ["openai/gpt-6-luna"]
    assert models[0].supports("vision") is None
    assert (caught.value.status, caught.value.code, caught.value.model) == (404, "model_not_found", "x")
    assert server.requests[0].path == "/v1/models"


@both
def test_rate_limits_are_the_service_s_own_words(caller: Any) -> None:
    headers = {
        "x-ratelimit-limit-requests": "10000", "x-ratelimit-remaining-requests": "9999",
        "x-ratelimit-reset-requests": "6m0s", "x-ratelimit-remaining-tokens": "junk", "openai-processing-ms": "12",
    }  # fmt: skip
    with serve(whole(completion(), headers=headers)) as server:
        meta = caller.chat(server.provider()).meta
    limit = meta.rate_limits["requests"]
    assert (limit.limit, limit.remaining, limit.reset) == (10000, 9999, "6m0s")
    assert meta.rate_limits["tokens"].remaining is None
    assert meta.headers["openai-processing-ms"] == "12"
