"""Embeddings: what is asked and answered (OpenAI's POST /embeddings)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, TypeAlias, cast

from pydantic import BeforeValidator

from onellm.meta import Meta
from onellm.types.base import Model, Priced, Result
from onellm.types.call_params import CallParams
from onellm.types.request import ModelRequest, as_list

EmbeddingInput: TypeAlias = str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]]
"""One text, several texts, or either as token numbers."""


class EmbeddingRequest(ModelRequest):
    """Embeddings as a provider sees them: `input` is a list of texts or of token lists."""

    steering: ClassVar[frozenset[str]] = ModelRequest.steering | {"input"}

    input: Annotated[str | list[str] | list[int] | list[list[int]], BeforeValidator(as_list)]
    dimensions: int | None = None
    encoding_format: Literal["float", "base64"] | None = None
    input_type: str | None = None
    user: str | None = None

    @property
    def inputs(self) -> list[str] | list[list[int]]:
        """The inputs as a list: a single one has a list of its own."""
        given = self.input
        if isinstance(given, str):
            return [given]
        if given and isinstance(given[0], int):
            return [cast("list[int]", given)]
        return cast("list[str]", given)


class EmbeddingParams(CallParams, total=False):
    """The parameters of embeddings beside `model` and `input`.

    `dimensions`: a shorter vector, where the model can. `encoding_format`: how the vectors travel; base64 where the
    host can, and floats come out either way. `input_type`: what the texts are for ("query", "document", …), where the
    model distinguishes that. `venice_parameters` and the like go into `extra_body`.
    """

    dimensions: int | None
    encoding_format: Literal["float", "base64"] | None
    input_type: str | None
    user: str | None


class EmbeddingData(Model):
    """One vector, and the place of its input."""

    embedding: list[float]
    index: int
    object: str = "embedding"


class EmbeddingUsage(Priced):
    prompt_tokens: int = 0
    total_tokens: int = 0


class EmbeddingResponse(Result):
    """The vectors, in the order of the input."""

    data: list[EmbeddingData]
    model: str = ""
    object: str = "list"
    usage: EmbeddingUsage | None = None

    def attach(self, meta: Meta) -> None:
        if self.usage is not None:
            self.usage.account(meta)
        super().attach(meta)

    @property
    def vectors(self) -> list[list[float]]:
        """The vectors alone, in the order of the input."""
        return [row.embedding for row in self.data]
