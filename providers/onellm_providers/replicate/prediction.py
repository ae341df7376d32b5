"""A prediction, as the service tells it, and the answers that are made of one.

Fields by the replicate SDK 1.0.7 and recorded answers; `aborted` by the changelog of 2025-10-16, the token counts among
the metrics by the documentation of official language models.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from onellm.call import Reply
from onellm.capabilities import Prices
from onellm.cost import Tokens, cost_parts
from onellm.decode.json import Table, array, table
from onellm.error_bodies import build_error
from onellm.errors import APIError, ContentPolicyError
from onellm.types.base import Result
from onellm.types.chat import ChatCompletionResponse, Choice, Message, Usage

ENDED = frozenset({"succeeded", "failed", "canceled", "aborted"})
OWN = frozenset({"id", "created", "model", "output", "input", "urls", "choices", "usage", "object"})
"""Fields that an answer has elsewhere, or that only repeat the request."""
_FLAGGED = re.compile(r"\bNSFW\b|flagged as sensitive", re.IGNORECASE)
"""How models refuse content: the words of sdxl's safety checker, and of the services behind official models."""


class Prediction(Result):
    """A prediction: what it makes so far, and how far it is. Fields that are not known here are kept."""

    id: str
    status: str = ""
    model: str | None = None
    version: str | None = None
    output: Any = None
    error: Any = None
    logs: str | None = None
    metrics: dict[str, Any] | None = None
    urls: dict[str, Any] | None = None
    created_at: str | None = None

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    @property
    def stream_url(self) -> str | None:
        """Where its output can be read as it comes; None where the model does not stream."""
        url = (self.urls or {}).get("stream")
        return url if isinstance(url, str) and url else None

    @property
    def created(self) -> int:
        """When it was created, in seconds since 1970; 0 where it does not say."""
        try:
            return int(datetime.fromisoformat(re.sub(r"\.\d+", "", self.created_at or "")).timestamp())
        except ValueError:
            return 0


def read_prediction(reply: Reply) -> Prediction:
    """The prediction of an answer. Raises ValueError where it is none."""
    prediction = Prediction.model_validate_json(reply.body)
    if not prediction.id or not prediction.status:
        raise ValueError("no prediction")
    return prediction


def failure_of(said: Any, provider: str, model: str, prediction_id: str) -> APIError:
    """The error for a prediction that failed; it is no answer of the service's API, so it has no status."""
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    detail = str(table(_json(text)).get("detail") or text or "it does not say why")
    cls = type(build_error(Reply(500, None, json.dumps({"detail": detail}).encode()), provider=provider))
    if _FLAGGED.search(detail):
        cls = ContentPolicyError
    return cls(
        f"{provider}/{model} failed in the prediction {prediction_id}: {detail}",
        type="prediction_failed",
        provider=provider,
        model=model,
        body={"id": prediction_id, "error": said},
    )


def as_answer(prediction: Prediction, model: str, prices: Prices | None) -> ChatCompletionResponse:
    """The answer of a chat. A prediction that was cancelled is one with what came before."""
    said = prediction.model_dump(exclude_none=True)
    choice = Choice(
        message=Message(content=text_of(prediction.output)),
        finish_reason=finish(prediction.status),
        native_finish_reason=prediction.status,
    )
    return ChatCompletionResponse(
        id=prediction.id,
        created=prediction.created,
        model=prediction.model or model,
        choices=[choice],
        usage=usage_of(table(prediction.metrics), prices),
        **{name: value for name, value in said.items() if name not in OWN},
    )


def finish(word: str) -> Any:
    """OpenAI's word: a model does not say whether it stopped by itself or at its limit."""
    return "stop" if word == "succeeded" else "error"


def text_of(output: Any) -> str | None:
    """The text of an output: the pieces of a list belong together; what is no text stays JSON."""
    if output is None or isinstance(output, str):
        return output
    pieces = array(output)
    if isinstance(output, list) and all(isinstance(piece, str) for piece in pieces):
        return "".join(pieces)
    return json.dumps(output, ensure_ascii=False)


def usage_of(metrics: Table, prices: Prices | None) -> Usage | None:
    """Tokens, where the model counts them."""
    prompt, completion = metrics.get("input_token_count"), metrics.get("output_token_count")
    if not isinstance(prompt, int) or not isinstance(completion, int):
        return None
    usage = Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion)
    parts = "no prices of this model are known" if prices is None else cost_parts(Tokens(prompt, completion), prices)
    if isinstance(parts, str):
        usage.cost_unknown = parts
    else:
        usage.cost, usage.cost_parts = sum(parts.values()), parts
    return usage


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
