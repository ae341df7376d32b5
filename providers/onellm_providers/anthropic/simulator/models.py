"""The models that the simulated service has, one of each generation."""

from __future__ import annotations

from typing import Any, NamedTuple

from onellm.testing.simulator.values import ServiceError
from onellm_providers.anthropic.rules import rules_for


class Model(NamedTuple):
    """A model, its window and the most tokens of an answer."""

    id: str
    context_window: int = 1_000_000
    max_tokens: int = 128_000


MODELS = {
    model.id: model
    for model in (
        Model("claude-opus-5-5"),
        Model("claude-sonnet-5-5"),
        Model("claude-haiku-5-5"),
        Model("claude-sonnet-5"),
        Model("claude-opus-4-7"),
        Model("claude-opus-4-6"),
        Model("claude-sonnet-4-5", 200_000, 64_000),
        Model("claude-haiku-4-5", 200_000, 64_000),
    )
}


def known(name: str) -> Model:
    """The model of this name. Raises ServiceError."""
    if name not in MODELS:
        raise ServiceError(404, f"model: {name}")
    return MODELS[name]


def wire(model: Model) -> dict[str, Any]:
    """The model as `/v1/models` lists it."""
    rules = rules_for(model.id)

    def supported(yes: object) -> dict[str, bool]:
        return {"supported": bool(yes)}

    thinking = rules.thinking or frozenset()
    kinds = ("enabled", "adaptive", "disabled", "between_tools")
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.id.replace("-", " ").title(),
        "created_at": "2026-01-01T00:00:00Z",
        "lifecycle": "active",
        "max_input_tokens": model.context_window,
        "max_tokens": model.max_tokens,
        "capabilities": {
            **{name: supported(True) for name in ("batch", "citations", "code_execution", "image_input", "pdf_input")},
            "structured_outputs": supported(rules.json_schema),
            "effort": {
                **supported(rules.efforts),
                **{
                    word: supported(word in (rules.efforts or ())) for word in ("low", "medium", "high", "xhigh", "max")
                },
            },
            "thinking": {**supported(thinking), "types": {kind: supported(kind in thinking) for kind in kinds}},
        },
    }
