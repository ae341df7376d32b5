"""What comes back from the resources beside media, on both clients, judged by Venice's OpenAPI file."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from onellm_providers.venice.errors import CharacterNotFoundError, ModelNotFoundError

from onellm import UnknownOutcomeError
from onellm.testing import faults
from tests.providers.venice.calls import EMBEDS, KEY_ID, MODEL, QUESTIONS
from tests.providers.venice.media import Asker, Watched, both


@both
def test_models(ask: Asker, venice: Watched) -> None:
    listed = ask(venice.url, lambda v: v.models.list("text"))
    model = listed.find(MODEL)
    assert model is not None
    assert model.private
    assert model.model_spec.capabilities.supports_function_calling
    assert model.model_spec.capabilities.supports_e2ee is False
    assert model.model_spec.pricing["input"] == {"usd": 1, "diem": 1}
    assert listed.find("sim-retiring").model_spec.deprecation.replacement_model_id == MODEL
    assert listed.find("no-such-model") is None
    assert "authorization" in venice.last.headers


@both
def test_one_model(ask: Asker, venice: Watched) -> None:
    assert ask(venice.url, lambda v: v.models.get(f"{MODEL}:enable_web_search=on")).id == MODEL
    with pytest.raises(ModelNotFoundError, match="no-such-model"):
        ask(venice.url, lambda v: v.models.get("no-such-model"))


@both
@pytest.mark.parametrize(
    ("name", "found"), [("default_code", "qwen3-coder-480b-a35b-instruct-turbo"), ("gpt-4o", MODEL), (MODEL, MODEL)]
)
def test_names_are_resolved(ask: Asker, venice: Watched, name: str, found: str) -> None:
    assert ask(venice.url, lambda v: v.models.resolve(name)) == found


@both
def test_traits_and_names_from_elsewhere(ask: Asker, venice: Watched) -> None:
    with pytest.raises(ModelNotFoundError, match="no trait"):
        ask(venice.url, lambda v: v.models.resolve("nobody"))
    assert "default" in ask(venice.url, lambda v: v.models.get_model_traits(MODEL))
    assert ask(venice.url, lambda v: v.models.get_model_traits("venice-uncensored")) == ["most_uncensored"]
    mapping = ask(venice.url, lambda v: v.models.compatibility_mapping())
    assert (mapping.venice_model("gpt-4o"), mapping.venice_model("gpt-9")) == (MODEL, None)
    assert mapping.names_of(MODEL) == ["gpt-4o", "gpt-4o-mini"]


@both
def test_embeddings(ask: Asker, venice: Watched) -> None:
    """Base64 and floats come to the same; more than 2,048 texts are sent in slices."""
    packed = ask(venice.url, lambda v: v.embeddings.create(EMBEDS, ["a", "b"], dimensions=16))
    assert venice.last.json()["encoding_format"] == "base64"
    plain = ask(venice.url, lambda v: v.embeddings.create(EMBEDS, ["a", "b"], dimensions=16, encoding_format="float"))
    assert packed.vectors == plain.vectors
    assert [len(each) for each in packed.vectors] == [16, 16]
    many = ask(venice.url, lambda v: v.embeddings.create(EMBEDS, [f"t{n}" for n in range(2050)], dimensions=4))
    assert len(many.vectors) == 2050
    assert [len(request.json()["input"]) for request in venice.sim.requests[-2:]] == [2048, 2]


@both
def test_characters(ask: Asker, venice: Watched) -> None:
    character = ask(venice.url, lambda v: v.characters.get("alan-watts"))
    assert (character.name, character.model_id, character.stats.average_rating) == (
        "Alan Watts", "venice-uncensored", 4.7,
    )  # fmt: skip
    assert character.meta.request_id
    page = ask(venice.url, lambda v: v.characters.reviews("alan-watts", page_size=10))
    assert (len(page.data), page.pagination.total_pages, page.summary.total_reviews) == (10, 5, 45)
    with pytest.raises(CharacterNotFoundError) as caught:
        ask(venice.url, lambda v: v.characters.get("nobody/else"))
    assert caught.value.code == "CHARACTER_NOT_FOUND"
    assert venice.last.path.endswith("/characters/nobody%2Felse")


def test_a_character_is_kept_on_request(venice: Watched) -> None:
    from onellm_providers.venice import Venice

    with Venice(api_key="sim-key", base_url=venice.url) as client:
        first = client.characters.get("alan-watts")
        assert client.characters.get("alan-watts", max_age=60) is first
        assert len(venice.sim.requests) == 1
        client.characters.get("alan-watts")
    assert len(venice.sim.requests) == 2


@both
def test_keys(ask: Asker, venice: Watched) -> None:
    """Detail 16: the body of a change has `consumptionLimit`, its answer `consumptionLimits`."""
    listed = ask(venice.url, lambda v: v.api_keys.list())
    assert [each.last6_chars for each in listed.data] == ["SIM000", "SIM001"]
    assert listed.data[0].usage.trailing_seven_days.usd == Decimal("10.2424")
    changed = ask(venice.url, lambda v: v.api_keys.update(KEY_ID, consumption_limit={"usd": 7, "diem": None}))
    assert (changed.consumption_limits.usd, changed.consumption_limits.diem) == (7, None)
    assert venice.last.json() == {"id": KEY_ID, "consumptionLimit": {"usd": 7, "diem": None}}
    assert ask(venice.url, lambda v: v.api_keys.delete(KEY_ID)).success
    made = ask(venice.url, lambda v: v.api_keys.create(description="ci"))
    assert made.api_key.startswith("VENICE_SIM_")
    assert made.api_key not in repr(made)
    limits = ask(venice.url, lambda v: v.api_keys.rate_limits())
    assert (limits.api_tier.id, limits.balances.usd) == ("paid", 10.0)
    assert [(each.amount, each.type) for each in limits.of(MODEL)] == [(500, "RPM"), (1_000_000, "TPM")]


@both
def test_a_key_is_never_made_twice(ask: Asker, venice: Watched) -> None:
    venice.sim.inject(faults.status(500), times=5)
    with pytest.raises(UnknownOutcomeError):
        ask(venice.url, lambda v: v.api_keys.create(description="ci"))
    assert len(venice.sim.requests) == 1


@both
def test_billing(ask: Asker, venice: Watched) -> None:
    balance = ask(venice.url, lambda v: v.billing.balance())
    assert (balance.balances.usd, balance.balances.diem, balance.can_consume) == (25.0, 90.5, True)
    left = ask(venice.url, lambda v: v.billing.credits_remaining())
    assert (left.usd, left.diem) == (25.0, 90.5)
    assert ask(venice.url, lambda v: v.billing.usage_by_model(MODEL)).total_usd == 1.5
    unused = ask(venice.url, lambda v: v.billing.usage_by_model("unused"))
    assert (unused.total_usd, unused.breakdown) == (0, [])
    page = ask(venice.url, lambda v: v.billing.usage_history(page_size=10))
    assert (len(page.data), page.data[0].amount, page.data[1].inference_details.prompt_tokens) == (
        10, Decimal("-0.06356"), 339,
    )  # fmt: skip
    text = ask(venice.url, lambda v: v.billing.usage_history_csv(page_size=10))
    assert text.filename == "billing-usage-history-20260708T091530123Z.csv"
    assert venice.last.headers["accept"] == "text/csv"


@both
def test_documents(ask: Asker, venice: Watched, tmp_path: Any) -> None:
    note = tmp_path / "note.txt"
    note.write_text("Three short words", encoding="utf-8")
    parsed = ask(venice.url, lambda v: v.augment.parse_text(note))
    assert (parsed.text, parsed.tokens) == ("Three short words", 3)
    assert b'filename="note.txt"' in venice.last.body
    plain = ask(venice.url, lambda v: v.augment.parse_text(note, response_format="text"))
    assert (plain.text, plain.tokens) == ("Three short words", None)


@both
def test_rpc(ask: Asker, venice: Watched) -> None:
    answer = ask(venice.url, lambda v: v.crypto.rpc("base-mainnet", "eth_chainId", idempotency_key="replayed"))
    assert (answer.result, answer.error, answer.credits, answer.cost_usd, answer.replayed) == (
        "0x2105", None, 20, Decimal("0.00001400"), True,
    )  # fmt: skip
    failed = ask(venice.url, lambda v: v.crypto.rpc("base-mainnet", "eth_call"))
    assert (failed.result, failed.error.code) == (None, -32000)
    calls = [{"method": "eth_chainId", "id": "a"}, {"method": "eth_call"}, {"method": "eth_gasPrice"}]
    batch = ask(venice.url, lambda v: v.crypto.batch("base-mainnet", calls))
    assert [each.id for each in batch.responses] == ["a", 2, 3], "the simulator answers in reverse"
    assert batch.responses[1].error.message == "execution reverted"
    assert batch.credits == 45
    assert "base-mainnet" in ask(venice.url, lambda v: v.crypto.networks()).networks
    assert "authorization" not in venice.last.headers


@both
def test_rpc_with_a_key_is_repeated_with_the_same_bytes(ask: Asker, venice: Watched) -> None:
    """Detail 21."""
    venice.sim.inject(faults.status(500))
    ask(venice.url, lambda v: v.crypto.rpc("base-mainnet", "eth_chainId", idempotency_key="k1"))
    first, second = venice.sim.requests
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == "k1"
    venice.sim.inject(faults.status(500))
    with pytest.raises(UnknownOutcomeError):
        ask(venice.url, lambda v: v.crypto.rpc("base-mainnet", "eth_chainId"))
    assert len(venice.sim.requests) == 3


@both
def test_decisions(ask: Asker, venice: Watched) -> None:
    answer = ask(venice.url, lambda v: v.decisions.create("m", "A state.", QUESTIONS))
    assert (answer.noul("urgent"), answer.choice("team"), answer.score("mood")) == (0.75, "billing", 0.375)
    assert answer.answers["team"].probabilities == {"billing": 0.75, "technical": 0.25}
    for kind, question in (("noul", "team"), ("choice", "mood"), ("score", "nobody")):
        with pytest.raises(LookupError):
            getattr(answer, kind)(question)


@both
def test_responses(ask: Asker, venice: Watched) -> None:
    whole = ask(venice.url, lambda v: v.responses.create(MODEL, "Hi"))
    assert whole.output_text.startswith("You said “Hi”")
    assert (whole.status, whole.function_calls) == ("completed", [])
    streamed = ask(venice.url, lambda v: v.responses.create(MODEL, "Hi", stream=True))
    assert [each.type for each in streamed.events][:2] == ["response.created", "response.output_item.added"]
    assert "".join(each.delta or "" for each in streamed.events) == whole.output_text
    assert streamed.final.output_text == whole.output_text
    tools = [{"type": "function", "function": {"name": "tide", "parameters": {"type": "object", "properties": {}}}}]
    called = ask(venice.url, lambda v: v.responses.create(MODEL, "Hi", tools=tools, tool_choice="required"))
    assert [each.name for each in called.function_calls] == ["tide"]


@both
def test_any_path(ask: Asker, venice: Watched) -> None:
    answer = ask(venice.url, lambda v: v.request("GET", "/models", query={"type": "image"}))
    assert (answer.status, answer.media_type, answer.json()["type"]) == (200, "application/json", "image")
    made = ask(venice.url, lambda v: v.request("POST", "augment/search", json={"query": "x"}, headers={"X-Tag": "1"}))
    assert "results" in made.text
    assert venice.last.headers["x-tag"] == "1"
    sent = ask(
        venice.url,
        lambda v: v.request(
            "POST", "augment/text-parser", files={"file": b"One two"}, data={"response_format": "json"}
        ),
    )
    assert sent.json() == {"text": "One two", "tokens": 2}
    venice.sim.inject(faults.status(500), times=3)
    with pytest.raises(UnknownOutcomeError):
        ask(venice.url, lambda v: v.request("POST", "augment/search", json={"query": "x"}))
    assert (
        ask(venice.url, lambda v: v.request("POST", "augment/search", json={"query": "x"}, effect="read")).status == 200
    )
