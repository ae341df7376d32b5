"""The parameters of OpenAI's chat completions: names, types, ranges (OpenAI API reference)."""

from __future__ import annotations

from onellm.checks import (
    Check,
    anything,
    array,
    boolean,
    either,
    integer,
    mapping,
    nullable,
    number,
    record,
    string,
    tagged,
    url,
)


def _closed(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    """An object with these fields and no others."""
    return record({**required, **(optional or {})}, tuple(required), closed=True)


def _part(name: str, content: Check) -> Check:
    breakpoint_ = _closed({"mode": string("explicit")}, {"ttl": string("30m", "12h")})
    return _closed({"type": string(), name: content}, {"prompt_cache_breakpoint": breakpoint_})


_NAME = string(low=1, high=64)
_TEXT = _part("text", string())
_IMAGE = _closed({"url": url()}, {"detail": string("auto", "low", "high", "original")})
_AUDIO = _closed({"data": string(), "format": string("wav", "mp3")})
_FILE = _closed({}, {"file_id": string(), "file_data": string(), "filename": string()})
_USER_PARTS = {
    "text": _TEXT,
    "image_url": _part("image_url", _IMAGE),
    "input_audio": _part("input_audio", _AUDIO),
    "file": _part("file", _FILE),
}
_ASSISTANT_PARTS = {"text": _TEXT, "refusal": _closed({"type": string(), "refusal": string()})}


def _content(parts: dict[str, Check]) -> Check:
    return either(string(), array(tagged("type", parts), low=1))


_FUNCTION_CALL = _closed({"name": string(), "arguments": string()})
_TOOL_CALLS = {
    "function": _closed({"id": string(), "type": string(), "function": _FUNCTION_CALL}),
    "custom": _closed({"id": string(), "type": string(), "custom": _closed({"name": string(), "input": string()})}),
}
_ASSISTANT: dict[str, Check] = {
    "content": nullable(_content(_ASSISTANT_PARTS)),
    "refusal": nullable(string()),
    "name": string(),
    "audio": nullable(record({"id": string()}, ("id",))),
    "annotations": array(anything()),  # a reply's message can be sent back as it is
    "tool_calls": array(tagged("type", _TOOL_CALLS), low=1),
    "function_call": nullable(_FUNCTION_CALL),
}
_ROLE: dict[str, Check] = {"role": string()}
_INSTRUCTIONS = _closed({**_ROLE, "content": _content({"text": _TEXT})}, {"name": string()})
_MESSAGES = {
    "developer": _INSTRUCTIONS,
    "system": _INSTRUCTIONS,
    "user": _closed({**_ROLE, "content": _content(_USER_PARTS)}, {"name": string()}),
    "assistant": _closed(_ROLE, _ASSISTANT),
    "tool": _closed({**_ROLE, "content": _content({"text": _TEXT}), "tool_call_id": string()}),
    "function": _closed({**_ROLE, "content": nullable(string()), "name": string()}),
}

_SCHEMA = mapping(anything())
_FUNCTION = _closed({"name": _NAME}, {"description": string(), "parameters": _SCHEMA, "strict": nullable(boolean())})
_GRAMMAR = _closed({"syntax": string("lark", "regex"), "definition": string()})
_CUSTOM_FORMATS = {
    "text": _closed({"type": string()}),
    "grammar": _closed({"type": string(), "grammar": _GRAMMAR}),
}
_CUSTOM = _closed({"name": _NAME}, {"description": string(), "format": tagged("type", _CUSTOM_FORMATS)})
_TOOLS = {
    "function": _closed({"type": string(), "function": _FUNCTION}),
    "custom": _closed({"type": string(), "custom": _CUSTOM}),
}
_NAMED = {kind: _closed({"type": string(), kind: _closed({"name": string()})}) for kind in ("function", "custom")}
_ALLOWED = _closed({"mode": string("auto", "required"), "tools": array(tagged("type", _NAMED), low=1)})
_TOOL_CHOICES = {**_NAMED, "allowed_tools": _closed({"type": string(), "allowed_tools": _ALLOWED})}

_JSON_SCHEMA = _closed({"name": _NAME}, {"description": string(), "schema": _SCHEMA, "strict": nullable(boolean())})
_RESPONSE_FORMATS = {
    "text": _closed({"type": string()}),
    "json_object": _closed({"type": string()}),
    "json_schema": _closed({"type": string(), "json_schema": _JSON_SCHEMA}),
}
_PREDICTION = _closed({"type": string("content"), "content": _content({"text": _TEXT})})

CHAT_COMPLETION = _closed(
    {"model": string(low=1), "messages": array(tagged("role", _MESSAGES), low=1)},
    {
        "audio": nullable(
            record({"format": string("wav", "aac", "mp3", "flac", "opus", "pcm16")}, ("format", "voice"))
        ),
        "frequency_penalty": nullable(number(-2, 2)),
        "function_call": either(string("none", "auto"), _closed({"name": string()})),
        "functions": array(_FUNCTION, 1, 128),
        "logit_bias": nullable(mapping(integer(-100, 100))),
        "logprobs": nullable(boolean()),
        "max_completion_tokens": nullable(integer(1)),
        "max_tokens": nullable(integer(1)),
        "metadata": nullable(mapping(string(high=512), high=16, longest_key=64)),
        "modalities": nullable(array(string("text", "audio"))),
        "moderation": nullable(record({"model": string()}, ("model",))),
        "n": nullable(integer(1, 128)),
        "parallel_tool_calls": boolean(),
        "prediction": nullable(_PREDICTION),
        "presence_penalty": nullable(number(-2, 2)),
        "prompt_cache_key": nullable(string()),
        "prompt_cache_options": _closed({}, {"mode": string("implicit", "explicit"), "ttl": string("30m")}),
        "prompt_cache_retention": nullable(string("in_memory", "24h")),
        "reasoning_effort": nullable(string("none", "minimal", "low", "medium", "high", "xhigh", "max")),
        "response_format": tagged("type", _RESPONSE_FORMATS),
        "safety_identifier": nullable(string(high=128)),
        "seed": nullable(integer()),
        "service_tier": nullable(string("auto", "default", "flex", "scale", "priority", "fast")),
        "stop": nullable(either(string(), array(string(), 1, 4))),
        "store": nullable(boolean()),
        "stream": nullable(boolean()),
        "stream_options": nullable(_closed({}, {"include_usage": boolean(), "include_obfuscation": boolean()})),
        "temperature": nullable(number(0, 2)),
        "tool_choice": either(string("none", "auto", "required"), tagged("type", _TOOL_CHOICES)),
        "tools": array(tagged("type", _TOOLS), 1, 128),
        "top_logprobs": nullable(integer(0, 20)),
        "top_p": nullable(number(0, 1)),
        "user": string(),
        "verbosity": nullable(string("low", "medium", "high")),
        "web_search_options": record({"search_context_size": string("low", "medium", "high")}),
    },
)
"""Every parameter that there is; null is taken where the reference says so."""
