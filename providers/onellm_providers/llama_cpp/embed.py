"""Embeddings computed in this process."""

from __future__ import annotations

from typing import Any

from onellm.decode.json import Table
from onellm.errors import CapabilityError, InvalidRequestError, ServerError
from onellm.openai_compatible.losses import Losses
from onellm.translate.parameters import refuse_rest
from onellm.types.embedding import EmbeddingData, EmbeddingRequest, EmbeddingResponse, EmbeddingUsage
from onellm_providers.llama_cpp.files import check_file
from onellm_providers.llama_cpp.loading import Loaded, library
from onellm_providers.llama_cpp.options import Options
from onellm_providers.llama_cpp.prompt import spelt, too_long
from onellm_providers.llama_cpp.row import NAME
from onellm_providers.llama_cpp.shelf import SHELF, Slot, Stop


def encode(request: EmbeddingRequest, losses: Losses) -> Table:
    """What is to be computed. Vectors come as floats however they were asked for."""
    given = request.parameters()
    given.pop("encoding_format", None)
    inputs = request.inputs
    if not inputs:
        raise InvalidRequestError("input is empty; give at least one text.", param="input")
    for place, each in enumerate(inputs):
        if not each:
            raise InvalidRequestError(f"input[{place}] is empty.", param="input")
        if not isinstance(each, str):
            raise InvalidRequestError(f"{NAME} takes texts to embed, no token numbers.", param="input")
    refuse_rest(given, losses, f"{NAME}/{request.model}", ())
    return {"model": request.model, "input": inputs}


class EmbedRun:
    """Embeddings that are to be computed."""

    def __init__(self, body: Table, slot: Slot, options: Options) -> None:
        self.body = body
        self.stop = Stop()
        self._slot = slot
        self._options = options

    def whole(self) -> EmbeddingResponse:
        """The vectors, of length 1 as llama-server's are.

        One input after the other, so that a vector does not depend on its neighbours by rounding, and that the work can
        be stopped between two.
        """
        library()
        size = check_file(self._slot.path, self.body["model"], self._options.folder)
        model: Loaded = SHELF.borrow(self._slot, size, self._options.limit, self.stop)
        rows: list[EmbeddingData] = []
        total = 0
        texts: list[str] = self.body["input"]
        counts = [len(model.llama.tokenize(spelt(text, "input"))) for text in texts]
        if (longest := max(counts)) > model.context:
            raise too_long(longest, model.context)
        for index, text in enumerate(texts):
            self.stop.check()
            rows.append(EmbeddingData(embedding=_vector(model, text, self.body["model"]), index=index))
            total += counts[index]
        usage = EmbeddingUsage(prompt_tokens=total, total_tokens=total)
        return EmbeddingResponse(data=rows, model=self.body["model"], usage=usage)


def _vector(model: Loaded, text: str, name: str) -> list[float]:
    try:
        vector: list[Any] = model.llama.embed(text, normalize=True, truncate=False)
    except (RuntimeError, ValueError) as error:
        raise ServerError(f"llama.cpp failed: {error}", provider=NAME, model=name) from error
    if vector and isinstance(vector[0], list):
        raise CapabilityError(
            f"{name} gives a vector for each token and says not how to pool them: it may be no model for embeddings. "
            "The setting pooling_type chooses (1: mean, 2: CLS, 3: last)."
        )
    return [float(each) for each in vector]
