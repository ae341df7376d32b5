"""`venice.augment`"""

from __future__ import annotations

from typing import Literal

from onellm.body import File, Multipart
from onellm.call import Call, Reply
from onellm.errors import InvalidRequestError
from onellm.file_input import FileInput, read_file
from onellm.resource import IO, endpoint
from onellm_providers.venice.resources.base import VeniceResource, reads, refuse
from onellm_providers.venice.tables.account import SCRAPE, SEARCH, TEXT_FORMAT
from onellm_providers.venice.types.augment import ParsedDocument, ScrapedPage, SearchResults

LARGEST_DOCUMENT = 25 * 1024 * 1024


class Augment(VeniceResource[IO]):
    """Search, pages and documents as text for a model."""

    @endpoint
    def search(
        self, query: str, *, limit: int | None = None, search_provider: Literal["brave", "google"] | None = None
    ) -> Call[SearchResults]:
        """Search the web: POST /augment/search. `query` has 1–400 characters, `limit` is 1–20 (10)."""
        body = refuse(SEARCH, {"query": query, "limit": limit, "search_provider": search_provider})
        return self._call("POST", "augment/search", reads(SearchResults), body=body)

    @endpoint
    def scrape(self, url: str) -> Call[ScrapedPage]:
        """A page as markdown: POST /augment/scrape. Venice refuses pages of X and Reddit."""
        return self._call("POST", "augment/scrape", reads(ScrapedPage), body=refuse(SCRAPE, {"url": url}))

    @endpoint
    def parse_text(
        self, file: FileInput, *, response_format: Literal["json", "text"] | None = None
    ) -> Call[ParsedDocument]:
        """The text of a document (PDF, DOCX, XLSX, PPTX, plain text, …) of at most 25 MB: POST /augment/text-parser.

        With `response_format="text"` the number of tokens is not told. A scanned PDF has no text and is refused by
        Venice: give it to a model with vision.
        """
        refuse(TEXT_FORMAT, {"response_format": response_format})
        document = read_file(file, "file")
        if len(document.content) > LARGEST_DOCUMENT:
            raise InvalidRequestError("file is larger than 25 MB.", param="file")
        fields: list[tuple[str, str | File]] = [("response_format", response_format)] if response_format else []
        return self._call("POST", "augment/text-parser", _document, body=Multipart([*fields, ("file", document)]))


def _document(reply: Reply) -> ParsedDocument:
    """JSON, or the text alone: the media type tells."""
    if reply.headers.get("content-type", "").startswith("text/"):
        return ParsedDocument(text=reply.body.decode("utf-8"))
    return ParsedDocument.model_validate_json(reply.body)
