"""What the bodies of Cohere's v2 API may hold, in the words of `onellm.checks` (cohere SDK 7.3.1)."""

from __future__ import annotations

from onellm.checks import anything, array, boolean, either, integer, mapping, nullable, number, record, string

PART = record({"type": string("text", "image_url", "document", "thinking")}, ("type",))
CONTENT = either(string(), array(PART))
CALL = record(
    {
        "id": string(low=1),
        "type": string("function"),
        "function": record({"name": string(low=1), "arguments": string()}, ("name", "arguments"), closed=True),
    },
    ("id", "type", "function"),
    closed=True,
)
TURN = record(
    {
        "role": string("system", "user", "assistant", "tool"),
        "content": CONTENT,
        "tool_calls": array(CALL),
        "tool_call_id": string(),
        "tool_plan": string(),
        "citations": array(mapping(anything())),
    },
    ("role",),
    closed=True,
)
TOOL = record(
    {
        "type": string("function"),
        "function": record({"name": string(low=1), "parameters": mapping(anything())}, ("name",)),
    },
    ("type", "function"),
    closed=True,
)
FORMAT = record({"type": string("text", "json_object"), "json_schema": mapping(anything())}, ("type",), closed=True)
MODE = string("ENABLED", "DISABLED", "FAST", "ACCURATE", "OFF")

CHAT = record(
    {
        "model": string(low=1),
        "messages": array(TURN, 1, 100_000),
        "stream": boolean(),
        "tools": array(TOOL),
        "strict_tools": boolean(),
        "tool_choice": string("REQUIRED", "NONE"),
        "documents": array(either(string(), record({"data": mapping(anything())}, ("data",)))),
        "citation_options": record({"mode": MODE}, closed=True),
        "response_format": FORMAT,
        "safety_mode": string("CONTEXTUAL", "STRICT", "OFF"),
        "max_tokens": integer(0),
        "stop_sequences": array(string(), 0, 5),
        "temperature": number(0),
        "seed": integer(),
        "frequency_penalty": number(0, 1),
        "presence_penalty": number(0, 1),
        "k": number(0, 500),
        "p": number(0, 1),
        "logprobs": boolean(),
        "thinking": record({"type": string("enabled", "disabled"), "token_budget": integer(1)}, ("type",), closed=True),
        "priority": integer(0, 999),
        "raw_prompting": boolean(),
    },
    ("model", "messages"),
    closed=True,
)
EMBED = record(
    {
        "model": string(low=1),
        "input_type": string("search_document", "search_query", "classification", "clustering", "image"),
        "texts": nullable(array(string(low=1), 1, 96)),
        "images": nullable(array(string(low=1), 1, 96)),
        "inputs": nullable(array(mapping(anything()), 1, 96)),
        "embedding_types": array(string("float", "int8", "uint8", "binary", "ubinary", "base64")),
        "output_dimension": nullable(integer(1, 4096)),
        "max_tokens": nullable(integer(1)),
        "truncate": string("NONE", "START", "END"),
        "priority": integer(0, 999),
    },
    ("model", "input_type"),
    closed=True,
)
RERANK = record(
    {
        "model": string(low=1),
        "query": string(low=1),
        "documents": array(string(), 1, 1000),
        "top_n": integer(1),
        "max_tokens_per_doc": integer(1),
        "priority": integer(0, 999),
    },
    ("model", "query", "documents"),
    closed=True,
)
