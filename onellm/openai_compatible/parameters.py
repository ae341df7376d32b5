"""The parameters of a chat completion as a host takes them: refused, renamed, checked, never dropped in silence."""

from __future__ import annotations

from typing import Any

from onellm.decode.json import table
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.losses import Losses
from onellm.openai_compatible.spec import OPENAI_PARAMETERS, Spec, applies
from onellm.openai_compatible.tools import encode_tools
from onellm.types.chat_request import ChatRequest


def encode_parameters(spec: Spec, request: ChatRequest, losses: Losses, *, stream: bool) -> dict[str, Any]:
    """The body's parameters, without `model` and `messages`. None is absent, zero is a value."""
    given = request.parameters()
    encode_tools(spec, given, losses)
    if "stream_options" in given:
        _settle_stream_options(spec, given, losses, stream=stream)
    if given.get("stop") == []:
        del given["stop"]
    taken, limits, rename, lists = spec.taken, spec.limits, spec.rename, spec.lists
    not_here = spec.refuses_for(request.model)
    body: dict[str, Any] = {}
    for name, value in given.items():
        if name not in taken or name in not_here:
            losses.refuse(name, _not_taken(spec, request.model, name))
            continue
        limit = limits.get(name)
        if limit is not None and (problem := limit.problem(value)):
            raise InvalidRequestError(f"{name} {problem} for {spec.name}/{request.model}.", param=name)
        wire = rename.get(name, name)
        if wire in body:
            raise InvalidRequestError(
                f"{name} and {_source(spec, given, wire, name)} mean the same here; give one.", param=name
            )
        body[wire] = [value] if name in lists and not isinstance(value, list) else value
    if "top_logprobs" in body and not body.get("logprobs"):
        raise InvalidRequestError("top_logprobs needs logprobs=True.", param="top_logprobs")
    if spec.logprobs_as_count and body.get("logprobs") is not None:
        body["logprobs"] = max(int(body["logprobs"]), body.pop("top_logprobs", 0))
    if "response_format" in body:
        _place_format(spec, request.model, body, losses)
    if "reasoning_effort" in body:
        _place_effort(spec, request.model, body)
    if spec.exclusive:
        _check_together(spec, body, stream=stream)
    if "tool_choice" in body:
        _check_forced_tool(spec, request.model, body)
    if stream:
        body["stream"] = True
        if spec.stream_usage and spec.takes("stream_options"):
            body["stream_options"] = {"include_usage": True, **body.get("stream_options", {})}
    if request.extra_body:
        _add_extra_body(body, request.extra_body)
    return body


def _settle_stream_options(spec: Spec, given: dict[str, Any], losses: Losses, *, stream: bool) -> None:
    """Without a stream they have no meaning; a wish for usage that comes unasked is granted already."""
    if not stream:
        losses.note("stream_options")
        del given["stream_options"]
    elif (
        not spec.stream_usage
        and not spec.takes("stream_options")
        and list(given["stream_options"]) == ["include_usage"]
    ):
        del given["stream_options"]


def _place_format(spec: Spec, model: str, body: dict[str, Any], losses: Losses) -> None:
    """`response_format` as the host writes it."""
    asked = table(body.get("response_format"))
    kind = asked.get("type")
    if spec.formats is None or kind not in ("json_object", "json_schema"):
        return
    written = spec.formats.get(kind)
    if written is None:
        taken = ", ".join(sorted(spec.formats)) or "text only"
        losses.refuse(
            "response_format",
            f"{spec.name}/{model} takes no response_format of type {kind!r} (it takes {taken}). Ask for JSON in the "
            "prompt, or pass unsupported='drop'.",
        )
        del body["response_format"]
    elif written == "schema_in_object":
        body["response_format"] = {"type": "json_object", "schema": table(asked.get("json_schema")).get("schema")}
    elif written == "object_schema":
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "object", "schema": {"type": "object"}},
        }


def _place_effort(spec: Spec, model: str, body: dict[str, Any]) -> None:
    """`reasoning_effort` in the host's words, and inside `reasoning` where the host wants it there."""
    effort = body["reasoning_effort"]
    effort = spec.efforts.get(effort, effort)
    if effort == "none" and spec.no_effort:
        del body["reasoning_effort"]
        body.update({name: value for name, value in spec.no_effort.items() if name not in body})
    elif applies(spec.effort_in_reasoning, model):
        del body["reasoning_effort"]
        body["reasoning"] = {**body.get("reasoning", {}), "effort": effort}
    else:
        body["reasoning_effort"] = effort


def _check_together(spec: Spec, body: dict[str, Any], *, stream: bool) -> None:
    """Raise InvalidRequestError where two fields are given that the host does not take together."""
    present = {*body, *(["stream"] if stream else [])}
    for one, other in spec.exclusive:
        if one in present and other in present:
            raise InvalidRequestError(f"{spec.name} does not take {one} and {other} together; give one.", param=other)


def _check_forced_tool(spec: Spec, model: str, body: dict[str, Any]) -> None:
    """Raise InvalidRequestError where a tool is forced beside what this model takes with a free choice only."""
    if body.get("tool_choice") in (None, "auto", "none"):
        return
    for path in (path for pattern, paths in spec.free_choice_with.items() if applies(pattern, model) for path in paths):
        value: Any = body
        for name in path.split("."):
            value = table(value).get(name)
        if value is not None:
            raise InvalidRequestError(
                f"{spec.name}/{model} takes no forced tool_choice together with {path}; leave one out.",
                param="tool_choice",
            )


def _add_extra_body(body: dict[str, Any], extra: dict[str, Any]) -> None:
    """The caller's own fields go in last, word for word."""
    for name, value in extra.items():
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
