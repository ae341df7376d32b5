"""Rows of servers that one runs oneself, and the host that nobody listed. No test reads the row itself."""

from __future__ import annotations

from typing import Any

import pytest

from onellm import (
    ConfigurationError,
    InvalidRequestError,
    get_provider,
)
from tests.support import DONE, chunk, completion, event, serve, whole
from tests.wire import USER, both, dump, received, received_stream, sent_messages, sent_parameters

VIDEO = {"role": "user", "content": [{"type": "video_url", "video_url": {"url": "https://h.example/a.mp4"}}]}


def test_llama_server_s_own_parameters_are_sent() -> None:
    own: dict[str, Any] = {
        "grammar": "root ::= \"a\"", "json_schema": {}, "mirostat": 2, "repeat_penalty": 1.1, "cache_prompt": True,
        "id_slot": 0, "samplers": ["top_k"], "n_probs": 3, "ignore_eos": True, "timings_per_token": True, "top_k": 40,
        "chat_template_kwargs": {"enable_thinking": False}, "reasoning_format": "auto",
    }  # fmt: skip
    assert sent_parameters("llama_server", **own) == own


def test_llama_server_s_timings_are_kept() -> None:
    answer = completion("High.", timings={"prompt_n": 3, "predicted_ms": 1.5}, __verbose={"x": 1})
    assert dump(received("llama_server", answer))["timings"] == {"prompt_n": 3, "predicted_ms": 1.5}
    data = event(chunk("High.")) + event(chunk(finish="stop", timings={"prompt_n": 3})) + DONE
    assert dump(received_stream("llama_server", data).final)["timings"] == {"prompt_n": 3}


def test_vllm_s_own_parameters_are_sent() -> None:
    own: dict[str, Any] = {
        "structured_outputs": {"json": {}}, "guided_choice": ["a"], "stop_token_ids": [1], "min_tokens": 1,
        "priority": 0,
        "length_penalty": 1.0, "chat_template_kwargs": {"enable_thinking": False}, "include_reasoning": False,
        "continue_final_message": True, "add_generation_prompt": False, "cache_salt": "s", "min_p": 0.1,
    }  # fmt: skip
    assert sent_parameters("vllm", **own) == own
    assert sent_messages("vllm", VIDEO) == [VIDEO]


@both
@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "max_tokens is too large", "type": "BadRequestError", "code": 400}},
        {
            "object": "error",
            "message": "max_tokens is too large",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
        {"detail": [{"loc": ["body", "max_tokens"], "msg": "max_tokens is too large", "type": "int_parsing"}]},
    ],
)
def test_vllm_s_error_bodies_are_read(caller: Any, body: dict[str, Any]) -> None:
    with (
        serve(whole(body, 400)) as server,
        pytest.raises(InvalidRequestError, match="max_tokens is too large") as caught,
    ):
        caller.chat({"vllm": {"base_url": server.url}}, "vllm/m")
    assert (caught.value.status, caught.value.provider) == (400, "vllm")


def test_vllm_s_extra_fields_are_kept_and_an_abort_is_an_error() -> None:
    answer = completion("Hi", prompt_logprobs=None, kv_transfer_params={"a": 1})
    answer["choices"][0].update(stop_reason=151645, finish_reason="abort")
    parsed = received("vllm", answer)
    assert (parsed.choices[0].finish_reason, parsed.choices[0].native_finish_reason) == ("error", "abort")
    assert dump(parsed)["choices"][0]["stop_reason"] == 151645


def test_a_host_that_nobody_listed_needs_a_base_url() -> None:
    with pytest.raises(ConfigurationError, match="OPENAI_COMPATIBLE_BASE_URL"):
        get_provider("openai_compatible")
    made = get_provider("openai_compatible", base_url="https://h.example")
    assert made.settings.base_url == "https://h.example/v1"


@both
def test_a_host_that_nobody_listed_is_called(caller: Any) -> None:
    with serve(whole(completion())) as server:
        answer = caller.chat(
            {"openai_compatible": {"base_url": server.url}}, "openai_compatible/org/m", [USER], top_k=3
        )
    assert server.requests[0].json == {"model": "org/m", "messages": [USER], "top_k": 3}
    assert answer.choices[0].message.content == "Hello"
