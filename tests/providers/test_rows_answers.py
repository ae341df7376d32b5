"""What is made of each row's own answers, whole and streamed, written out. No test reads the row."""

from __future__ import annotations

from typing import Any

import pytest

from onellm import (
    APIError,
    AuthenticationError,
    BadResponseError,
    ContentPolicyError,
    InsufficientBalanceError,
    InvalidRequestError,
    RateLimitError,
)
from tests.support import DONE, KEY, chunk, completion, event, serve, streamed, whole
from tests.wire import USER, both, received, received_stream, sent_messages

THOUGHT = "They want x."


def answered(message: dict[str, Any], finish: str | None = "stop", **fields: Any) -> dict[str, Any]:
    """A whole answer with this message."""
    said = {"role": "assistant", "content": "Hello", **message}
    return completion(choices=[{"index": 0, "message": said, "finish_reason": finish}], **fields)


def pieces(*deltas: dict[str, Any], finish: str | None = "stop", **last: Any) -> bytes:
    """A stream of these deltas."""
    data = b"".join(event(chunk(choices=[{"index": 0, "delta": delta}])) for delta in deltas)
    return data + event(chunk(finish=finish, **last)) + DONE


# -- reasoning ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "field"),
    [
        ("deepseek", "reasoning_content"),
        ("moonshot", "reasoning_content"),
        ("zai", "reasoning_content"),
        ("fireworks", "reasoning_content"),
        ("novita", "reasoning_content"),
        ("deepinfra", "reasoning_content"),
        ("siliconflow", "reasoning_content"),
        ("together", "reasoning"),
        ("groq", "reasoning"),
        ("cerebras", "reasoning"),
        ("crusoe", "reasoning"),
        ("ovhcloud", "reasoning"),
        ("vllm", "reasoning"),
        ("vercel", "reasoning"),
    ],
)
def test_reasoning_is_read_under_the_host_s_name(host: str, field: str) -> None:
    """Answers recorded in 2026, together SDK 3.1.1, models.dev 2026-07-02, litellm 1.109.1 (ovhcloud's change)."""
    whole_answer = received(host, answered({field: THOUGHT}))
    stream = received_stream(host, pieces({field: "They "}, {field: "want x."}, {"content": "Hello"}))
    for answer in (whole_answer, stream.final):
        message = answer.choices[0].message
        assert (message.reasoning_content, message.content) == (THOUGHT, "Hello")


@pytest.mark.parametrize("host", ["minimax", "snowflake"])
def test_reasoning_is_read_from_its_details_alone(host: str) -> None:
    """MiniMax documentation (reasoning_split); an answer of Snowflake recorded in 2026."""
    details = [{"type": "reasoning.text", "text": THOUGHT, "index": 0}]
    halves = [[{**details[0], "text": text}] for text in ("They ", "want x.")]
    stream = pieces(*({"reasoning_details": half, "content": ""} for half in halves), {"content": "Hello"})
    for answer in (received(host, answered({"reasoning_details": details})), received_stream(host, stream).final):
        message = answer.choices[0].message
        assert (message.reasoning_content, message.content) == (THOUGHT, "Hello")
        assert sent_messages(host, USER, message, USER)[1] == {
            "role": "assistant",
            "content": "Hello",
            "reasoning_details": details,
        }


def test_databricks_sends_reasoning_as_a_part() -> None:
    """Databricks documentation: Claude's content is a list of parts."""
    parts = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": THOUGHT, "signature": "s"}]},
        {"type": "text", "text": "Hello"},
    ]
    stream = pieces({"content": parts[:1]}, {"content": parts[1:]})
    for answer in (received("databricks", answered({"content": parts})), received_stream("databricks", stream).final):
        message = answer.choices[0].message
        assert (message.reasoning_content, message.content) == (THOUGHT, "Hello")


