"""An answer of generateContent as a chat completion."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.errors import BadResponseError
from onellm.types.chat import (
    ChatCompletionResponse,
    Choice,
    FinishReason,
    FunctionCall,
    Logprobs,
    Message,
    TokenLogprob,
    ToolCall,
    TopLogprob,
)
from onellm_providers.gemini.grounding import citations_in
from onellm_providers.gemini.media import Speech, media_in
from onellm_providers.gemini.replay import call_id, make_state, spoken
from onellm_providers.gemini.usage import PricesOf, read_usage

FINISH: Mapping[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",
    **dict.fromkeys(
        (
            "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR", "ESCALATION", "PUP_LIMITED_DISABLED",
        ),
        "content_filter",
    ),
}  # fmt: skip
"""OpenAI's words for finish reasons; all others are `error`, since nothing abnormal is `stop`."""
READ = frozenset({"content", "finishReason", "index", "logprobsResult"})
"""Fields of a candidate that have a place in a choice; the others stay on the message under the service's names."""
UNSAID = (None, "", "FINISH_REASON_UNSPECIFIED", "BLOCKED_REASON_UNSPECIFIED")
"""What stands where there is no reason: the names that enums of Google have for zero."""
HEAD = frozenset({"candidates", "usageMetadata", "modelVersion", "responseId"})


def read_answer(body: bytes, model: str, owner: str, prices_of: PricesOf) -> ChatCompletionResponse:
    """A chat completion from the bytes of an answer. Raises ValueError, BadResponseError where they are none.

    The service tells no time in seconds, so `created` is 0.
    """
    raw = table(json.loads(body))
    if raw.get("error"):
        raise ValueError("the answer holds an error")
    candidates = [table(each) for each in array(raw.get("candidates"))]
    blocked = blocked_by(raw)
    if not candidates and not blocked and not raw.get("usageMetadata"):
        raise BadResponseError("The answer holds neither candidates nor why there are none.")
    known = str(raw.get("responseId") or "")
    choices = [_choice(each, at, owner, known) for at, each in enumerate(candidates)]
    usage = table(raw.get("usageMetadata"))
    return ChatCompletionResponse(
        id=known,
        model=str(raw.get("modelVersion") or model),
        choices=choices or [no_choice(raw)],
        usage=read_usage(usage, model, prices_of, searched=any(map(searched, candidates))) if usage else None,
        **rest(raw),
    )


def blocked_by(raw: Mapping[str, Any]) -> str | None:
    """Why the prompt as a whole was refused."""
    reason = table(raw.get("promptFeedback")).get("blockReason")
    return None if reason in UNSAID else str(reason)


def no_choice(raw: Mapping[str, Any]) -> Choice:
    """The choice of an answer without candidates: the prompt was blocked, or nothing is said of why."""
    reason = blocked_by(raw)
    return Choice(
        message=Message(content=None),
        finish_reason="content_filter" if reason else "error",
        native_finish_reason=reason,
    )


def finish(reason: Any, calls: bool) -> FinishReason | None:
    """The finish reason of a candidate; None where it has not ended."""
    if reason in UNSAID:
        return None
    word = FINISH.get(str(reason), "error")
    return "tool_calls" if word == "stop" and calls else word


def searched(candidate: Mapping[str, Any]) -> bool:
    """Whether the service searched, which has a price of its own."""
    return bool(table(candidate.get("groundingMetadata")).get("webSearchQueries"))


def told(candidate: Mapping[str, Any], parts: Sequence[Table], owner: str) -> Table:
    """What a candidate says beside text, thoughts, calls and media: its state, citations, the service's fields."""
    said: Table = {
        "provider_state": make_state(parts, owner),
        "annotations": citations_in(candidate, spoken(parts)),
        **{name: value for name, value in candidate.items() if name not in READ},
    }
    return {name: value for name, value in said.items() if value not in (None, [], {})}


def rest(raw: Mapping[str, Any]) -> Table:
    """Fields of the answer that have no place in a chat completion, such as `promptFeedback`."""
    return {name: value for name, value in raw.items() if name not in HEAD and value is not None}


def parts_of(candidate: Mapping[str, Any]) -> list[Table]:
    """The parts of a candidate, which may have none."""
    return [table(part) for part in array(table(candidate.get("content")).get("parts"))]


def thoughts(parts: Sequence[Table]) -> str:
    """The text of the thoughts."""
    return "".join(str(part.get("text") or "") for part in parts if part.get("thought"))


def read_logprobs(candidate: Mapping[str, Any]) -> list[TokenLogprob] | None:
    """The log probabilities of a candidate's tokens, each with the likeliest others."""
    result = table(candidate.get("logprobsResult"))
    chosen = [table(each) for each in array(result.get("chosenCandidates"))]
    tops = [array(table(each).get("candidates")) for each in array(result.get("topCandidates"))]
    if not chosen:
        return None
    return [
        TokenLogprob(
            token=str(each.get("token") or ""),
            logprob=float(each.get("logProbability") or 0.0),
            top_logprobs=[
                TopLogprob(token=str(one.get("token") or ""), logprob=float(one.get("logProbability") or 0.0))
                for one in map(table, tops[at] if at < len(tops) else [])
            ],
        )
        for at, each in enumerate(chosen)
    ]


def _choice(candidate: Table, at: int, owner: str, answer: str) -> Choice:
    parts = parts_of(candidate)
    spoke = [table(part["functionCall"]) for part in parts if "functionCall" in part]
    calls = [
        ToolCall(
            id=call_id(call, number, answer),
            function=FunctionCall(name=str(call.get("name") or ""), arguments=arguments(call)),
        )
        for number, call in enumerate(spoke)
    ]
    logprobs = read_logprobs(candidate)
    return Choice(
        index=candidate["index"] if isinstance(candidate.get("index"), int) else at,
        message=Message(
            content=spoken(parts) or None,
            reasoning_content=thoughts(parts) or None,
            tool_calls=calls or None,
            **told(candidate, parts, owner),
            **_media(parts),
        ),
        finish_reason=finish(candidate.get("finishReason"), bool(calls)),
        native_finish_reason=candidate.get("finishReason"),
        logprobs=Logprobs(content=logprobs) if logprobs else None,
    )


def arguments(call: Mapping[str, Any]) -> str:
    """The arguments of a call as a JSON text."""
    return json.dumps(call.get("args") or {}, ensure_ascii=False)


def _media(parts: Sequence[Table]) -> Table:
    """Images and speech that the model made."""
    speech, images = Speech(), list[Table]()
    for image, audio in filter(None, map(media_in, parts)):
        images += [image] if image else []
        if audio:
            speech.add(audio)
    return {**({"images": images} if images else {}), **speech.whole()}
