"""Answers in pages as iterators, on both clients (detail 14)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from onellm_providers.venice import AsyncVenice, Venice
from onellm_providers.venice.errors import CharacterNotFoundError

from onellm import InvalidRequestError
from onellm.testing import faults
from tests.providers.venice.calls import WALLET
from tests.providers.venice.media import Watched

kinds = pytest.mark.parametrize("kind", ["sync", "async"])


def walk(kind: str, url: str, pages: Callable[[Any], Any], times: int = 1, **options: Any) -> list[Any]:
    """The items of all pages; `times` iterators of the same pages, one after the other."""
    options = {"api_key": "sim-key", "base_url": url, **options}
    if kind == "sync":
        with Venice(**options) as client:
            found = pages(client)
            return [item for _ in range(times) for item in found]

    async def main() -> list[Any]:
        async with AsyncVenice(**options) as client:
            found = pages(client)
            return [item for _ in range(times) async for item in found]

    return asyncio.run(main())


@kinds
def test_characters(kind: str, venice: Watched) -> None:
    slugs = [each.slug for each in walk(kind, venice.url, lambda v: v.characters.iter_all(page_size=3))]
    assert len(slugs) == len(set(slugs)) == 7
    assert [request.query.get("offset") for request in venice.sim.requests] == [None, "3", "6"]


@kinds
def test_an_iterator_begins_anew(kind: str, venice: Watched) -> None:
    assert len(walk(kind, venice.url, lambda v: v.characters.iter_all(page_size=5), times=2)) == 14


@kinds
def test_characters_that_fill_their_last_page(kind: str, venice: Watched) -> None:
    assert len(walk(kind, venice.url, lambda v: v.characters.iter_all(page_size=7))) == 7
    assert len(venice.sim.requests) == 2, "a full page may not be the last"


@kinds
def test_characters_that_a_text_finds(kind: str, venice: Watched) -> None:
    found = walk(
        kind, venice.url, lambda v: v.characters.iter_all(search="watts", tags=["Philosophy"], sort_by="imports")
    )
    assert [each.slug for each in found] == ["alan-watts"]
    assert venice.last.query == {"search": "watts", "tags": "Philosophy", "sortBy": "imports", "limit": "100"}


@kinds
def test_reviews(kind: str, venice: Watched) -> None:
    reviews = walk(kind, venice.url, lambda v: v.characters.iter_reviews("alan-watts", page_size=20))
    assert len({each.id for each in reviews}) == 45
    assert [request.query.get("page") for request in venice.sim.requests] == [None, "2", "3"]
    with pytest.raises(CharacterNotFoundError):
        walk(kind, venice.url, lambda v: v.characters.iter_reviews("nobody"))


@kinds
def test_the_ledger_by_cursor(kind: str, venice: Watched) -> None:
    """Detail 14: the cursor goes alone; the walk ends where `nextCursor` is null."""
    entries = walk(kind, venice.url, lambda v: v.billing.iter_usage_history(page_size=10))
    assert len({each.timestamp for each in entries}) == 25
    first, *rest = venice.sim.requests
    assert first.query == {"pageSize": "10"}
    assert [set(request.query) for request in rest] == [{"cursor"}, {"cursor"}]


@kinds
def test_a_filter_holds_for_the_whole_walk(kind: str, venice: Watched) -> None:
    entries = walk(kind, venice.url, lambda v: v.billing.iter_usage_history(currency="USD", page_size=10))
    assert len(entries) == 20
    assert {each.currency for each in entries} == {"USD"}


@kinds
def test_the_ledger_as_csv(kind: str, venice: Watched) -> None:
    """Detail 14: the cursor is in `x-next-cursor`, and absent on the last page."""
    pages = walk(kind, venice.url, lambda v: v.billing.iter_usage_history_csv(page_size=10))
    assert [page.text.count("\n") - 1 for page in pages] == [10, 10, 5]
    assert [page.next_cursor is None for page in pages] == [False, False, True]
    assert all(request.headers["accept"] == "text/csv" for request in venice.sim.requests)


@kinds
def test_a_wrong_filter_is_refused_when_the_iterator_is_made(kind: str, venice: Watched) -> None:
    with pytest.raises(InvalidRequestError):
        walk(kind, venice.url, lambda v: v.billing.iter_usage_history(page_size=1))
    assert venice.sim.requests == []


@kinds
def test_transactions(kind: str, venice: Watched) -> None:
    found = walk(kind, venice.url, lambda v: v.x402.iter_transactions(page_size=2), wallet=WALLET, api_key=None)
    assert [each.type for each in found] == ["CHARGE", "CHARGE", "TOP_UP"]
    assert [request.query.get("offset") for request in venice.sim.requests] == [None, "2"]
    assert all(WALLET.address in request.path for request in venice.sim.requests)


@kinds
def test_the_log(kind: str, venice: Watched) -> None:
    found = walk(kind, venice.url, lambda v: v.api_keys.iter_rate_limits_log())
    assert [each.rate_limit_type for each in found] == ["RPM", "TPM", "FAILED_REQUESTS"]


@kinds
def test_a_page_is_asked_for_again_after_a_failure(kind: str, venice: Watched) -> None:
    venice.sim.inject(faults.status(503), skip=1)
    assert len(walk(kind, venice.url, lambda v: v.characters.iter_all(page_size=4))) == 7
    assert [request.query.get("offset") for request in venice.sim.requests] == [None, "4", "4"]


def test_pages_are_asked_for_one_by_one(venice: Watched) -> None:
    with Venice(api_key="sim-key", base_url=venice.url) as client:
        pages = iter(client.characters.iter_all(page_size=3))
        assert venice.sim.requests == []
        next(pages)
        next(pages)
        assert len(venice.sim.requests) == 1
