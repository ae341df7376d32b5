"""What the resources beside media send, and what they refuse, on both clients, judged by Venice's OpenAPI file."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from onellm import InvalidRequestError
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