# -- how an answer ends ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "raw", "word"),
    [
        ("together", "eos", "stop"),
        ("mistral", "model_length", "length"),
        ("mistral", "error", "error"),
        ("deepseek", "insufficient_system_resource", "error"),
        ("zai", "sensitive", "content_filter"),
        ("zai", "network_error", "error"),
        ("zai", "model_context_window_exceeded", "length"),
        ("vllm", "abort", "error"),
        ("sglang", "abort", "error"),
        ("crusoe", "abort", "error"),
        ("openrouter", "error", "error"),
    ],
)
def test_the_host_s_word_for_the_end(host: str, raw: str, word: str) -> None:
    """together SDK 3.1.1, mistralai SDK 3.7.0, DeepSeek, Z.AI and vLLM documentation."""
    for answer in (
        received(host, answered({}, raw)),
        received_stream(host, pieces({"content": "H"}, finish=raw)).final,
    ):
        assert (answer.choices[0].finish_reason, answer.choices[0].native_finish_reason) == (word, raw)


@pytest.mark.parametrize("host", ["snowflake", "xai"])
def test_an_end_without_a_word(host: str) -> None:
    """Answers of Snowflake recorded in 2026 have `""`; xAI's with tool calls too (litellm 1.109.1)."""
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    for message, delta, word in (
        ({}, {"content": "Hello"}, "stop"),
        ({"content": "", "tool_calls": [call]}, {"tool_calls": [{"index": 0, **call}]}, "tool_calls"),
    ):
        stream = event(chunk(choices=[{"index": 0, "delta": delta, "finish_reason": ""}])) + DONE
        for answer in (received(host, answered(message, "")), received_stream(host, stream).final):
            assert answer.choices[0].finish_reason == word


# -- usage and cost ----------------------------------------------------------------------------------------------------


def usage_of(host: str, usage: dict[str, Any]) -> dict[str, Any]:
    """Usage as it is read; whole and streamed must agree."""
    found = received(host, answered({}, usage=usage)).usage
    stream = received_stream(host, pieces({"content": "Hello"}, usage=usage)).final.usage
    assert found is not None
    assert found == stream
    return found.model_dump(exclude_none=True)


def test_deepseek_s_cache_hits_are_part_of_the_prompt() -> None:
    """DeepSeek API documentation: prompt_tokens = hit + miss."""
    usage = {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105}
    found = usage_of("deepseek", {**usage, "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36})
    assert found.items() >= {**usage, "prompt_tokens_details": {"cached_tokens": 64}}.items()


def test_moonshot_s_cached_tokens_are_at_the_top_and_usage_may_be_in_the_choice() -> None:
    """Moonshot documentation; usage in the choice is not confirmed."""
    usage = {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105}
    assert usage_of("moonshot", {**usage, "cached_tokens": 64})["prompt_tokens_details"] == {"cached_tokens": 64}
    last = chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop", "usage": usage}])
    found = received_stream("moonshot", event(chunk("Hello")) + event(last) + DONE).final.usage
    assert found is not None
    assert found.total_tokens == 105


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("groq", lambda usage: chunk(finish="stop", x_groq={"usage": usage})),
        ("moonshot", lambda usage: chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop", "usage": usage}])),
    ],
)
@pytest.mark.parametrize("usage", [{"prompt_tokens": "many"}, {"prompt_tokens": [1]}])
def test_usage_that_cannot_be_read_is_a_failure(host: str, place: Any, usage: Any) -> None:
    """A decoder never raises, wherever the usage is."""
    stream = received_stream(host, event(chunk("Hello")) + event(place(usage)) + DONE)
    assert isinstance(stream.failure, BadResponseError)
    assert stream.final.choices[0].message.content == "Hello"


def test_xai_counts_reasoning_beside_the_completion_and_cost_in_ticks() -> None:
    """xAI documentation: ticks of 1e-10 USD; litellm 1.109.1: total = prompt + completion + reasoning."""
    usage = {
        "prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 135, "num_sources_used": 0,
        "completion_tokens_details": {"reasoning_tokens": 94}, "cost_in_usd_ticks": 37_756_000,
    }  # fmt: skip
    found = usage_of("xai", usage)
    assert (found["prompt_tokens"], found["completion_tokens"], found["total_tokens"]) == (32, 103, 135)
    assert found["cost"] == pytest.approx(0.0037756)
    assert found["num_sources_used"] == 0
    inside = {**usage, "completion_tokens": 103}
    assert usage_of("xai", inside)["completion_tokens"] == 103


@pytest.mark.parametrize(
    ("host", "usage"),
    [("deepinfra", {"estimated_cost": 0.0012}), ("vercel", {"cost": 0.0012}), ("openrouter", {"cost": 0.0012})],
)
def test_the_cost_that_the_host_reports(host: str, usage: dict[str, Any]) -> None:
    """DeepInfra, Vercel (not confirmed) and OpenRouter documentation."""
    assert usage_of(host, {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, **usage})["cost"] == 0.0012


def test_sambanova_s_and_cerebras_s_times_are_kept() -> None:
    """SambaNova documentation; an answer of Cerebras recorded in 2026."""
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "time_to_first_token": 0.1}
    assert usage_of("sambanova", usage)["time_to_first_token"] == 0.1
    extra = received("cerebras", completion(time_info={"total_time": 0.03})).model_extra or {}
    assert extra["time_info"] == {"total_time": 0.03}


