"""What tokens cost: each is in one bucket, each bucket has its own price, and what is not known is said."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onellm import ChatRequest, Prices, Reply, Spec
from onellm.call import Call, StreamCall
from onellm.capabilities import Catalogue, ModelInfo
from onellm.config import resolve
from onellm.cost import TARIFFS, Tokens, cost_parts
from onellm.openai_compatible import OpenAICompatible
from onellm.openai_compatible.embeddings import join
from onellm.types.embedding import EmbeddingResponse, EmbeddingUsage
from tests.both import Either, story
from tests.support import DONE, KEY, chunk, completion, event, serve, streamed, whole
from tests.wire import HOST, USER, both

NAMES = [each.name for each in fields(Prices) if each.name != "tiers"]
EVERY = Prices(2.0, 10.0, 0.5, 4.0, 12.0, 20.0, 40.0, 3.0, 30.0)
Made = tuple[Tokens, dict[str, int]]
amounts = st.integers(0, 10**7)
prices = st.floats(0, 1000, allow_nan=False)


@st.composite
def disjoint(draw: st.DrawFn) -> Made:
    """Tokens whose parts fit, and how many of them are in each bucket; cached tokens come without audio and images."""
    count = {name: draw(amounts) for name in NAMES}
    count["output"] += 1  # there was an answer
    if draw(st.booleans()):
        count["cache_read"] = count["cache_write"] = 0
    else:
        count["audio_input"] = count["image_input"] = 0
    prompt = ("input", "cache_read", "cache_write", "audio_input", "image_input")
    tokens = Tokens(
        prompt=sum(count[name] for name in prompt),
        completion=sum(count[name] for name in NAMES if name not in prompt),
        cached=count["cache_read"],
        written=count["cache_write"],
        audio_input=count["audio_input"],
        image_input=count["image_input"],
        reasoning=count["reasoning"],
        audio_output=count["audio_output"],
        image_output=count["image_output"],
    )
    return tokens, count


def priced(known: dict[str, Any]) -> Prices:
    return Prices(**known)


def test_the_buckets_are_those_of_prices() -> None:
    assert sorted(NAMES) == sorted([
        "input", "output", "cache_read", "cache_write", "reasoning", "audio_input", "audio_output", "image_input",
        "image_output",
    ])  # fmt: skip


@given(disjoint(), st.fixed_dictionaries(dict.fromkeys(NAMES, prices)))
def test_each_bucket_costs_its_tokens_at_its_price(made: Made, price: dict[str, float]) -> None:
    tokens, count = made
    parts = cost_parts(tokens, priced(price))
    assert isinstance(parts, dict)
    assert parts == {name: pytest.approx(count[name] * price[name] / 1e6) for name in NAMES if count[name]}


@given(disjoint())
def test_each_token_is_counted_once(made: Made) -> None:
    """At a dollar a token, the cost is the number of tokens."""
    tokens, _ = made
    parts = cost_parts(tokens, priced(dict.fromkeys(NAMES, 1e6)))
    assert isinstance(parts, dict)
    assert math.fsum(parts.values()) == tokens.prompt + tokens.completion


@given(disjoint(), st.sampled_from(NAMES))
def test_a_price_that_is_needed_and_not_known_gives_no_cost(made: Made, name: str) -> None:
    tokens, count = made
    parts = cost_parts(tokens, priced({each: getattr(EVERY, each) for each in NAMES if each != name}))
    falls_back = name in ("reasoning", "image_input")
    if count[name] and not falls_back:
        assert parts == f"the price of {name} is not known"
    else:
        assert isinstance(parts, dict)
        assert math.isclose(sum(parts.values()), sum(_spent(count, name)), abs_tol=1e-12)


def _spent(count: dict[str, int], missing: str) -> Any:
    """What is to be paid: reasoning without a price of its own as output, images of the prompt as input."""
    as_other = {"reasoning": "output", "image_input": "input"}
    for name in NAMES:
        paid = getattr(EVERY, as_other[name] if name == missing and name in as_other else name)
        yield count[name] * paid / 1e6


@given(st.builds(Tokens, *[st.integers(-5, 50)] * 9))
def test_no_cost_is_negative_and_parts_beyond_their_whole_have_none(tokens: Tokens) -> None:
    parts = cost_parts(tokens, EVERY)
    inside = tokens.prompt - tokens.cached - tokens.written - tokens.audio_input - tokens.image_input
    outside = tokens.completion - tokens.reasoning - tokens.audio_output - tokens.image_output
    counted = {name: getattr(tokens, name) for name in Tokens.__slots__}
    apart = [count for name, count in counted.items() if name not in ("prompt", "completion")]
    if min(*apart, inside, outside) < 0 or not any(counted.values()):
        assert isinstance(parts, str)
    elif isinstance(parts, dict):
        assert all(part > 0 for part in parts.values())
    else:
        assert tokens.cached + tokens.written > 0
        assert tokens.audio_input + tokens.image_input > 0


@pytest.mark.parametrize("known", [EVERY, Prices(0.0, 0.0)])
def test_an_answer_without_tokens_is_not_free(known: Prices) -> None:
    assert cost_parts(Tokens(), known) == "no tokens are counted"
    assert bill({"prompt_tokens": 0, "completion_tokens": 0}, listed=known).cost is None


@pytest.mark.parametrize(
    ("prompt", "price"), [(0, 1.0), (200_000, 1.0), (200_001, 2.0), (500_000, 2.0), (500_001, 3.0)]
)
def test_a_tier_holds_for_the_whole_of_a_longer_prompt(prompt: int, price: int) -> None:
    tiers = ((200_000, Prices(2.0, 20.0)), (500_000, Prices(3.0, 30.0)))
    parts = cost_parts(Tokens(prompt, 1000), Prices(1.0, 10.0, tiers=tiers))
    assert isinstance(parts, dict)
    assert math.fsum(parts.values()) == pytest.approx((prompt * price + 1000 * 10 * price) / 1e6)


def test_a_tier_does_not_borrow_prices_of_the_shorter_prompt() -> None:
    known = Prices(1.0, 10.0, cache_read=0.1, tiers=((200_000, Prices(2.0, 20.0)),))
    assert isinstance(cost_parts(Tokens(200_000, 1, cached=1), known), dict)
    assert cost_parts(Tokens(200_001, 1, cached=1), known) == "the price of cache_read is not known"


def test_cached_audio_is_not_guessed() -> None:
    """80 of 100 tokens are cached, 50 are audio: which of the audio is cached is not said."""
    assert cost_parts(Tokens(100, cached=80, audio_input=50), EVERY) == (
        "it is not said which of the cached tokens are text"
    )
    assert isinstance(cost_parts(Tokens(100, written=80, image_input=5), EVERY), str)
    assert isinstance(cost_parts(Tokens(100, written=80, image_input=5), Prices(1.0, 2.0, cache_write=1.0)), dict)


def test_a_price_of_zero_is_a_price() -> None:
    assert cost_parts(Tokens(0, 10, reasoning=10), Prices(1.0, 2.0, reasoning=0.0)) == {"reasoning": 0.0}


# -- in answers --------------------------------------------------------------------------------------------------------


def bill(usage: dict[str, Any], spec: Spec | None = None, listed: Prices | None = EVERY, **head: Any) -> Any:
    """The usage of an answer, whole; a streamed one with the same numbers must cost the same."""
    spec = spec or Spec("acme", HOST)
    catalogue = Catalogue()
    catalogue.learn("acme", [ModelInfo("m", "acme", prices=listed)], "2026-11-20")
    provider = OpenAICompatible(resolve(spec.host, {"api_key": KEY}), catalogue, spec)
    request = ChatRequest(model="m", messages=[USER])
    call = provider.chat(request)
    assert isinstance(call, Call)
    found = call.parse(Reply(200, {}, json.dumps(completion(usage=usage, **head)).encode())).usage
    stream = provider.chat_stream(request)
    assert isinstance(stream, StreamCall)
    assembler, decoder = stream.assembler(), stream.decoder()
    data = event(chunk("Hi")) + event(chunk(finish="stop")) + event(chunk(choices=[], usage=usage, **head)) + DONE
    for piece in decoder.feed(data):
        assembler.add(piece)
    assert assembler.result().usage == found
    return found


def test_a_part_of_usage_is_billed_by_its_kind() -> None:
    usage = bill({
        "prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500,
        "prompt_tokens_details": {"audio_tokens": 200, "image_tokens": 100},
        "completion_tokens_details": {"reasoning_tokens": 300, "audio_tokens": 40, "image_tokens": 60},
    })  # fmt: skip
    assert usage.cost_parts == pytest.approx({
        "input": 700 * 2e-6, "audio_input": 200 * 20e-6, "image_input": 100 * 3e-6, "output": 100 * 10e-6,
        "reasoning": 300 * 12e-6, "audio_output": 40 * 40e-6, "image_output": 60 * 30e-6,
    })  # fmt: skip
    assert usage.cost == math.fsum(usage.cost_parts.values())


@pytest.mark.parametrize("tier", [None, *TARIFFS])
def test_the_usual_service_tier_has_the_listed_prices(tier: str | None) -> None:
    assert bill({"prompt_tokens": 10, "completion_tokens": 0}, service_tier=tier).cost == pytest.approx(20e-6)


@pytest.mark.parametrize("tier", ["flex", "priority", "batch", "performance"])
def test_another_service_tier_has_prices_that_are_not_listed(tier: str) -> None:
    usage = bill({"prompt_tokens": 10, "completion_tokens": 0}, service_tier=tier)
    assert (usage.cost, usage.cost_parts) == (None, {})
    assert usage.cost_unknown == f"the prices of the service tier {tier} are not known"


def test_a_cost_is_read_in_the_host_s_unit() -> None:
    ticks = Spec("acme", HOST, cost_at=("usage", "cost_in_usd_ticks"), cost_unit=1e-10)
    usage = bill({"prompt_tokens": 189, "completion_tokens": 1, "cost_in_usd_ticks": 1043500}, ticks)
    assert (usage.cost, usage.cost_parts) == (pytest.approx(0.00010435), {})


def test_a_cost_in_usage_is_the_host_s_word_even_where_its_row_says_nothing_of_it() -> None:
    usage = bill({"prompt_tokens": 10, "completion_tokens": 1, "cost": 0.5})
    assert (usage.cost, usage.cost_parts, usage.cost_unknown) == (0.5, {}, "")


PARTS = Spec(
    "acme",
    HOST,
    cost_at=("usage", "cost"),
    cost_parts_at={("usage", "of", "in"): "input", ("usage", "of", "out"): "output"},
)


@pytest.mark.parametrize(
    ("cost", "of", "parts"),
    [
        (0.5, {"in": 0.2, "out": 0.3}, {"input": 0.2, "output": 0.3}),
        (0.5, {"in": 0.2, "out": 0.2}, {"input": 0.2, "output": 0.2, "other": 0.1}),
        (0.5, {"in": 0, "out": 0.5}, {"output": 0.5}),
        (0.5, {"in": None}, {}),
        (0.5, None, {}),
        (0.02, {"in": 0.2, "out": 0.2}, {}),  # a fee, and the parts of somebody else's bill
        (0, {"in": 0.2, "out": 0.2}, {}),
        (0, {"in": 0, "out": 0}, {}),
    ],
)
def test_the_parts_of_a_reported_cost(cost: float, of: Any, parts: dict[str, float]) -> None:
    usage = bill({"prompt_tokens": 10, "completion_tokens": 10, "cost": cost, "of": of}, PARTS)
    assert (usage.cost, usage.cost_parts) == (cost, pytest.approx(parts))


@pytest.mark.parametrize("cost", ["NaN", "-1", "much", "Infinity", -0.5, True, [1], {"usd": 1}])
def test_what_is_no_cost_is_none(cost: Any) -> None:
    spec = Spec("acme", HOST, cost_at=("bill", "usd"))
    usage = bill({"prompt_tokens": 10, "completion_tokens": 0}, spec, bill={"usd": cost})
    assert usage.cost == pytest.approx(20e-6), "its tokens have a price all the same"


def test_use_12_an_unknown_cost_has_a_reason() -> None:
    given = {"prompt_tokens": 10, "completion_tokens": 1}
    assert bill(given, listed=None).cost_unknown == "no prices of this model are known"
    assert bill(given, listed=Prices(input=1.0)).cost_unknown == "the price of output is not known"
    assert bill(given).cost_unknown == ""


def test_use_10_audio_is_not_priced_as_text() -> None:
    given = {"prompt_tokens": 210, "completion_tokens": 0, "prompt_tokens_details": {"audio_tokens": 200}}
    assert bill(given, listed=Prices(1.0, 2.0)).cost_unknown == "the price of audio_input is not known"
    assert bill(given).cost == pytest.approx(10 * 2e-6 + 200 * 20e-6)


@both
@pytest.mark.parametrize("how", ["whole", "streamed"])
def test_the_meta_has_the_cost_and_its_parts(caller: Any, how: str) -> None:
    """gpt-4o of the snapshot: 2.5 for input, 10 for output, 1.25 for cached input."""
    usage = {
        "prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110,
        "prompt_tokens_details": {"cached_tokens": 80},
    }  # fmt: skip
    data = event(chunk("Hi")) + event(chunk(finish="stop")) + event(chunk(choices=[], usage=usage)) + DONE
    with serve(whole(completion(usage=usage)) if how == "whole" else streamed(data)) as server:
        if how == "whole":
            metas = [caller.chat(server.provider(), "openai/gpt-4o").meta]
        else:
            stream = caller.chat_stream(server.provider(), "openai/gpt-4o")
            metas = [stream.meta, stream.final.meta]
    for meta in metas:
        assert meta.cost == pytest.approx(20 * 2.5e-6 + 80 * 1.25e-6 + 10 * 10e-6)
        assert meta.cost_parts == pytest.approx(
            {"input": 20 * 2.5e-6, "cache_read": 80 * 1.25e-6, "output": 10 * 10e-6}
        )
        assert math.fsum(meta.cost_parts.values()) == meta.cost
        assert meta.cost_unknown == ""


# -- embeddings --------------------------------------------------------------------------------------------------------


def vectors(count: int, tokens: int) -> Any:
    rows = [{"object": "embedding", "index": place, "embedding": [0.5]} for place in range(count)]
    return whole({"object": "list", "data": rows, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}})


@both
def test_embeddings_cost_their_input(caller: Any) -> None:
    """text-embedding-3-small of the snapshot costs 0.02; another model's price is not known."""

    async def tell(client: Either) -> None:
        embed = client.client.embeddings.create
        meta = (await client.do(embed, "openai/text-embedding-3-small", ["a", "b"])).meta
        assert (meta.cost, meta.cost_parts) == (pytest.approx(50 * 0.02e-6), {"input": meta.cost})
        meta = (await client.do(embed, "openai/embedding-99", "a")).meta
        assert (meta.cost, meta.cost_unknown) == (None, "no prices of this model are known")

    with serve(vectors(2, 50), vectors(1, 3)) as server:
        story(caller.kind, tell, providers=server.provider())


@pytest.mark.parametrize(
    ("costs", "whole_cost", "parts"),
    [((1.0, 0.5), 1.5, {"input": 1.5}), ((1.0, None), None, {}), ((None, None), None, {})],
)
def test_embeddings_in_slices_cost_their_sum(costs: Any, whole_cost: float | None, parts: dict[str, float]) -> None:
    def part(cost: float | None) -> EmbeddingResponse:
        known = {} if cost is None else {"input": cost}
        usage = EmbeddingUsage(prompt_tokens=1, cost=cost, cost_parts=known, cost_unknown="" if cost else "no price")
        return EmbeddingResponse(data=[], usage=usage)

    joined = join({place: part(cost) for place, cost in enumerate(costs)})
    assert (joined.meta.cost, joined.meta.cost_parts) == (whole_cost, parts)
    assert joined.meta.cost_unknown == ("" if whole_cost else "no price")
