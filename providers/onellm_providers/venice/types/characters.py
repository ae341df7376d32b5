"""Characters and their reviews."""

from __future__ import annotations

from onellm_providers.venice.types.base import CamelModel, CamelResult


class CharacterStats(CamelModel):
    average_rating: float | None = None
    imports: int | None = None
    rating_count: int | None = None
    rating_sum: float | None = None
    user_rating: float | None = None


class Character(CamelResult):
    """A character; chat with `character_slug=character.slug` and its `model_id`."""

    slug: str
    name: str
    id: str | None = None
    description: str | None = None
    author: str | None = None
    adult: bool = False
    featured: bool = False
    web_enabled: bool = False
    model_id: str | None = None
    tags: list[str] = []
    share_url: str | None = None
    photo_url: str | None = None
    stats: CharacterStats | None = None
    created_at: str | None = None
    updated_at: str | None = None


class CharacterAnswer(CamelResult):
    """One character."""

    data: Character


class CharacterPage(CamelResult):
    """Some of the characters."""

    data: list[Character]


class Review(CamelModel):
    id: str
    rating: int
    message: str | None = None
    username: str | None = None
    user_avatar_url: str | None = None
    character_id: str | None = None
    created_at: str | None = None
    is_owner: bool = False
    locale: str | None = None


class Pagination(CamelModel):
    page: int
    page_size: int
    total: int
    total_pages: int


class ReviewSummary(CamelModel):
    average_rating: float | None = None
    total_reviews: int = 0


class ReviewPage(CamelResult):
    """Some of a character's reviews."""

    data: list[Review]
    pagination: Pagination
    summary: ReviewSummary | None = None
