"""The parameters of Venice's chat completions: names, types, ranges (Venice OpenAPI file of 2026-08-21).

The body is closed, most objects within it are open; null is refused but where the file allows it.
"""

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
from onellm_providers.venice.patterns import ANON_USER

_CACHE_CONTROL = record({"type": string("ephemeral"), "ttl": string()}, ("type",))
_AUDIO_FORMATS = ("wav", "mp3", "aiff", "aac", "ogg", "flac", "m4a", "pcm16", "pcm24")


def _part(name: str, content: Check) -> Check:
    return record({name: content, "cache_control": _CACHE_CONTROL}, (name,))


_TEXT = _part("text", string(low=1))
_PARTS = {
    "text": _TEXT,
    "image_url": _part("image_url", record({"url": url()}, ("url",))),
    "input_audio": _part("input_audio", record({"data": string(), "format": string(*_AUDIO_FORMATS)}, ("data",))),
    "video_url": _part("video_url", record({"url": url()}, ("url",))),
    "file": _part("file", record({"file_data": string(), "filename": string()}, ("file_data",))),
}
_TEXTS = either(string(), array(tagged("type", {"text": _TEXT})))
_NAMED: dict[str, Check] = {"name": nullable(string())}
_ANSWERED: dict[str, Check] = {**_NAMED, "reasoning_content": nullable(string())}
_TOOL_CALLS = nullable(array(anything()))
_REASONING_DETAIL = record({"type": string(), "text": string(), "data": string(), "index": number()}, ("type",))
_MESSAGES = {
    "user": record({**_NAMED, "content": either(string(), array(tagged("type", _PARTS)))}, ("content",)),
    "assistant": record({
        **_ANSWERED,
        "content": nullable(_TEXTS),
        "reasoning_details": array(_REASONING_DETAIL),
        "thought_signature": nullable(string()),
        "tool_calls": _TOOL_CALLS,
    }),
    "tool": record(
        {**_ANSWERED, "content": string(), "tool_call_id": string(), "tool_calls": _TOOL_CALLS},
        ("content", "tool_call_id"),
    ),
    "system": record({**_NAMED, "content": _TEXTS}, ("content",)),
    "developer": record({**_NAMED, "content": _TEXTS}, ("content",)),
}  # fmt: skip

_OBJECT = mapping(anything())
_FUNCTION = record({"name": string(), "description": string(), "parameters": _OBJECT, "strict": boolean()}, ("name",))
_TOOL = either(
    record({"function": _FUNCTION, "id": string(), "type": string()}, ("function",)),
    record({"type": string("web_search", "x_search")}, ("type",)),
)
_TOOL_CHOICE = either(
    string(), record({"type": string(), "function": record({"name": string()}, ("name",))}, ("type", "function"))
)
_RESPONSE_FORMATS = {
    "text": record({"type": string()}, closed=True),
    "json_object": record({"type": string()}, closed=True),
    "json_schema": record({"type": string(), "json_schema": _OBJECT}, ("json_schema",), closed=True),
}
EFFORT = string("none", "minimal", "low", "medium", "high", "xhigh", "max")
_VERBOSITY = string("low", "medium", "high", "auto")

VENICE_PARAMETERS: dict[str, Check] = {
    "character_slug": string(),
    "disable_thinking": boolean(),
    "enable_e2ee": boolean(),
    "enable_web_citations": boolean(),
    "enable_web_scraping": boolean(),
    "enable_web_search": string("auto", "off", "on"),
    "enable_x_search": boolean(),
    "include_search_results_in_stream": boolean(),
    "include_venice_system_prompt": boolean(),
    "return_search_results_as_documents": boolean(),
    "strip_thinking_response": boolean(),
}

CHAT_COMPLETION = record(
    {
        "anon_user_id": ANON_USER,  # beyond the file
        "fallbacks": array(record({"model": string()}, ("model",)), high=10),
        "frequency_penalty": number(-2, 2),
        "include": array(string()),
        "logprobs": boolean(),
        "max_completion_tokens": integer(),
        "max_temp": number(0, 2),
        "max_tokens": integer(),
        "messages": array(tagged("role", _MESSAGES), low=1),
        "metadata": mapping(string()),
        "min_p": number(0, 1),
        "min_temp": number(0, 2),
        "model": string(),
        "n": integer(1),
        "parallel_tool_calls": boolean(),
        "presence_penalty": number(-2, 2),
        "prompt_cache_key": string(),
        "prompt_cache_retention": string("default", "extended", "24h"),
        "reasoning": record({"effort": EFFORT, "summary": string("auto", "concise", "detailed")}),
        "reasoning_effort": EFFORT,
        "repetition_penalty": number(0),
        "response_format": tagged("type", _RESPONSE_FORMATS),
        "seed": integer(above=0),
        "stop": nullable(either(string(), array(string(), 1, 4))),
        "stop_token_ids": array(number()),
        "store": boolean(),
        "stream": boolean(),
        "stream_options": record({"include_usage": boolean()}),
        "temperature": number(0, 2),
        "text": record({"verbosity": _VERBOSITY}),
        "tool_choice": _TOOL_CHOICE,
        "tools": nullable(array(_TOOL)),
        "top_k": integer(0),
        "top_logprobs": integer(0),
        "top_p": number(0, 1),
        "user": string(),
        "venice_parameters": record(VENICE_PARAMETERS),
        "verbosity": _VERBOSITY,
    },
    ("model", "messages"),
    closed=True,
)
