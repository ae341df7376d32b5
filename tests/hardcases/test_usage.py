"""Hard cases, group USE: usage is inclusive, each token is priced once, an unknown cost is None."""

from __future__ import annotations

from typing import Any

import pytest

from onellm import ChatCompletionResponse, ChatRequest, ModelInfo, Prices, Reply, StreamInterrupted, Usage
from onellm.call import Call
from onellm.capabilities import Catalogue
from onellm.registry import build
from tests.support import DONE, KEY, End, chunk, completion, event, serve, streamed, whole
from tests.wire import HOST, USER, both, received, received_stream, rows

PRICES = Prices(input=2.0, output=10.0, cache_read=0.5, cache_write=4.0)


def usage_of(name: str, usage: Any) -> Usage | None:
    """What is made of a whole answer's usage; a streamed answer with the same numbers must give the same."""
    whole_usage = received(name, completion(usage=usage)).usage
    last = event(chunk(choices=[], usage=usage))
    data = event(chunk("Hello")) + event(chunk(finish="stop")) + last + DONE
    assert received_stream(name, data).final.usage == whole_usage
    return whole_usage


def priced(usage: dict[str, Any], prices: Prices | None = PRICES, name: str = "openai_compatible") -> Usage:
    """Usage of an answer from a model whose prices were learned (none if it has no price)."""
    catalogue = Catalogue()
    catalogue.learn(name, [ModelInfo("m", name, prices=prices)], "2026-11-20")
    call = build(name, {"api_key": KEY, "base_url": HOST}, catalogue).chat(ChatRequest(model="m", messages=[USER]))
    assert isinstance(call, Call)
    answer = call.parse(Reply(200, {}, _bytes(completion(usage=usage))))
    assert isinstance(answer, ChatCompletionResponse)
    assert answer.usage is not None
    return answer.usage


def _bytes(value: Any) -> bytes:
    return event(value).removeprefix(b"data: ")


@rows
def test_openai_s_usage_is_as_it_came(name: str) -> None:
    given = {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "total_tokens": 120,
        "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 12, "audio_tokens": 0},
    }
    usage = usage_of(name, given)
    assert usage is not None
    assert usage.model_dump(exclude_none=True) == given


@rows
def test_use_06_reasoning_beside_the_completion_is_counted_in(name: str) -> None:
    """The host's total tells whether its completion_tokens hold the reasoning."""
    beside = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 160}
    inside = {"prompt_tokens": 100, "completion_tokens": 60, "total_tokens": 160}
    for given in (beside, inside):
        usage = usage_of(name, {**given, "completion_tokens_details": {"reasoning_tokens": 50}})
        assert usage is not None
        assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (100, 60, 160)
        assert usage.completion_tokens_details is not None
        assert usage.completion_tokens_details.reasoning_tokens == 50


@rows
def test_use_06_total_is_prompt_and_completion(name: str) -> None:
    for total in ({}, {"total_tokens": 0}, {"total_tokens": 7}, {"total_tokens": None}):
        usage = usage_of(name, {"prompt_tokens": 5, "completion_tokens": 3, **total})
        assert usage is not None
        assert usage.total_tokens == 8


def test_use_06_cached_tokens_are_billed_once() -> None:
    """prompt 100 of which 80 cached: 20 at the full price, 80 at the cache's, whatever text_tokens says."""
    details = {"text_tokens": 100, "cached_tokens": 80}
    usage = priced({"prompt_tokens": 100, "completion_tokens": 10, "prompt_tokens_details": details})
    assert usage.prompt_tokens == 100
    assert usage.cost == pytest.approx((20 * 2.0 + 80 * 0.5 + 10 * 10.0) / 1_000_000)


def test_use_06_cache_writes_are_billed_once() -> None:
    details = {"cached_tokens": 30, "cache_creation_input_tokens": 50}
    usage = priced({"prompt_tokens": 100, "completion_tokens": 0, "prompt_tokens_details": details})
    assert usage.prompt_tokens_details is not None
    assert usage.prompt_tokens_details.cache_write_tokens == 50
    assert usage.cost == pytest.approx((20 * 2.0 + 30 * 0.5 + 50 * 4.0) / 1_000_000)


def test_use_06_reasoning_beside_the_completion_is_billed() -> None:
    usage = priced({
        "prompt_tokens": 0, "completion_tokens": 10, "total_tokens": 60,
        "completion_tokens_details": {"reasoning_tokens": 50},
    })  # fmt: skip
    assert usage.cost == pytest.approx(60 * 10.0 / 1_000_000)


@pytest.mark.parametrize(("cached", "prompt"), [(0, 100), (40, 100), (100, 100), (400, 500)])
def test_use_06_more_cached_than_prompt_tokens_were_counted_beside_them(cached: int, prompt: int) -> None:
    """Inclusive is what we promise: 400 cached of 100 prompt tokens can only mean 500. No cost is negative."""
    usage = priced({"prompt_tokens": 100, "completion_tokens": 0, "prompt_tokens_details": {"cached_tokens": cached}})
    assert (usage.prompt_tokens, usage.total_tokens) == (prompt, prompt)
    assert usage.cost == pytest.approx(((prompt - cached) * 2.0 + cached * 0.5) / 1_000_000)


