"""Models, embeddings, responses and decisions: names, types, ranges (OpenAPI file of 2026-08-21).

What is said to be beyond the file is known from venice-py 2.9.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from onellm.checks import (
    Check,
    Issue,
    Path,
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
)
from onellm_providers.venice.patterns import ANON_USER, matching
from onellm_providers.venice.table import EFFORT, VENICE_PARAMETERS


def filled(check: Check) -> Check:
    """An object that passes `check` and is not empty."""

    def checked(value: Any, path: Path) -> Iterator[Issue]:
        found = list(check(value, path))
        yield from found
        if not found and not value:
            yield Issue(path, "too_small", "Object must contain at least 1 key(s)")

    return checked


MODEL_TYPE = string("asr", "embedding", "image", "music", "text", "tts", "upscale", "inpaint", "video")
LISTED_TYPE = string("asr", "embedding", "image", "music", "text", "tts", "upscale", "inpaint", "video", "all", "code")
MODELS_QUERY = record({"type": LISTED_TYPE}, closed=True)
TRAITS_QUERY = record({"type": MODEL_TYPE}, closed=True)

EMBEDDINGS = record(
    {
        "dimensions": integer(1),
        "encoding_format": string("float", "base64"),
        "input": either(string(low=1), array(string(), 1, 2048)),
        "model": string(),
        "user": string(),
    },
    ("input", "model"),
    closed=True,
)

_STATUS = string("completed", "in_progress")
_PICTURE = record({"url": string(), "detail": string("auto", "low", "high")}, ("url",))
_SAID = {
    "input_text": record({"text": string()}, ("text",)),
    "output_text": record({"text": string(), "annotations": array(anything())}, ("text",)),
    "text": record({"text": string()}, ("text",)),
    "input_image": record({"image_url": _PICTURE}, ("image_url",)),
    "image_url": record({"image_url": either(string(), _PICTURE)}, ("image_url",)),
}
_TYPED = {name: _SAID[name] for name in ("input_text", "output_text", "input_image")}
_ROLE = string("user", "assistant", "system", "developer")


def _message(parts: dict[str, Check], *required: str) -> Check:
    content = either(string(), array(tagged("type", parts)))
    return record(
        {"type": string("message"), "role": _ROLE, "content": content, "id": string(), "status": _STATUS},
        ("role", "content", *required),
    )


_ITEMS = {
    "message": _message(_TYPED, "type"),
    "reasoning": record({
        "id": nullable(string()),
        "summary": nullable(array(string())),
        "content": nullable(either(string(), array(anything()))),
        "encrypted_content": nullable(string()),
        "status": nullable(_STATUS),
    }),
    "function_call": record(
        {"id": string(), "call_id": string(), "name": string(), "arguments": string(), "status": _STATUS},
        ("call_id", "name", "arguments"),
    ),
    "function_call_output": record({"call_id": string(), "output": anything()}, ("call_id", "output")),
    "item_reference": record({"id": string()}, ("id",)),
}  # fmt: skip
_FUNCTION = record({"name": string(), "parameters": mapping(anything()), "strict": boolean()}, ("name",))
_FUNCTION_TOOL = record({"function": _FUNCTION}, ("function",))


def _item(value: Any, path: Path) -> Iterator[Issue]:
    """An item of the input; one without a type is a message."""
    untyped = isinstance(value, dict) and "type" not in value
    return (_message(_SAID) if untyped else tagged("type", _ITEMS))(value, path)


def _tool(value: Any, path: Path) -> Iterator[Issue]:
    """A tool: what a type beside `function` holds is open."""
    kind = record({"type": string()}, ("type",))
    wrong = list(kind(value, path))
    yield from wrong
    if not wrong and value["type"] == "function":
        yield from _FUNCTION_TOOL(value, path)


RESPONSES_VENICE = {
    name: VENICE_PARAMETERS[name]
    for name in (
        "character_slug", "enable_e2ee", "enable_web_search", "enable_web_scraping", "enable_web_citations",
        "include_venice_system_prompt", "include_search_results_in_stream",
    )
}  # fmt: skip
RESPONSES = record(
    {
        "model": string(),
        "input": either(string(), array(_item)),
        "include": array(string()),
        "max_output_tokens": integer(above=0),
        "temperature": number(0, 2),
        "top_p": number(0, 1),
        "fallbacks": array(record({"model": string()}, ("model",)), high=10),
        "reasoning": nullable(record({"effort": EFFORT, "summary": string("auto", "concise", "detailed")})),
        "tools": array(_tool),
        "tool_choice": either(
            string("auto", "none", "required"),
            record(
                {"type": string("function"), "function": record({"name": string()}, ("name",))}, ("type", "function")
            ),
        ),
        "web_search": boolean(),
        "stream": boolean(),
        "venice_parameters": record(RESPONSES_VENICE, closed=True),
        "instructions": string(),
        "parallel_tool_calls": boolean(),
        "prompt_cache_retention": string("default", "extended", "24h"),
        "anon_user_id": ANON_USER,
    },
    ("model", "input"),
)
"""The body is open at the service. The last four are beyond the file."""

_INSTRUCTIONS = either(string(low=1), array(anything(), 1), mapping(anything()))
QUESTIONS: dict[str, Check] = {
    "noul": record(
        {
            "type": string(),
            "instructions": _INSTRUCTIONS,
            "criteria": record({"true": nullable(string()), "false": nullable(string())}, closed=True),
        },
        ("instructions",),
        closed=True,
    ),
    "choice": record(
        {"type": string(), "instructions": _INSTRUCTIONS, "criteria": filled(mapping(nullable(string())))},
        ("instructions", "criteria"),
        closed=True,
    ),
    "score": record(
        {"type": string(), "instructions": _INSTRUCTIONS, "criteria": array(string(), 2)},
        ("instructions", "criteria"),
        closed=True,
    ),
}
_IMAGE = either(
    matching(r"data:image/(png|jpeg|jpg);base64,[A-Za-z0-9+/]+=*", "a data URL of a PNG or JPEG"),
    record(
        {"content_type": string("image/png", "image/jpeg", "image/jpg"), "base64": string(low=1)},
        ("content_type", "base64"),
        closed=True,
    ),
)
DECISIONS = record(
    {
        "model": string(low=1),
        "state": either(string(low=1), array(anything(), 1), filled(mapping(anything()))),
        "questions": filled(mapping(tagged("type", QUESTIONS))),
        "images": array(_IMAGE, 1, 4),
    },
    ("model", "state", "questions"),
    closed=True,
)
"""Beyond the file."""
