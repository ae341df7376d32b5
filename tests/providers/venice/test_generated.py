"""Must hold 2: arguments made from the signatures. What we send, Venice's OpenAPI file takes; else we refuse it here.

Known departures, by name: `ip_allowlist`, `anon_user_id`, `instructions`, `parallel_tool_calls` and
`prompt_cache_retention` (of responses) came after the file, which closes the bodies of keys; and embeddings are asked
for in base64 unless told otherwise.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import inspect
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from onellm_providers.venice import Venice
from onellm_providers.venice.operations import OPERATIONS
from onellm_providers.venice.resources.responses import Responses
from onellm_providers.venice.types.chat_params import ResponseParams

from onellm import InvalidRequestError
from onellm.call import Call
from tests.providers.venice.media import Judge, contract
from tests.support import KEY

SLOW = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example)
FEW = settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=SLOW)

CLIENT = Venice(api_key=KEY)
GENERATED = [
    "GET /models", "GET /models/traits", "GET /models/compatibility_mapping", "POST /embeddings", "GET /characters",
    "GET /characters/{slug}/reviews", "POST /api_keys", "PATCH /api_keys", "DELETE /api_keys",
    "POST /api_keys/generate_web3_key", "GET /billing/usage-analytics", "GET /billing/usage-history",
    "POST /augment/search", "POST /augment/scrape", "POST /crypto/rpc/{network}",
    "GET /x402/transactions/{walletAddress}", "POST /responses",
]  # fmt: skip
BEYOND = {"ip_allowlist", "anon_user_id", "instructions", "parallel_tool_calls", "prompt_cache_retention"}

texts = st.text(st.characters(codec="utf-8"), max_size=12)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 120), st.floats(-3, 3, allow_nan=False), texts,
    st.sampled_from(["", "7d", "91d", "2026-07-01", "2026-07-01T00:00:00Z", "https://a.example/", "x" * 65, "x" * 401]),
    st.sampled_from([0, 1, 9, 10, 100, 101, 1000, 1001, 2048]),
)  # fmt: skip
noise = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
GOOD: Mapping[str, st.SearchStrategy[Any]] = {
    "slug": st.just("alan-watts"),
    "network": st.just("base-mainnet"),
    "wallet_address": st.sampled_from(["0x" + "1" * 40, "A" * 32]),
    "model": st.just("text-embedding-bge-m3") | texts,
    "id": st.just("k") | texts,
    "method": st.just("eth_call") | texts,
    "input": st.just("Hi") | st.lists(texts, min_size=1, max_size=3) | noise,
    "url": st.sampled_from(["https://a.example/", "http://b.example/x?y=1", "b.example"]) | texts,
    "query": st.just("foxes") | texts,
    **dict.fromkeys(("address", "signature", "token"), st.just("0x1") | texts),
    "api_key_type": st.sampled_from(["INFERENCE", "ADMIN"]) | texts,
    "description": st.just("ci") | texts,
    "idempotency_key": st.none() | texts,
    "tools": st.none() | st.lists(st.sampled_from([{"type": "web_search"}, {"type": "function"}, {}, 1]), max_size=2),
    "consumption_limit": st.none() | st.dictionaries(st.sampled_from(["usd", "diem"]), scalars, max_size=2) | noise,
}
MUST = {"slug", "network", "wallet_address"}
"""What stands in the path, and would be another operation without its value."""


def method_of(operation: str) -> Callable[..., Any]:
    """The pure method: what it makes of its arguments, without an engine."""
    if operation == "POST /responses":
        whole: Any = Responses._whole.method
        return lambda **given: whole(CLIENT.responses, given.pop("model"), given.pop("input"), given)
    resource, _, name = OPERATIONS[operation].rpartition(".")
    found = getattr(CLIENT, resource)
    return functools.partial(getattr(type(found), name).method, found)


@functools.cache
def arguments(operation: str) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments of the method: of the types that its signature names, and of others."""
    if operation == "POST /responses":
        hints: dict[str, Any] = {"model": str, "input": str, **typing.get_type_hints(ResponseParams)}
        required = {"model", "input"}
    else:
        method = method_of(operation).func  # type: ignore[attr-defined]
        parameters = inspect.signature(method).parameters.values()
        hints = {each.name: _hint(method, each.name) for each in parameters if each.name != "self"}
        required = {each.name for each in parameters if each.default is each.empty} - {"self"}
    made = {name: _strategy(name, hint) for name, hint in hints.items() if name not in BEYOND}
    return st.fixed_dictionaries(
        {name: value for name, value in made.items() if name in required | MUST},
        optional={name: value for name, value in made.items() if name not in required | MUST},
    )


def _hint(method: Any, name: str) -> Any:
    try:
        return typing.get_type_hints(method).get(name, Any)
    except (NameError, TypeError):  # a name that only type checkers load
        return Any


def _strategy(name: str, hint: Any) -> st.SearchStrategy[Any]:
    if name in GOOD:
        return GOOD[name]
    literals = _literals(hint)
    if literals:
        return st.sampled_from(literals) | scalars
    if datetime.date in typing.get_args(hint):
        return scalars | st.dates() | st.datetimes(timezones=st.just(datetime.UTC))
    return noise


def _literals(hint: Any) -> list[Any]:
    """The choices that a type names, at any depth."""
    if typing.get_origin(hint) is typing.Literal:
        return list(typing.get_args(hint))
    return [each for part in typing.get_args(hint) for each in _literals(part)]


def judged(judge: Judge, operation: str, call: Call[Any]) -> list[str]:
    """What the file has against the body and the query of a call."""
    method, path = operation.split()
    query = {name: values[-1] for name, values in parse_qs(urlsplit(call.url).query, keep_blank_values=True).items()}
    found = judge.query(method, path, query)
    if call.json is not None:
        found += judge.complaints(
            call.json, "paths", path, method.lower(), "requestBody", "content", "application/json", "schema"
        )
    return found


@pytest.mark.parametrize("operation", GENERATED)
def test_what_we_send_the_file_takes(shared: Path, operation: str) -> None:
    judge, sent = Judge(contract(shared)), 0

    @FEW
    @given(arguments(operation))
    def check(given: dict[str, Any]) -> None:
        nonlocal sent
        call: Any = None
        with contextlib.suppress(InvalidRequestError):
            call = method_of(operation)(**given)
        event("sent" if call else "refused")
        if isinstance(call, Call):
            sent += 1
            assert judged(judge, operation, call) == [], given

    check()
    assert sent, "there was something to judge"
