"""Search, pages and documents."""

from __future__ import annotations

from onellm.types.base import Model, Result


class SearchResult(Model):
    """A page that was found. `content` may hold HTML marks, `date` may be empty."""

    title: str
    url: str
    content: str = ""
    date: str = ""


class SearchResults(Result):
    query: str
    results: list[SearchResult]


class ScrapedPage(Result):
    """A page as markdown."""

    url: str
    content: str
    format: str = "markdown"


class ParsedDocument(Result):
    """The text of a document; `tokens` is None where the answer came as plain text."""

    text: str
    tokens: int | None = None
