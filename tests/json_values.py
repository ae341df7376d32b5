"""Generated JSON: what services might say, in any order, and good answers with something wrong in them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

WORDS = (
    "error", "errors", "message", "detail", "details", "loc", "msg", "code", "type", "param", "status", "issues",
    "path", "_errors", "object", "metadata", "choices", "delta", "index", "usage", "content", "reasoning",
    "reasoning_content",
    "reasoning_details", "tool_calls", "function", "arguments", "name", "data", "finish_reason", "id", "created",
    "model", "text", "thinking", "prompt_tokens", "completion_tokens", "total_tokens", "cost", "x_groq", "logprobs",
)  # fmt: skip
names = st.sampled_from(WORDS) | st.text(max_size=3)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 600) | st.floats(allow_nan=False) | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=16,
)
"""JSON of the words that answers and errors are made of, in any order."""

anything = st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode())


@st.composite
def spoilt(draw: st.DrawFn, value: Any) -> bytes:
    """A good answer in which something, anywhere, is something else."""
    if draw(st.integers(0, 3)) and isinstance(value, (dict, list)) and value:
        place = (
            draw(st.sampled_from(sorted(value))) if isinstance(value, dict) else draw(st.integers(0, len(value) - 1))
        )
        inner = json.loads(draw(spoilt(value[place])))
        value = {**value, place: inner} if isinstance(value, dict) else [*value[:place], inner, *value[place + 1 :]]
        return json.dumps(value).encode()
    return json.dumps(draw(json_values)).encode()
