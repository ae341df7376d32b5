"""`client.completions`"""

from __future__ import annotations

from typing import Literal, Unpack

from onellm.call import Prepared, PreparedStream
from onellm.operations import Operations
from onellm.resource import IO, either, endpoint, stream
from onellm.resources.base import Routed
from onellm.types.completion import (
    CompletionChunk,
    CompletionParams,
    CompletionPrompt,
    CompletionRequest,
    CompletionResponse,
)


class Completions(Routed[IO]):
    """`client.completions`: text that goes on where the prompt ends, without roles."""

    @stream
    def _streamed(
        self,
        model: str | None = None,
        prompt: CompletionPrompt = "",
        *,
        stream: Literal[True],
        **params: Unpack[CompletionParams],
    ) -> PreparedStream[CompletionChunk, CompletionResponse]:
        return self._core.prepare_stream(Operations.complete_stream, CompletionRequest, model, params, prompt=prompt)

    @either(_streamed)
    @endpoint
    def create(
        self,
        model: str | None = None,
        prompt: CompletionPrompt = "",
        *,
        stream: Literal[False] | None = None,
        **params: Unpack[CompletionParams],
    ) -> Prepared[CompletionResponse]:
        """A text completion: the whole answer, or with `stream=True` an iterator of chunks.

        Parameters are those of `CompletionParams`. Raises CapabilityError, UnsupportedParameterError and
        InvalidRequestError before anything is sent; later APIError and its kinds, APIConnectionError,
        StreamInterrupted.
        """
        return self._core.prepare(Operations.complete, CompletionRequest, model, params, prompt=prompt)
