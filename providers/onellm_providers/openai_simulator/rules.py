"""What OpenAI refuses beyond the type of a parameter: combinations, broken history, what a model cannot do.

OpenAI API reference; the rules on tool history and on the word "json" are those of its error messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from onellm.testing.simulator.chat import parts_of, text_of
from onellm.testing.simulator.values import ServiceError
from onellm_providers.openai_simulator.models import Model


def check(body: Mapping[str, Any], model: Model) -> None:
    """Raises ServiceError with the first thing that is wrong."""
    _need_each_other(body)
    _history(body["messages"])
    _formats(body)
    if not model.chats:
        message = "This is not a chat model and thus not supported in the v1/chat/completions endpoint."
        raise ServiceError(404, message, param="model")
    _media(body["messages"], model)
    if "audio" in (body.get("modalities") or ()):
        raise _unsupported_value("modalities", "audio")
    if model.efforts:
        _reasoning(body, model)
    elif body.get("reasoning_effort"):
        raise ServiceError(400, "Unrecognized request argument supplied: reasoning_effort")


def _need_each_other(body: Mapping[str, Any]) -> None:
    needs = {
        "stream_options": "stream",
        "top_logprobs": "logprobs",
        "parallel_tool_calls": "tools",
        "tool_choice": "tools",
    }
    for name, other in needs.items():
        if body.get(name) is not None and not body.get(other):
            message = f"The '{name}' parameter is only allowed when '{other}' is enabled."
            if other == "tools":
                message = f"'{name}' is only allowed when 'tools' are specified."
            raise ServiceError(400, message, param=name)
    if body.get("max_tokens") and body.get("max_completion_tokens"):
        raise ServiceError(400, "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
    choice: Any = body.get("tool_choice")
    if not isinstance(choice, str | None):
        named: list[dict[str, Any]] = choice.get("allowed_tools", {"tools": [choice]})["tools"]
        for name in sorted(_names(named) - _names(body["tools"])):
            raise ServiceError(400, f"Tool choice '{name}' not found in 'tools' parameter.", param="tool_choice")


def _names(tools: list[dict[str, Any]]) -> set[str]:
    return {tool[tool["type"]]["name"] for tool in tools}


def _history(messages: list[dict[str, Any]]) -> None:
    """Every tool call is answered, by the messages right after it, and nothing else is."""
    waiting: set[str] = set()
    for place, message in enumerate(messages):
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                text = "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
                raise ServiceError(400, f"Invalid parameter: {text}", param=f"messages.[{place}].role")
            waiting.remove(message["tool_call_id"])
            continue
        _all_answered(waiting, place)
        waiting = {call["id"] for call in message.get("tool_calls", ())}
        needless = waiting or message.get("function_call") or message.get("refusal") or message.get("audio")
        if message["role"] == "assistant" and message.get("content") is None and not needless:
            text = "Invalid value for 'content': expected a string, got null."
            raise ServiceError(400, text, param=f"messages.[{place}].content")
    _all_answered(waiting, len(messages))


def _all_answered(waiting: set[str], place: int) -> None:
    if waiting:
        message = (
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(sorted(waiting))}"
        )
        raise ServiceError(400, message, param=f"messages.[{place}].role")


def _formats(body: Mapping[str, Any]) -> None:
    wanted: Any = body.get("response_format") or {"type": "text"}
    if wanted["type"] == "json_object" and not any("json" in text_of(each).lower() for each in body["messages"]):
        message = (
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
        )
        raise ServiceError(400, message, param="messages")
    if wanted["type"] == "json_schema" and wanted["json_schema"].get("strict"):
        _strict_schema(wanted["json_schema"].get("schema", {}), f"response_format '{wanted['json_schema']['name']}'")
    for tool in body.get("tools") or ():
        if tool["type"] == "function" and tool["function"].get("strict"):
            _strict_schema(tool["function"].get("parameters", {}), f"function '{tool['function']['name']}'")


def _strict_schema(schema: Mapping[str, Any], where: str) -> None:
    """An object at the root; every object closed, and all of its properties required."""
    if schema.get("type") != "object":
        raise ServiceError(400, f"Invalid schema for {where}: schema must be of type 'object'.", code="invalid_schema")
    stack: list[Any] = [schema]
    while stack:
        part = stack.pop()
        if isinstance(part, list):
            stack += cast("list[Any]", part)
        elif isinstance(part, dict):
            rules = cast("dict[str, Any]", part)
            _strict_object(rules, where)
            named = ("properties", "$defs", "definitions")
            stack += [each for key in named if isinstance(rules.get(key), dict) for each in rules[key].values()]
            stack += [rules[key] for key in ("items", "anyOf", "allOf", "oneOf") if key in rules]


def _strict_object(rules: Mapping[str, Any], where: str) -> None:
    if rules.get("type") == "object" and rules.get("additionalProperties") is not False:
        message = f"Invalid schema for {where}: 'additionalProperties' is required to be supplied and to be false."
        raise ServiceError(400, message, code="invalid_schema")
    missing = [name for name in rules.get("properties", ()) if name not in rules.get("required", ())]
    if rules.get("type") == "object" and missing:
        message = (
            f"Invalid schema for {where}: 'required' must include every key in properties. Missing '{missing[0]}'."
        )
        raise ServiceError(400, message, code="invalid_schema")


def _media(messages: list[dict[str, Any]], model: Model) -> None:
    taken = {"text", "refusal", "image_url", "file"} if model.vision else {"text", "refusal"}
    for place, message in enumerate(messages):
        for at, part in enumerate(parts_of(message)):
            if part["type"] not in taken:
                text = f"Invalid content type. {part['type']} is only supported by certain models."
                raise ServiceError(400, text, param=f"messages.[{place}].content.[{at}].type")


def _reasoning(body: Mapping[str, Any], model: Model) -> None:
    if body.get("max_tokens") is not None:
        message = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
        raise ServiceError(400, message, code="unsupported_parameter", param="max_tokens")
    if body.get("stop") is not None:
        message = "Unsupported parameter: 'stop' is not supported with this model."
        raise ServiceError(400, message, code="unsupported_parameter", param="stop")
    effort = body.get("reasoning_effort")
    if effort is not None and effort not in model.efforts:
        raise _unsupported_value("reasoning_effort", effort)
    if effort != "none":
        for name in ("temperature", "top_p"):
            if body.get(name) not in (None, 1):
                raise _unsupported_value(name, body[name])
        if body.get("logprobs"):
            message = "Unsupported parameter: 'logprobs' is not supported with this model."
            raise ServiceError(400, message, code="unsupported_parameter", param="logprobs")


def _unsupported_value(name: str, value: Any) -> ServiceError:
    message = f"Unsupported value: '{name}' does not support {value} with this model."
    return ServiceError(400, message, code="unsupported_value", param=name)
