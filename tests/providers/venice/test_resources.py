"""The resources beside media: what leaves, and what comes back, on both clients, judged by Venice's OpenAPI file."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from onellm_providers.venice.errors import CharacterNotFoundError, ModelNotFoundError

from onellm import InvalidRequestError, UnknownOutcomeError
from onellm.testing import faults
from tests.providers.venice.calls import EMBEDS, HI, KEY_ID, MODEL, QUESTIONS
from tests.providers.venice.media import PNG, Asker, Watched, both, data_url

NOON = datetime.datetime(2026, 7, 1, 12, 0, tzinfo=datetime.UTC)
Call = Callable[[Any], Any]

QUERIES: list[tuple[Call, str, dict[str, str]]] = [
    (lambda v: v.models.list(), "/models", {}),
    (lambda v: v.models.list("image"), "/models", {"type": "image"}),
    (lambda v: v.models.traits("embedding"), "/models/traits", {"type": "embedding"}),
    (lambda v: v.models.compatibility_mapping(), "/models/compatibility_mapping", {}),
    (
        lambda v: v.characters.list(
            search="w", categories=["a", "b"], tags=["Test"], model_id="m", is_adult=False, is_pro=True,
            is_web_enabled=True, sort_by="imports", sort_order="asc", limit=3, offset=1,
        ),
        "/characters",
        {
            "search": "w", "categories": "b", "tags": "Test", "modelId": "m", "isAdult": "false", "isPro": "true",
            "isWebEnabled": "true", "sortBy": "imports", "sortOrder": "asc", "limit": "3", "offset": "1",
        },
    ),
    (lambda v: v.characters.search("Watts", limit=1), "/characters", {"search": "Watts", "limit": "1"}),
    (lambda v: v.characters.reviews("alan-watts", page=2, page_size=5), "/characters/alan-watts/reviews",
     {"page": "2", "pageSize": "5"}),
    (lambda v: v.api_keys.delete(KEY_ID), "/api_keys", {"id": KEY_ID}),
    (lambda v: v.billing.usage_analytics(lookback=30), "/billing/usage-analytics", {"lookback": "30d"}),
    (lambda v: v.billing.usage_analytics(lookback="7"), "/billing/usage-analytics", {"lookback": "7d"}),
    (
        lambda v: v.billing.usage_analytics(start_date=datetime.date(2026, 7, 1), end_date="2026-07-31"),
        "/billing/usage-analytics",
        {"startDate": "2026-07-01", "endDate": "2026-07-31"},
    ),
    (
        lambda v: v.billing.usage_history(currency="USD", start=NOON, end="2026-08-01T00:00:00Z", page_size=10),
        "/billing/usage-history",
        {
            "currency": "USD", "startTimestamp": "2026-07-01T12:00:00+00:00", "endTimestamp": "2026-08-01T00:00:00Z",
            "pageSize": "10",
        },
    ),
    (lambda v: v.tee.attestation("e2ee-venice-uncensored-2", "ab" * 32), "/tee/attestation",
     {"model": "e2ee-venice-uncensored-2", "nonce": "ab" * 32}),
    (lambda v: v.tee.signature("e2ee-venice-uncensored-2", "chatcmpl-1"), "/tee/signature",
     {"model": "e2ee-venice-uncensored-2", "request_id": "chatcmpl-1"}),
]  # fmt: skip


@both
@pytest.mark.parametrize(("call", "path", "query"), QUERIES)
def test_a_query_goes_as_the_file_has_it(
    ask: Asker, venice: Watched, call: Call, path: str, query: dict[str, str]
) -> None:
    ask(venice.url, call)
    assert venice.last.path.endswith(path)
    assert (venice.last.query, venice.last.body) == (query, b"")


BODIES: list[tuple[Call, Any]] = [
    (lambda v: v.augment.search("foxes"), {"query": "foxes"}),
    (lambda v: v.augment.search("foxes", limit=3, search_provider="google"),
     {"query": "foxes", "limit": 3, "search_provider": "google"}),
    (lambda v: v.augment.scrape("https://example.com/a"), {"url": "https://example.com/a"}),
    (lambda v: v.embeddings.create(EMBEDS, "a", dimensions=8, encoding_format="float", user="u"),
     {"model": EMBEDS, "input": ["a"], "dimensions": 8, "encoding_format": "float", "user": "u"}),
    (lambda v: v.api_keys.create(description="ci"), {"apiKeyType": "INFERENCE", "description": "ci"}),
    (
        lambda v: v.api_keys.create(
            description="ci", api_key_type="ADMIN", consumption_limit={"usd": 5, "diem": None}, limit_period="MONTH",
            model_privacy="PRIVATE_ONLY", expires_at=NOON,
        ),
        {
            "apiKeyType": "ADMIN", "description": "ci", "consumptionLimit": {"usd": 5, "diem": None},
            "limitPeriod": "MONTH", "modelPrivacy": "PRIVATE_ONLY", "expiresAt": "2026-07-01T12:00:00Z",
        },
    ),
    (lambda v: v.api_keys.update(KEY_ID, description="x", expires_at=""),
     {"id": KEY_ID, "description": "x", "expiresAt": ""}),
    (lambda v: v.api_keys.update(KEY_ID, expires_at=datetime.date(2027, 1, 1), ip_allowlist=("192.0.2.1",)),
     {"id": KEY_ID, "expiresAt": "2027-01-01", "ipAllowlist": ["192.0.2.1"]}),
    (lambda v: v.crypto.rpc("base-mainnet", "eth_getBalance", ["0x0", "latest"], id="a"),
     {"jsonrpc": "2.0", "method": "eth_getBalance", "params": ["0x0", "latest"], "id": "a"}),
    (lambda v: v.crypto.batch("base-mainnet", [{"method": "eth_chainId"}, {"method": "eth_call", "params": ("a",)}]),
     [{"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"},
      {"jsonrpc": "2.0", "id": 2, "method": "eth_call", "params": ["a"]}]),
    (lambda v: v.responses.create(MODEL, "Hi"), {"model": MODEL, "input": "Hi"}),
    (
        lambda v: v.responses.create(
            MODEL, ({"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},), max_output_tokens=50,
            temperature=1, top_p=0.5, reasoning={"effort": "low"}, fallbacks=({"model": "venice-uncensored"},),
            include=["x"], tool_choice="auto", web_search=True,
            tools=[{"type": "function", "function": {"name": "f"}}, {"type": "web_search"}],
            venice_parameters={"enable_web_search": "off"},
        ),
        {
            "model": MODEL, "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}],
            "max_output_tokens": 50, "temperature": 1, "top_p": 0.5, "reasoning": {"effort": "low"}, "include": ["x"],
            "fallbacks": [{"model": "venice-uncensored"}], "tool_choice": "auto", "web_search": True,
            "tools": [{"type": "function", "function": {"name": "f"}}, {"type": "web_search"}],
            "venice_parameters": {"enable_web_search": "off"},
        },
    ),
    (lambda v: v.decisions.create("m", {"a": ("b",)}, QUESTIONS, images=[PNG]),
     {"model": "m", "state": {"a": ["b"]}, "questions": dict(QUESTIONS), "images": [data_url(PNG)]}),
    (lambda v: v.chat.completions.create(MODEL, HI, enable_web_search=True, temperature=0.5, disable_thinking=None),
     {"model": MODEL, "messages": HI, "temperature": 0.5, "venice_parameters": {"enable_web_search": "on"}}),
]  # fmt: skip


@both
@pytest.mark.parametrize(("call", "body"), BODIES)
def test_a_body_goes_as_the_file_has_it(ask: Asker, venice: Watched, call: Call, body: Any) -> None:
    ask(venice.url, call)
    assert venice.last.json() == body


REFUSED: list[tuple[Call, str]] = [
    (lambda v: v.models.list("nonsense"), "type"),
    (lambda v: v.models.traits("all"), "type"),
    (lambda v: v.augment.search(""), "query"),
    (lambda v: v.augment.search("x" * 401), "query"),
    (lambda v: v.augment.search("x", limit=21), "limit"),
    (lambda v: v.augment.search("x", search_provider="bing"), "search_provider"),
    (lambda v: v.augment.scrape("example.com"), "url"),
    (lambda v: v.augment.parse_text(b"x", response_format="xml"), "response_format"),
    (lambda v: v.augment.parse_text(b""), "file"),
    (lambda v: v.augment.parse_text(bytes(25 * 1024 * 1024 + 1)), "file"),
    (lambda v: v.embeddings.create(EMBEDS, ""), "input"),
    (lambda v: v.embeddings.create(EMBEDS, []), "input"),
    (lambda v: v.embeddings.create(EMBEDS, "a", dimensions=0), "dimensions"),
    (lambda v: v.characters.list(limit=0), "limit"),
    (lambda v: v.characters.list(limit=101), "limit"),
    (lambda v: v.characters.list(offset=-1), "offset"),
    (lambda v: v.characters.list(tags=["a"] * 21), "tags"),
    (lambda v: v.characters.list(search="x" * 201), "search"),
    (lambda v: v.characters.list(sort_by="age"), "sortBy"),
    (lambda v: v.characters.reviews("a", page=0), "page"),
    (lambda v: v.api_keys.create(description="x" * 65), "description"),
    (lambda v: v.api_keys.create(description="x", consumption_limit={"usd": -1}), "consumptionLimit.usd"),
    (lambda v: v.api_keys.create(description="x", consumption_limit={"usd": 10_000_000_000}), "consumptionLimit.usd"),
    (lambda v: v.api_keys.create(description="x", expires_at="tomorrow"), "expiresAt"),
    (lambda v: v.api_keys.create(description="x", expires_at=datetime.datetime(2027, 1, 1)), "expires_at"),  # noqa: DTZ001
    (lambda v: v.api_keys.create(description="x", ip_allowlist=["a"] * 101), "ipAllowlist"),
    (lambda v: v.api_keys.delete(""), "id"),
    (lambda v: v.billing.usage_analytics(lookback="91d"), "lookback"),
    (lambda v: v.billing.usage_analytics(lookback=0), "lookback"),
    (lambda v: v.billing.usage_analytics(start_date="2026-07-01"), "start_date"),
    (lambda v: v.billing.usage_analytics(lookback=7, start_date="2026-07-01", end_date="2026-07-02"), "lookback"),
    (lambda v: v.billing.usage_history(cursor="abc", page_size=10), "cursor"),
    (lambda v: v.billing.usage_history(cursor="a/b"), "cursor"),
    (lambda v: v.billing.usage_history(page_size=9), "pageSize"),
    (lambda v: v.billing.usage_history(start=datetime.datetime(2026, 7, 1)), "start"),  # noqa: DTZ001
    (lambda v: v.billing.usage_history(start="yesterday"), "startTimestamp"),
    (lambda v: v.crypto.rpc("Base Mainnet", "eth_chainId"), "network"),
    (lambda v: v.crypto.rpc("base-mainnet", "eth_chainId", idempotency_key="a b"), "idempotency_key"),
    (lambda v: v.crypto.batch("base-mainnet", []), "calls"),
    (lambda v: v.crypto.batch("base-mainnet", [{"method": "m"}] * 101), "calls"),
    (lambda v: v.crypto.batch("base-mainnet", [{"method": "a", "id": 1}, {"method": "b", "id": 1}]), "calls"),
    (lambda v: v.x402.balance("0x1"), "wallet_address"),
    (lambda v: v.x402.balance(), "wallet_address"),
    (lambda v: v.x402.transactions("0x" + "1" * 40, limit=101), "limit"),
    (lambda v: v.tee.attestation("m", "ab" * 16), "nonce"),
    (lambda v: v.tee.signature("m", ""), "request_id"),
    (lambda v: v.decisions.create("m", "", QUESTIONS), "state"),
    (lambda v: v.decisions.create("m", "s", {}), "questions"),
    (lambda v: v.decisions.create("m", "s", {"a": {"type": "noul"}}), "questions.a.instructions"),
    (lambda v: v.decisions.create("m", "s", QUESTIONS, images=[b"GIF89a......"]), "images"),
    (lambda v: v.responses.create(MODEL, "x", temperature=3), "temperature"),
    (lambda v: v.responses.create(MODEL, "x", max_output_tokens=0), "max_output_tokens"),
    (lambda v: v.responses.create(MODEL, "x", venice_parameters={"enable_x_search": True}), "venice_parameters"),
    (lambda v: v.responses.create(MODEL, "x", tools=[{"type": "function", "name": "f"}]), "tools[0].function"),
    (lambda v: v.responses.create(MODEL, "x", anon_user_id="a||b"), "anon_user_id"),
    (lambda v: v.chat.completions.create(MODEL, HI, seed=0), "seed"),
    (lambda v: v.request("TRACE", "models"), "method"),
    (lambda v: v.request("GET", "https://example.com/models"), "path"),
    (lambda v: v.request("GET", "../secrets"), "path"),
    (lambda v: v.request("GET", "models?type=all"), "path"),
    (lambda v: v.request("POST", "models", json={}, data={"a": "b"}), "json"),
    (lambda v: v.characters.get(".."), ""),
]  # fmt: skip


@both
@pytest.mark.parametrize(("call", "param"), REFUSED)
def test_what_venice_would_refuse_is_refused_before_sending(
    ask: Asker, venice: Watched, call: Call, param: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        ask(venice.url, call)
    assert (caught.value.param or "") == param
    assert caught.value.status is None
    assert venice.sim.requests == []


# -- what comes back ---------------------------------------------------------------------------------------------------


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
