"""What the bodies of Ollama's API may hold, in the words of `onellm.checks` (ollama client 0.6.3)."""

from __future__ import annotations

from collections.abc import Mapping

from onellm.checks import Check, anything, array, boolean, either, integer, mapping, nullable, number, record, string

CALL = record(
    {"function": record({"name": string(low=1), "arguments": mapping(anything())}, ("name", "arguments"))},
    ("function",),
)
TURN = record(
    {
        "role": string("system", "user", "assistant", "tool"),
        "content": nullable(string()),
        "thinking": nullable(string()),
        "images": nullable(array(string(low=1))),
        "tool_calls": nullable(array(CALL)),
        "tool_name": nullable(string()),
    },
    ("role",),
)
KEEP = nullable(either(number(), string()))
RUN: Mapping[str, Check] = {
    "model": string(low=1),
    "options": nullable(mapping(anything())),
    "keep_alive": KEEP,
    "stream": nullable(boolean()),
    "format": nullable(either(string("", "json"), mapping(anything()))),
    "think": nullable(either(boolean(), string("low", "medium", "high"))),
    "logprobs": nullable(boolean()),
    "top_logprobs": nullable(integer(0, 20)),
}
CHAT = record({**RUN, "messages": nullable(array(TURN)), "tools": nullable(array(mapping(anything())))}, ("model",))
GENERATE = record(
    {
        **RUN,
        **{name: nullable(string()) for name in ("prompt", "suffix", "system", "template")},
        "raw": nullable(boolean()),
        "images": nullable(array(string(low=1))),
        "context": nullable(array(integer())),
    },
    ("model",),
)
EMBED = record(
    {
        "model": string(low=1),
        "input": either(string(), array(string())),
        "truncate": nullable(boolean()),
        "dimensions": nullable(integer(1, 4096)),
        "options": nullable(mapping(anything())),
        "keep_alive": KEEP,
    },
    ("model", "input"),
)
EMBED_ONE = record(
    {
        "model": string(low=1),
        "prompt": nullable(string()),
        "options": nullable(mapping(anything())),
        "keep_alive": KEEP,
    },
    ("model",),
)
NAMED = record({"model": string(low=1), "stream": nullable(boolean())}, ("model",))
COPY = record({"source": string(low=1), "destination": string(low=1)}, ("source", "destination"))
