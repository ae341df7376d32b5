"""The parameters of a chat completion as a host takes them: refused, renamed, checked, never dropped in silence."""

from __future__ import annotations

import re
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.losses import Losses
from onellm.openai_compatible.spec import OPENAI_PARAMETERS, Spec
from onellm.types.chat_request import ChatRequest


def encode_parameters(spec: Spec, request: ChatRequest, losses: Losses, *, stream: bool) -> dict[str, Any]:
    """The body's parameters, without `model` and `messages`. None is absent, zero is a value."""
    given = request.parameters()
    _check_tools(spec, given, losses)
    _settle_tools(given, losses)
    if not stream and given.pop("stream_options", None) is not None:
        losses.note("stream_options")
    if given.get("stop") == []:
        del given["stop"]
    body: dict[str, Any] = {}
    for name, value in given.items():
        if not spec.takes(name):
            losses.refuse(name, _not_taken(spec, request.model, name))
            continue
        limit = spec.limits.get(name)
        if limit is not None and (problem := limit.problem(value)):
            raise InvalidRequestError(f"{name} {problem} for {spec.name}/{request.model}.", param=name)
        wire = spec.rename.get(name, name)
        if wire in body:
            raise InvalidRequestError(
                f"{name} and {_source(spec, given, wire, name)} mean the same here; give one.", param=name
            )
        body[wire] = value
    if "top_logprobs" in body and not body.get("logprobs"):
        raise InvalidRequestError("top_logprobs needs logprobs=True.", param="top_logprobs")
    _place_effort(spec, body)
    if stream:
        body["stream"] = True
        if spec.stream_usage and spec.takes("stream_options"):
            body["stream_options"] = {"include_usage": True, **body.get("stream_options", {})}
    _add_extra_body(body, request)
    return body


def _check_tools(spec: Spec, given: dict[str, Any], losses: Losses) -> None:
    """Only tools of the types that the host takes, and a choice that names something."""
    tools, choice = array(given.get("tools")), table(given.get("tool_choice"))
    kinds = {index: str(table(tool).get("type", "function")) for index, tool in enumerate(tools)}
    refused = {index: kind for index, kind in kinds.items() if spec.tool_types and kind not in spec.tool_types}
    for index, kind in refused.items():
        losses.refuse(f"tools[{index}]", f"{spec.name} takes no tool of type {kind!r} (tools[{index}]).")
    if refused:
        given["tools"] = [tool for index, tool in enumerate(tools) if index not in refused]
        if choice.get("type") in refused.values():
            losses.note("tool_choice")
            del given["tool_choice"]
    if spec.tool_names is not None:
        for index, tool in enumerate(tools):
            name = table(table(tool).get("function")).get("name")
            if isinstance(name, str) and not re.fullmatch(spec.tool_names, name):
                raise InvalidRequestError(
                    f"tools[{index}].function.name is {name!r}; {spec.name} takes names that match {spec.tool_names}.",
                    param=f"tools[{index}].function.name",
                )
    if isinstance(given.get("tool_choice"), dict):
        named: Any = choice.get("type")
        if named in ("auto", "none", "required"):
            given["tool_choice"] = named
        elif not isinstance(named, str) or (named in ("function", "custom") and not _names(choice, named)):
            raise InvalidRequestError(
                "tool_choice must be auto, none, required or {'type': 'function', 'function': {'name': …}}.",
                param="tool_choice",
            )


def _names(choice: Table, kind: str) -> bool:
    return bool(table(choice.get(kind)).get("name"))


def _settle_tools(given: dict[str, Any], losses: Losses) -> None:
    """Without tools, what only steers tools has no meaning; hosts answer 400 to it."""
    if given.get("tools") == []:
        del given["tools"]
    if "tools" in given or "functions" in given:
        return
    choice = given.get("tool_choice")
    if choice is not None and choice not in ("auto", "none"):
        raise InvalidRequestError("tool_choice asks for a tool, but no tools were given.", param="tool_choice")
    for name in ("tool_choice", "parallel_tool_calls"):
        if given.pop(name, None) is not None:
            losses.note(name)


def _place_effort(spec: Spec, body: dict[str, Any]) -> None:
    """`reasoning_effort` in the host's words, and inside `reasoning` where the host wants it there."""
    effort = body.get("reasoning_effort")
    if effort is None:
        return
    effort = spec.efforts.get(effort, effort)
    if spec.effort_in_reasoning:
        del body["reasoning_effort"]
        body["reasoning"] = {**body.get("reasoning", {}), "effort": effort}
    else:
        body["reasoning_effort"] = effort


def _add_extra_body(body: dict[str, Any], request: ChatRequest) -> None:
    """The caller's own fields go in last, word for word."""
    for name, value in (request.extra_body or {}).items():
        if name in ("stream", "messages", "model"):
            raise InvalidRequestError(f"extra_body cannot set {name}; pass it as a parameter.", param=name)
        body[name] = value


def _not_taken(spec: Spec, model: str, name: str) -> str:
    known = sorted((OPENAI_PARAMETERS | spec.parameters) - spec.refuse)
    import difflib

    if name not in ChatRequest.model_fields and (near := difflib.get_close_matches(name, known, 1)):
        return f"{spec.name} does not know the parameter {name!r}. Did you mean {near[0]!r}?"
    return (
        f"{spec.name}/{model} does not take {name}. Leave it out, send it anyway as extra_body={{{name!r}: …}}, "
        "or pass unsupported='drop'."
    )


def _source(spec: Spec, given: dict[str, Any], wire: str, other: str) -> str:
    return next(name for name in given if name != other and spec.rename.get(name, name) == wire)
