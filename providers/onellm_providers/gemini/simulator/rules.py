"""The models that the simulated service has, and what it refuses beside wrong types."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from onellm.decode.json import Table, array, table
from onellm.testing.simulator.values import ServiceError
from onellm_providers.gemini.rules import rules_for

SIZE = 8
"""Numbers in a vector, where no other size is asked for."""


class Model(NamedTuple):
    """A model, its window and whether it thinks; one of embeddings has no answers."""

    id: str
    window: int = 1_048_576
    thinks: bool = True
    embeds: bool = False


MODELS = {
    model.id: model
    for model in (
        Model("gemini-3.8-flash"),
        Model("gemini-3.1-pro-preview"),
        Model("gemini-3-flash-preview"),
        Model("gemini-2.5-pro"),
        Model("gemini-2.5-flash"),
        Model("gemini-2.0-flash", thinks=False),
        Model("gemini-3.1-flash-image", thinks=False),
        Model("gemini-embedding-001", 2048, thinks=False, embeds=True),
        Model("gemini-embedding-2", 8192, thinks=False, embeds=True),
    )
}


def known(name: str) -> Model:
    """The model of this name. Raises ServiceError."""
    if name not in MODELS:
        raise ServiceError(404, f"models/{name} is not found for API version v1beta.")
    return MODELS[name]


def wire(name: str) -> Table:
    """The model as `/models` lists it."""
    model = MODELS[name]
    methods = ["embedContent", "batchEmbedContents"] if model.embeds else ["generateContent", "countTokens"]
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name.replace("-", " ").title(),
        "inputTokenLimit": model.window,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": methods,
        "thinking": model.thinks,
    }


def vector(text: str, size: int | None) -> list[float]:
    """An embedding: other texts have others."""
    digest = hashlib.sha256(text.encode()).digest()
    return [(digest[at % len(digest)] - 128) / 256 for at in range(size or SIZE)]


def check(body: Table, model: Model) -> None:
    """Raise ServiceError for the first thing that the service would answer with 400 to."""
    for message in _wrong(body, model):
        raise ServiceError(400, message)


def _wrong(body: Table, model: Model) -> Iterator[str]:
    rules = rules_for(model.id)
    config = table(body.get("generationConfig"))
    thinking = table(config.get("thinkingConfig"))
    tools = [table(each) for each in array(body.get("tools"))]
    functions = any("functionDeclarations" in each for each in tools)
    if "IMAGE" in array(config.get("responseModalities")) and not rules.image_output:
        yield f"The requested combination of response modalities is not supported by models/{model.id}."
    if model.embeds:
        yield f"models/{model.id} does not support generateContent."
    if "thinkingBudget" in thinking and "thinkingLevel" in thinking:
        yield "You can only set one of thinking budget and thinking level."
    if thinking.get("thinkingBudget") == 0 and not rules.can_stop:
        yield "Budget 0 is invalid. This model only works in thinking mode."
    if table(body.get("toolConfig")).get("functionCallingConfig") and not functions:
        yield "Function calling config is set without function_declarations."
    if functions and len(tools) > 1 and not rules.mixed_tools:
        yield "Tool use with function calling is unsupported"
    if functions and config.get("responseMimeType") == "application/json" and not rules.tools_with_format:
        yield "Function calling with a response mime type: 'application/json' is unsupported"
    if body.get("cachedContent") and (tools or body.get("systemInstruction")):
        yield (
            "CachedContent can not be used with GenerateContent request setting system_instruction, tools or "
            "tool_config."
        )
    yield from _turns([table(each) for each in body["contents"]], signatures=rules.signatures)


def _turns(turns: list[Table], *, signatures: bool) -> Iterator[str]:
    """Calls and their results, and the signatures of calls."""
    waiting = 0
    for number, turn in enumerate(turns):
        parts = [table(part) for part in array(turn.get("parts"))]
        answered = sum("functionResponse" in part for part in parts)
        if answered != waiting or (answered and answered != len(parts)):
            yield (
                "Please ensure that the number of function response parts is equal to the number of function call "
                "parts of the function call turn."
            )
        calls = [part for part in parts if "functionCall" in part]
        if signatures and calls and not calls[0].get("thoughtSignature"):
            yield f"Function call is missing a thought_signature in functionCall parts (contents.{number})."
        waiting = len(calls)