@rows
@pytest.mark.parametrize(
    "fields",
    [
        {"prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36},
        {"cached_tokens": 64},
        {"num_cached_tokens": 64},
        {"prompt_tokens_details": {"cached_tokens": 64}},
        {"prompt_tokens_details": {"cached_tokens": 64}, "prompt_cache_hit_tokens": 64},
        {"prompt_tokens_details": None, "prompt_cache_hit_tokens": 64},
    ],
)
def test_use_08_cached_tokens_under_any_name(name: str, fields: dict[str, Any]) -> None:
    usage = usage_of(name, {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105, **fields})
    assert usage is not None
    assert usage.prompt_tokens_details is not None
    assert (usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens) == (100, 64)


@rows
@pytest.mark.parametrize(
    "fields",
    [
        {"prompt_tokens_details": None, "completion_tokens_details": None},
        {"prompt_tokens_details": {}, "completion_tokens_details": {}},
        {"completion_tokens_details": {"reasoning_tokens": None}, "prompt_tokens_details": {"cached_tokens": None}},
    ],
)
def test_use_09_null_details_are_read(name: str, fields: dict[str, Any]) -> None:
    usage = usage_of(name, {"prompt_tokens": 4, "completion_tokens": 5, "total_tokens": 9, **fields})
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (4, 5, 9)
    details = (usage.prompt_tokens_details, usage.completion_tokens_details)
    assert not any(getattr(part, word, None) for part in details for word in ("cached_tokens", "reasoning_tokens"))


@rows
def test_use_09_null_and_absent_usage_are_none(name: str) -> None:
    assert usage_of(name, None) is None
    bare = completion()
    del bare["usage"]
    assert received(name, bare).usage is None


@rows
def test_use_09_null_counts_are_no_crash(name: str) -> None:
    usage = usage_of(name, {"prompt_tokens": 4, "completion_tokens": None, "total_tokens": None})
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (4, 0, 4)


@rows
def test_use_10_audio_tokens_are_in_the_details(name: str) -> None:
    prompt, answer = {"audio_tokens": 200, "text_tokens": 10}, {"audio_tokens": 30}
    usage = usage_of(name, {
        "prompt_tokens": 210, "completion_tokens": 30, "total_tokens": 240,
        "prompt_tokens_details": prompt, "completion_tokens_details": answer,
    })  # fmt: skip
    assert usage is not None
    assert usage.prompt_tokens_details is not None
    assert usage.completion_tokens_details is not None
    assert usage.prompt_tokens_details.audio_tokens == 200
    assert usage.completion_tokens_details.audio_tokens == 30


def test_groq_s_stream_has_its_usage_elsewhere() -> None:
    """Groq puts a stream's usage into `x_groq.usage` of the last chunk."""
    numbers = {"prompt_tokens": 4, "completion_tokens": 5, "total_tokens": 9, "total_time": 0.01}
    data = event(chunk("Hello")) + event(chunk(finish="stop", x_groq={"id": "r", "usage": numbers})) + DONE
    usage = received_stream("groq", data).final.usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (4, 5, 9)


@both
@pytest.mark.parametrize("name", ["openai", "groq", "venice"])
def test_use_12_an_unknown_cost_is_none(caller: Any, name: str) -> None:
    with serve(whole(completion())) as server:
        answer = caller.chat(server.provider(), f"{name}/m")
    assert (answer.usage.cost, answer.meta.cost) == (None, None)


@pytest.mark.parametrize("prices", [None, Prices(), Prices(input=2.0), Prices(output=2.0)])
def test_use_12_a_missing_price_is_not_zero(prices: Prices | None) -> None:
    assert priced({"prompt_tokens": 1, "completion_tokens": 1}, prices).cost is None


def test_use_12_a_price_of_zero_is_zero_and_a_price_that_is_not_needed_may_miss() -> None:
    assert priced({"prompt_tokens": 1, "completion_tokens": 1}, Prices(0.0, 0.0)).cost == 0.0
    assert priced({"prompt_tokens": 1, "completion_tokens": 0}, Prices(input=2.0)).cost == pytest.approx(2e-6)


@both
@pytest.mark.parametrize("how", ["whole", "streamed"])
def test_use_12_a_learned_price_is_found_for_an_id_with_slashes_and_colons(caller: Any, how: str) -> None:
    """OpenRouter's ids hold both; its prices are USD for one token, as text."""
    model = "anthropic/claude-x:free"
    listed = {"data": [{"id": model, "pricing": {"prompt": "0.000003", "completion": "0.000015"}}]}
    catalogue = Catalogue()
    usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
    data = event(chunk("Hello")) + event(chunk(finish="stop", usage=usage)) + DONE
    reply = whole(completion(usage=usage)) if how == "whole" else streamed(data)
    with serve(whole(listed), reply) as server:
        options = {"catalogue": catalogue}
        provider = build("openrouter", server.provider()["openrouter"], catalogue)
        catalogue.learn("openrouter", caller.run(provider.models), "2026-11-20")
        if how == "whole":
            answer = caller.chat(server.provider(), f"openrouter/{model}", client=options)
        else:
            answer = caller.chat_stream(server.provider(), f"openrouter/{model}", client=options).final
    assert answer.usage.cost == pytest.approx(10 * 3e-6 + 2 * 15e-6)


@both
def test_use_12_the_host_s_own_cost_comes_first(caller: Any) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 8, "total_tokens": 17, "cost": 0.00002}
    with serve(whole(completion(usage=usage))) as server:
        answer = caller.chat(server.provider(), "openrouter/v/m")
    assert answer.meta.cost == 0.00002


@both
def test_use_13_the_usage_of_a_broken_stream_is_reachable(caller: Any) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}
    pieces = event(chunk("Hel", usage=usage)), event(chunk("lo")), End(reset=True)
    with serve(streamed(*pieces, end=False)) as server:
        stream = caller.chat_stream(server.provider())
    assert isinstance(stream.error, StreamInterrupted)
    partial = stream.error.partial
    assert partial.choices[0].message.content == "Hello"
    assert partial.usage.prompt_tokens == 9
