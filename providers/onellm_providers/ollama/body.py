"""The bodies of POST /api/chat and POST /api/generate."""

from __future__ import annotations

import re
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.translate.parameters import (
    add_extra_body,
    drop_nothings,
    refuse_rest,
    take_max_tokens,
    take_stream_options,
)
from onellm.translate.tools import as_openai, check_distinct, read_choice, read_functions, settle_without_tools
from onellm.types.chat_request import ChatRequest
from onellm.types.completion import CompletionRequest
from onellm_providers.ollama.messages import bare, encode_messages
from onellm_providers.ollama.options import TAKEN, length_of, place_options, texts_in, warn_if_long
from onellm_providers.ollama.target import Target

CHAT = TAKEN | {
    "format", "logprobs", "max_completion_tokens", "max_tokens", "parallel_tool_calls", "reasoning_effort",
    "response_format", "stream_options", "think", "tool_choice", "tools", "top_logprobs",
}  # fmt: skip
PROMPT = ("context", "raw", "suffix", "system", "template", "think")
"""What a generated text takes beside its prompt."""
GENERATE = TAKEN | {"format", "images", "max_tokens", "stream_options", "logprobs", *PROMPT}
LEVELS = ("low", "medium", "high")
"""What gpt-oss takes; other models think or do not."""
FIXED = ("stream", "messages", "model", "prompt")
_LEVELLED = re.compile(r"(^|/)gpt-oss([:-]|$)")


def encode_chat(target: Target, request: ChatRequest, *, stream: bool) -> Table:
    """The body of a chat; `stream` is always said, since the server streams unless told otherwise.

    Raises InvalidRequestError and UnsupportedParameterError for what the server does not take.
    """
    given = request.parameters()
    body: Table = {"model": request.model, "messages": encode_messages(target, request.messages)}
    most = take_max_tokens(given)
    take_stream_options(given, target.losses, target.name, stream=stream)
    drop_nothings(given)
    _place_tools(target, given, body)
    _place_format(given, body)
    _place_thinking(target, given, body)
    for name in ("logprobs", "top_logprobs"):
        if name in given:
            body[name] = given.pop(name)
    place_options(target, given, body, most)
    refuse_rest(given, target.losses, target, CHAT)
    add_extra_body(body, request, FIXED)
    warn_if_long(target, body, len(texts_in(body["messages"])) + length_of(body.get("tools")))
    body["stream"] = stream
    return body


def encode_generate(target: Target, request: CompletionRequest, *, stream: bool) -> Table:
    """The body of a text completion."""
    given = request.parameters()
    prompt = request.prompt[0] if isinstance(request.prompt, list) and len(request.prompt) == 1 else request.prompt
    if not isinstance(prompt, str):
        raise InvalidRequestError(f"{target.name} takes one text as a prompt, no tokens and no list.", param="prompt")
    body: Table = {"model": request.model, "prompt": prompt}
    others = given.pop("logprobs", None)  # how many, of which 0 is one: those of the text alone
    most = take_max_tokens(given)
    take_stream_options(given, target.losses, target.name, stream=stream)
    drop_nothings(given)
    for name, nothing in (("best_of", 1), ("echo", False)):
        if given.get(name) == nothing:
            del given[name]
    if others is not None:
        body |= {"logprobs": True, **({"top_logprobs": others} if others else {})}
    if "images" in given:
        body["images"] = [bare(image, f"images[{place}]") for place, image in enumerate(array(given.pop("images")))]
    for name in (*PROMPT, "format"):
        if name in given:
            body[name] = given.pop(name)
    place_options(target, given, body, most)
    refuse_rest(given, target.losses, target, GENERATE)
    add_extra_body(body, request, FIXED)
    warn_if_long(target, body, len(prompt) + len(str(body.get("system") or "")))
    body["stream"] = stream
    return body


def _place_tools(target: Target, given: dict[str, Any], body: Table) -> None:
    """`tools`. There is no tool_choice: where none may be called, none are sent."""
    asked, choice = given.pop("tools", None), read_choice(given.pop("tool_choice", None))
    parallel = given.pop("parallel_tool_calls", None)
    tools: list[Table] = []
    for where, function in read_functions(asked, target.losses, target.name):
        if function.strict:
            target.losses.note(f"{where}.function.strict")
        tools.append(as_openai(function))
    check_distinct(tool["function"]["name"] for tool in tools)
    if not tools:
        settle_without_tools(target.losses, choice, parallel)
        return
    if parallel is False:
        target.losses.refuse("parallel_tool_calls", f"{target.name} cannot be kept from calling several tools at once.")
    if choice is not None and choice.forces:
        target.losses.refuse("tool_choice", f"{target.name} cannot force a call; it takes tool_choice auto and none.")
    if choice is None or choice.word != "none":
        body["tools"] = tools


def _place_format(given: dict[str, Any], body: Table) -> None:
    """`format`, which the caller may also give in Ollama's own form."""
    asked, own = table(given.pop("response_format", None)), given.pop("format", None)
    if asked and own is not None:
        raise InvalidRequestError("response_format and format mean the same; give one.", param="format")
    if own is not None:
        body["format"] = own
        return
    kind = asked.get("type")
    schema = table(table(asked.get("json_schema")).get("schema"))
    if kind == "json_object":
        body["format"] = "json"
    elif kind == "json_schema" and schema:
        body["format"] = schema
    elif kind not in (None, "text"):
        raise InvalidRequestError(
            "response_format must be text, json_object, or json_schema with a schema.", param="response_format"
        )


def _place_thinking(target: Target, given: dict[str, Any], body: Table) -> None:
    """`think`: on or off; for gpt-oss, which always thinks, a level."""
    effort, think = given.pop("reasoning_effort", None), given.pop("think", None)
    if effort is not None and think is not None:
        raise InvalidRequestError("reasoning_effort and think mean the same; give one.", param="reasoning_effort")
    if think is not None:
        body["think"] = think
    elif effort is not None and not _LEVELLED.search(target.model):
        body["think"] = effort != "none"
    elif effort in LEVELS:
        body["think"] = effort
    elif effort is not None:
        target.losses.refuse("reasoning_effort", f"{target} takes the efforts {', '.join(LEVELS)}, not {effort!r}.")
