"""Parameters in OpenAI's words as a model's inputs, under the names that its schema has for them.

Names by the models' pages at replicate.com as of November 2026 (`anthropic/claude-sonnet-5`, `openai/gpt-4o-mini`,
`black-forest-labs/flux-schnell`) and the recorded schemas of `meta/llama-2-70b-chat` and `stability-ai/sdxl`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.spec import COMMON_EXTRAS, OPENAI_PARAMETERS
from onellm.translate.parameters import drop_nothings, take_max_tokens, take_stop
from onellm.types.request import ModelRequest
from onellm_providers.replicate.target import Target

MAX_TOKENS = ("max_tokens", "max_completion_tokens", "max_new_tokens", "max_output_tokens", "max_length")
ALIASES: Mapping[str, tuple[str, ...]] = {
    "reasoning_effort": ("reasoning_effort", "effort"),
    "n": ("num_outputs", "n"),
    "steps": ("num_inference_steps", "steps"),
    "cfg_scale": ("guidance_scale", "guidance", "cfg_scale"),
}
"""OpenAI's parameters, and those of our image requests, that models have under other names."""
COMMON = frozenset({
    "aspect_ratio", "cfg_scale", "frequency_penalty", "height", "min_p", "n", "negative_prompt", "output_format",
    "presence_penalty", "quality", "reasoning_effort", "repetition_penalty", "seed", "size", "steps", "temperature",
    "top_k", "top_p", "verbosity", "width",
})  # fmt: skip
"""What goes to a model of which no schema is known."""
NEVER = frozenset({
    "audio", "function_call", "functions", "logprobs", "modalities", "parallel_tool_calls", "prediction", "store",
    "tool_choice", "tools", "top_logprobs",
})  # fmt: skip
"""What changes the shape of an answer: a prediction's output is a text, whatever the input is called."""


def place_chat_parameters(target: Target, given: dict[str, Any], inputs: Table) -> None:
    """The parameters of a chat; those that the model does not take are refused."""
    limit = take_max_tokens(given)
    if limit is not None:
        name = target.schema.pick(MAX_TOKENS)
        if name is None:
            _refuse(target, "max_tokens")
        else:
            inputs[name] = limit
    if stop := take_stop(given):
        _place_stop(target, stop, inputs)
    if given.get("response_format") == {"type": "text"}:
        del given["response_format"]
    drop_nothings(given)
    place_parameters(target, given, inputs)


def place_parameters(target: Target, given: dict[str, Any], inputs: Table) -> None:
    """Each parameter under the model's name for it; the model's own inputs go as they are."""
    for asked, value in given.items():
        name = None if asked in NEVER else target.schema.pick(ALIASES.get(asked, (asked,)))
        openai = asked in OPENAI_PARAMETERS | COMMON_EXTRAS
        if name is None or (not target.schema.known and openai and asked not in COMMON):
            _refuse(target, asked)
        else:
            inputs[name] = value


def add_extras(request: ModelRequest, body: Table) -> None:
    """The caller's own fields go in last, word for word; those under `input` beside the other inputs."""
    for name, value in (request.extra_body or {}).items():
        if name in ("stream", "version"):
            raise InvalidRequestError(f"extra_body cannot set {name}; the call and the model do.", param=name)
        body[name] = {**body["input"], **table(value)} if name == "input" else value


def _place_stop(target: Target, stop: list[Any], inputs: Table) -> None:
    """A list, or one text with commas between (the recorded schema of meta/llama-2-70b-chat)."""
    name = target.schema.pick(("stop_sequences", "stop"))
    if name is None:
        _refuse(target, "stop")
    elif target.schema.kind(name) == "array":
        inputs[name] = stop
    elif any("," in str(each) for each in stop):
        target.losses.refuse("stop", f"{target} takes its stop sequences with commas between; none may have one.")
    else:
        inputs[name] = ",".join(map(str, array(stop)))


def _refuse(target: Target, name: str) -> None:
    known = OPENAI_PARAMETERS | COMMON_EXTRAS | COMMON
    near = difflib.get_close_matches(name, sorted({*target.schema.properties, *COMMON}), 1)
    if name not in known and near:
        why = f"{target} does not know the parameter {name!r}. Did you mean {near[0]!r}?"
    else:
        why = (
            f"{target} takes no {name}: it is not among the inputs in its schema. Leave it out, send it anyway as "
            f"extra_body={{'input': {{{name!r}: …}}}}, or pass unsupported='drop'."
        )
    target.losses.refuse(name, why)