# -- logprobs ----------------------------------------------------------------------------------------------------------


def test_together_s_logprobs_are_listed_as_openai_s() -> None:
    """together SDK 3.1.1: lists beside each other in a whole answer, one number in a chunk."""
    body = answered({})
    body["choices"][0]["logprobs"] = {"tokens": ["He", "llo"], "token_logprobs": [-0.5, -0.25], "token_ids": [1, 2]}
    deltas = [
        {"index": 0, "delta": {"content": text}, "logprobs": number} for text, number in (("He", -0.5), ("llo", -0.25))
    ]
    data = b"".join(event(chunk(choices=[choice])) for choice in deltas) + event(chunk(finish="eos")) + DONE
    for answer in (received("together", body), received_stream("together", data).final):
        logprobs = answer.choices[0].logprobs
        assert logprobs is not None
        assert logprobs.content is not None
        assert [(token.token, token.logprob) for token in logprobs.content] == [("He", -0.5), ("llo", -0.25)]


# -- errors in answers with status 200 ---------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("how", ["whole", "streamed"])
@pytest.mark.parametrize(
    ("code", "error"),
    [
        (1002, RateLimitError),
        (1004, AuthenticationError),
        (1008, InsufficientBalanceError),
        (1027, ContentPolicyError),
        (2013, InvalidRequestError),
        (1000, APIError),
    ],
)
def test_minimax_s_status_is_an_error(caller: Any, how: str, code: int, error: type[APIError]) -> None:
    """MiniMax documentation: base_resp with HTTP 200."""
    body = {"id": "1", "choices": None, "base_resp": {"status_code": code, "status_msg": "it went wrong"}}
    providers = {"minimax": {"api_key": KEY}}
    with serve(whole(body) if how == "whole" else streamed(event(body))) as server:
        providers["minimax"]["base_url"] = server.url
        with pytest.raises(error, match="it went wrong") as caught:
            (caller.chat if how == "whole" else caller.chat_stream)(providers, "minimax/m", max_retries=0)
    assert caught.value.code == str(code)


@both
def test_minimax_s_good_status_is_none(caller: Any) -> None:
    fine = {"status_code": 0, "status_msg": ""}
    data = (event(chunk("Hel", base_resp=fine)), event(chunk("lo", "stop", base_resp=fine)), DONE)
    with serve(whole(completion(base_resp=fine)), streamed(*data)) as server:
        providers = {"minimax": {"api_key": KEY, "base_url": server.url}}
        assert caller.chat(providers, "minimax/m").choices[0].message.content == "Hello"
        assert caller.chat_stream(providers, "minimax/m").text == "Hello"


@both
def test_minimax_s_status_after_text_keeps_the_text(caller: Any) -> None:
    failed = {"choices": [], "base_resp": {"status_code": 1027, "status_msg": "output is sensitive"}}
    with serve(streamed(event(chunk("Hel")), event(chunk("lo")), event(failed))) as server:
        stream = caller.chat_stream({"minimax": {"api_key": KEY, "base_url": server.url}}, "minimax/m")
    error = getattr(stream.error, "cause", None) or stream.error
    assert isinstance(error, ContentPolicyError)
    assert stream.error.partial.choices[0].message.content == "Hello"
