"""Venice's chat and models: what is its own in requests, answers, lists, errors and settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onellm import (
    InvalidRequestError,
    MissingAPIKeyError,
    StreamInterrupted,
)
from tests.support import DONE, KEY, chunk, completion, event, serve, streamed, whole
from tests.wire import USER, both, call, dump, received, sent, sent_parameters, stream_call

# -- requests: section 6, items 1, 2 and 4 of the notes ----------------------------------------------------------------


@pytest.mark.parametrize(("given", "wire"), [(True, "on"), (False, "off"), ("auto", "auto"), ("on", "on")])
def test_web_search_is_a_word_on_the_wire(given: Any, wire: str) -> None:
    body = sent_parameters("venice", venice_parameters={"enable_web_search": given})
    assert body == {"venice_parameters": {"enable_web_search": wire}}


@pytest.mark.parametrize("given", ["yes", "On", "true", 1, 0, [], {}])
def test_any_other_word_for_web_search_is_refused(given: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        call("venice", venice_parameters={"enable_web_search": given})
    assert caught.value.param == "venice_parameters.enable_web_search"


@both
@pytest.mark.parametrize(
    "model", ["openai/whisper-large-v3", "default:enable_web_search=on&character_slug=x", "wai-Illustrious"]
)
def test_the_model_reaches_the_wire_as_it_is(caller: Any, model: str) -> None:
    with serve(whole(completion()), streamed(event(chunk("Hi", "stop")), DONE)) as server:
        caller.chat(server.provider(), f"venice/{model}")
        caller.chat_stream(server.provider(), f"venice/{model}")
    assert [request.json["model"] for request in server.requests] == [model, model]


def test_a_suffix_that_contradicts_the_parameters_is_refused() -> None:
    for make in (call, stream_call):
        with pytest.raises(InvalidRequestError, match="character_slug") as caught:
            make(
                "venice", None, "m:enable_web_search=on&character_slug=x",
                venice_parameters={"disable_thinking": True, "character_slug": "y"},
            )  # fmt: skip
        assert caught.value.param == "venice_parameters.character_slug"
    body = sent("venice", None, "m:enable_web_search=on", venice_parameters={"disable_thinking": True})
    assert (body["model"], body["venice_parameters"]) == ("m:enable_web_search=on", {"disable_thinking": True})


# -- answers: section 6, item 25, and the cost -------------------------------------------------------------------------

CITED = {"enable_web_search": "on", "web_search_citations": [{"title": "A", "url": "https://a.example"}]}
USAGE = {
    "prompt_tokens": 10, "completion_tokens": 6, "total_tokens": 16,
    "completion_tokens_details": {"reasoning_tokens": 4},
    "prompt_tokens_details": {"cached_tokens": 3, "cache_creation_input_tokens": 2},
}  # fmt: skip


def test_a_whole_answer_is_read() -> None:
    answer = completion("High.", usage=USAGE, cost={"usd": 0.00042, "diem": 0}, venice_parameters=CITED)
    message: dict[str, Any] = {"reasoning_content": "Tide.", "tool_calls": [], "name": None}
    answer["choices"][0]["message"].update(message)
    answer["choices"][0].update(stop_reason=None, logprobs=None)
    parsed = received("venice", answer)
    choice = parsed.choices[0]
    assert (choice.message.content, choice.message.reasoning_content, choice.finish_reason) == (
        "High.",
        "Tide.",
        "stop",
    )
    assert dump(parsed)["venice_parameters"] == CITED
    assert parsed.usage is not None
    assert parsed.usage.prompt_tokens_details is not None
    assert parsed.usage.completion_tokens_details is not None
    assert (parsed.usage.prompt_tokens, parsed.usage.completion_tokens, parsed.usage.total_tokens) == (10, 6, 16)
    assert parsed.usage.prompt_tokens_details.cache_write_tokens == 2
    assert parsed.usage.cost == 0.00042


@both
@pytest.mark.parametrize("cost", [{"usd": 0.00042, "diem": 0}, {"usd": 0, "diem": 0.1}, None])
@pytest.mark.parametrize("how", ["whole", "streamed"])
def test_the_cost_is_the_body_s(caller: Any, cost: Any, how: str) -> None:
    pieces = event(chunk("High.")), event(chunk(finish="stop")), event(chunk(choices=[], usage=USAGE, cost=cost)), DONE
    with serve(whole(completion(usage=USAGE, cost=cost)) if how == "whole" else streamed(*pieces)) as server:
        if how == "whole":
            answer = caller.chat(server.provider(), "venice/m")
        else:
            answer = caller.chat_stream(server.provider(), "venice/m").final
    expected = None if cost is None else cost["usd"]
    assert (answer.usage.cost, answer.meta.cost) == (expected, expected)


@both
def test_a_stream_with_everything_in_it(caller: Any) -> None:
    """Citations on a chunk without choices, reasoning before content, odd framing, usage last."""
    data = b"".join((
        b": keep-alive\r\n\r\n",
        event(chunk(choices=[], venice_parameters=CITED)).replace(b"data: ", b"data:"),
        event(chunk(choices=[{"index": 0, "delta": {"role": "assistant", "reasoning_content": "Ti"}}])),
        event(chunk(choices=[{"index": 0, "delta": {"reasoning_content": "de."}}])).replace(b"\n", b"\r\n"),
        event(chunk("Hōch.")), event(chunk(finish="stop")), event(chunk(choices=[], usage=USAGE)), DONE,
    ))  # fmt: skip
    with serve(streamed(*(data[place : place + 7] for place in range(0, len(data), 7)))) as server:
        stream = caller.chat_stream(server.provider(), "venice/m")
    assert stream.error is None
    assert all(item.choices for item in stream.events)
    message = stream.final.choices[0].message
    assert (message.content, message.reasoning_content) == ("Hōch.", "Tide.")
    assert stream.final.usage.total_tokens == 16
    assert dump(stream.final)["venice_parameters"] == CITED


@both
@pytest.mark.parametrize(("last", "whole_answer"), [(event(chunk(finish="stop")), True), (b"", False)])
def test_a_stream_without_done_needs_a_finish_reason(caller: Any, last: bytes, whole_answer: bool) -> None:
    with serve(streamed(event(chunk("High.")), last) if last else streamed(event(chunk("High.")))) as server:
        stream = caller.chat_stream(server.provider(), "venice/m")
    assert (stream.error is None) is whole_answer
    assert whole_answer or isinstance(stream.error, StreamInterrupted)


@both
@pytest.mark.parametrize("body", [{"error": "Inference failed"}, {"error": {"message": "Inference failed"}}])
def test_an_error_inside_a_stream_is_raised(caller: Any, body: dict[str, Any]) -> None:
    with serve(streamed(event(chunk("High.")), event(body))) as server:
        stream = caller.chat_stream(server.provider(), "venice/m")
    assert stream.text == "High."
    assert "Inference failed" in f"{stream.error} {getattr(stream.error, 'cause', '')}"


@both
def test_the_headers_worth_keeping_are_kept(caller: Any) -> None:
    headers = {
        "CF-RAY": "8f2a-LHR", "x-venice-model-id": "zai-org-glm-5", "x-venice-balance-usd": "10.50",
        "x-ratelimit-limit-requests": "500", "x-ratelimit-remaining-requests": "499",
        "x-ratelimit-reset-requests": "1780580108941", "x-ratelimit-remaining-tokens": "9000", "Server": "cloudflare",
    }  # fmt: skip
    with serve(whole(completion(), headers=headers)) as server:
        meta = caller.chat(server.provider(), "venice/m").meta
    assert meta.request_id == "8f2a-LHR"
    assert (meta.rate_limits["requests"].limit, meta.rate_limits["requests"].remaining) == (500, 499)
    assert meta.rate_limits["requests"].reset == "1780580108941"
    assert meta.rate_limits["tokens"].remaining == 9000
    assert meta.headers["x-venice-model-id"] == "zai-org-glm-5"
    assert meta.headers["x-venice-balance-usd"] == "10.50"
    assert "server" not in meta.headers


# -- settings ----------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ONELLM_CONFIG_DIR", str(tmp_path))
    for name in ("VENICE_API_KEY", "VENICE_AI_API_KEY", "VENICE_BASE_URL", "VENICE_WORK_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@both
@pytest.mark.parametrize("variable", ["VENICE_API_KEY", "VENICE_AI_API_KEY"])
def test_key_and_base_url_come_from_the_environment(
    caller: Any, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(whole(completion())) as server:
        monkeypatch.setenv(variable, KEY)
        monkeypatch.setenv("VENICE_BASE_URL", server.url)
        caller.chat(None, "venice/m")
        caller.chat({"venice": {"api_key": "given-0123456789"}}, "venice/m")
    sent_keys = [request.headers["authorization"] for request in server.requests]
    assert sent_keys == [f"Bearer {KEY}", "Bearer given-0123456789"]


@both
def test_a_profile_has_its_own_key(caller: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(whole(completion())) as server:
        monkeypatch.setenv("VENICE_API_KEY", KEY)
        monkeypatch.setenv("VENICE_WORK_API_KEY", "work-0123456789")
        answer = caller.chat({"venice@work": {"base_url": server.url}}, "venice@work/m")
    assert server.requests[0].headers["authorization"] == "Bearer work-0123456789"
    assert answer.meta.provider == "venice@work"


@both
def test_without_a_key_nothing_is_sent(caller: Any) -> None:
    with serve(whole(completion())) as server, pytest.raises(MissingAPIKeyError, match="VENICE_API_KEY"):
        caller.chat({"venice": {"base_url": server.url}}, "venice/m", [USER])
    assert not server.requests
