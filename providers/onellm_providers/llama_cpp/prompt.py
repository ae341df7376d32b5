"""The prompt of a chat: the model's own template, filled with the messages and tools."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any, cast

from onellm.decode.json import Table, array, table
from onellm.errors import ContextLengthError, InvalidRequestError, UnsupportedParameterError
from onellm_providers.llama_cpp.loading import Loaded
from onellm_providers.llama_cpp.row import NAME

TEMPLATE = "tokenizer.chat_template"


def render(model: Loaded, body: Table, own_template: str | None) -> str:
    """The prompt. Raises InvalidRequestError where the model has no template or it refuses the messages."""
    template: str | None = own_template or model.llama.metadata.get(TEMPLATE)
    if not template:
        raise InvalidRequestError(
            f"{body['model']} has no chat template; give one in Jinja as the setting chat_template.",
            param="model",
            provider=NAME,
        )
    tools = None if body.get("tool_choice") == "none" else body.get("tools")
    if tools and body.get("tool_choice", "auto") == "auto" and "tools" not in template:
        raise UnsupportedParameterError(
            f"The chat template of {body['model']} knows no tools. tool_choice='required' or a named function works "
            "with any model, because a grammar holds it to a call.",
            param="tools",
        )
    formats = import_module("llama_cpp.llama_chat_format")
    errors = import_module("jinja2").TemplateError
    eos, bos = (model.name_of(token) for token in (model.llama.token_eos(), model.llama.token_bos()))
    messages = [_with_objects(message) for message in body["messages"]]
    try:
        formatter = formats.Jinja2ChatFormatter(template=template, eos_token=eos, bos_token=bos)
        return str(formatter(messages=messages, tools=tools, **table(body.get("chat_template_kwargs"))).prompt)
    except (ValueError, TypeError, errors) as error:
        raise InvalidRequestError(
            f"The chat template of {body['model']} does not take these messages: {error}",
            param="messages",
            provider=NAME,
        ) from error


def _with_objects(message: Table) -> Table:
    """Templates want the arguments of a call as an object, where OpenAI has JSON text."""
    if not message.get("tool_calls"):
        return message
    calls: list[Table] = []
    for call in map(table, array(message["tool_calls"])):
        function = table(call.get("function"))
        calls.append({**call, "function": {**function, "arguments": _object(function.get("arguments"))}})
    return {**message, "tool_calls": calls}


def _object(arguments: Any) -> Any:
    try:
        value: object = json.loads(arguments or "{}") if isinstance(arguments, str) else arguments
    except (ValueError, RecursionError):
        return arguments
    return cast("object", value) if isinstance(value, dict) else arguments


def tokens_of(model: Loaded, prompt: str) -> list[int]:
    """The tokens of a prompt, as llama-server makes them: a BOS that the template has written is not added again.

    Raises ContextLengthError where no room is left for an answer.
    """
    bos = model.name_of(model.llama.token_bos())
    written = bool(bos) and prompt.startswith(bos)
    tokens: list[int] = model.llama.tokenize(spelt(prompt, "messages"), add_bos=not written, special=True)
    if len(tokens) >= model.context:
        raise too_long(len(tokens), model.context)
    return tokens


def spelt(text: str, param: str) -> bytes:
    """The text as bytes. Raises InvalidRequestError where half a surrogate pair stands in it."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequestError(f"{param}: a text cannot be written as UTF-8: {error}", param=param) from error


def too_long(count: int, context: int) -> ContextLengthError:
    """The error for an input that does not fit."""
    return ContextLengthError(
        f"The input has {count} tokens and the model's context is {context}: shorten it, or set n_ctx higher if the "
        "model was trained on more.",
        code="context_length_exceeded",
        provider=NAME,
    )
