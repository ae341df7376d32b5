"""`venice.characters`"""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from onellm.call import Call, Flow, ask
from onellm.resource import IO, endpoint
from onellm_providers.venice.resources.base import VeniceResource, listed, reads, refuse, segment, unwraps
from onellm_providers.venice.resources.pages import Pages
from onellm_providers.venice.tables.account import CHARACTERS_QUERY, REVIEWS_QUERY
from onellm_providers.venice.types.characters import Character, CharacterAnswer, CharacterPage, Review, ReviewPage

SortBy: TypeAlias = Literal[
    "featured", "highestRating", "highlyRated", "highlyRatedAndRecent", "imports", "mostRecent", "ratingCount"
]
PAGE = 100


class Characters(VeniceResource[IO]):
    """Characters that others have made (a preview at Venice)."""

    @functools.cached_property
    def _kept(self) -> dict[str, tuple[float, Character]]:
        return {}

    @endpoint
    def list(
        self,
        *,
        search: str | None = None,
        categories: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
        model_id: str | Sequence[str] | None = None,
        is_adult: bool | None = None,
        is_pro: bool | None = None,
        is_web_enabled: bool | None = None,
        sort_by: SortBy | None = None,
        sort_order: Literal["asc", "desc"] | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Call[CharacterPage]:
        """One page of characters: GET /characters.

        `search` has at most 200 characters; `categories`, `tags` and `model_id` at most 20 entries; `limit` is 1–100
        (50), `offset` counts from 0.
        """
        return self._page({
            "search": search,
            "categories": _texts(categories),
            "tags": _texts(tags),
            "modelId": _texts(model_id),
            "isAdult": is_adult,
            "isPro": is_pro,
            "isWebEnabled": is_web_enabled,
            "sortBy": sort_by,
            "sortOrder": sort_order,
            "limit": limit,
            "offset": offset,
        })  # fmt: skip

    @endpoint
    def get(self, slug: str, *, max_age: float = 0.0) -> Flow[Character]:
        """One character: GET /characters/{slug}. Raises CharacterNotFoundError.

        What this resource was told less than `max_age` seconds ago is given again without a call; with 0 it always
        asks.
        """
        kept = self._kept.get(slug)
        if kept is not None and time.monotonic() - kept[0] < max_age:
            return kept[1]
        found = yield from ask(self._call("GET", f"characters/{segment(slug)}", unwraps(CharacterAnswer)))
        self._kept[slug] = time.monotonic(), found
        return found

    @endpoint
    def search(self, query: str, *, limit: int | None = None) -> Call[CharacterPage]:
        """Characters that a text finds, one page of them."""
        return self._page({"search": query, "limit": limit})

    @endpoint
    def reviews(self, slug: str, *, page: int | None = None, page_size: int | None = None) -> Call[ReviewPage]:
        """One page of a character's reviews: GET /characters/{slug}/reviews.

        `page` counts from 1, `page_size` is 1–100 (20).
        """
        return self._reviews(slug, page, page_size)

    def iter_all(
        self,
        *,
        search: str | None = None,
        categories: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
        model_id: str | Sequence[str] | None = None,
        sort_by: SortBy | None = None,
        sort_order: Literal["asc", "desc"] | None = None,
        page_size: int = PAGE,
    ) -> Pages[IO, CharacterPage, Character]:
        """All characters, page by page; parameters are those of `list`."""
        fields = {
            "search": search,
            "categories": _texts(categories),
            "tags": _texts(tags),
            "modelId": _texts(model_id),
            "sortBy": sort_by,
            "sortOrder": sort_order,
            "limit": page_size,
        }

        def after(page: CharacterPage, seen: int) -> Call[CharacterPage] | None:
            return self._page({**fields, "offset": seen}) if len(page.data) >= page_size else None

        return Pages(self._engine, self._options, lambda: self._page(fields), lambda page: page.data, after)

    def iter_reviews(self, slug: str, *, page_size: int = PAGE) -> Pages[IO, ReviewPage, Review]:
        """All reviews of a character, page by page."""

        def after(page: ReviewPage, seen: int) -> Call[ReviewPage] | None:
            told = page.pagination
            return self._reviews(slug, told.page + 1, page_size) if page.data and told.page < told.total_pages else None

        return Pages(
            self._engine, self._options, lambda: self._reviews(slug, None, page_size), lambda page: page.data, after
        )

    def _page(self, fields: dict[str, Any]) -> Call[CharacterPage]:
        return self._call("GET", "characters", reads(CharacterPage), query=refuse(CHARACTERS_QUERY, fields))

    def _reviews(self, slug: str, page: int | None, page_size: int | None) -> Call[ReviewPage]:
        query = refuse(REVIEWS_QUERY, {"page": page, "pageSize": page_size})
        return self._call("GET", f"characters/{segment(slug)}/reviews", reads(ReviewPage), query=query)


def _texts(value: str | Sequence[str] | None) -> Any:
    return [value] if isinstance(value, str) else listed(value)
