"""The models that the simulated service has; the newer ones are there through inference profiles only."""

from __future__ import annotations

from typing import Any, NamedTuple

from onellm.testing.simulator.values import ServiceError

REGION = "us."


class Model(NamedTuple):
    """A model, and whether it is there under its bare id."""

    id: str
    takes: tuple[str, ...] = ("TEXT", "IMAGE")
    gives: str = "TEXT"
    bare: bool = False

    def wire(self) -> dict[str, Any]:
        """The model as `GET /foundation-models` lists it."""
        return {
            "modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{self.id}",
            "modelId": self.id,
            "modelName": self.id,
            "providerName": self.id.partition(".")[0].title(),
            "inputModalities": list(self.takes),
            "outputModalities": [self.gives],
            "responseStreamingSupported": self.gives == "TEXT",
            "inferenceTypesSupported": ["ON_DEMAND" if self.bare else "INFERENCE_PROFILE"],
            "modelLifecycle": {"status": "ACTIVE"},
        }


MODELS = {
    model.id: model
    for model in (
        Model("anthropic.claude-sonnet-4-5-20250929-v1:0"),
        Model("anthropic.claude-opus-4-7"),
        Model("amazon.nova-2-lite-v1:0"),
        Model("openai.gpt-oss-120b-1:0", ("TEXT",), bare=True),
        Model("meta.llama3-8b-instruct-v1:0", ("TEXT",), bare=True),
        Model("amazon.titan-embed-text-v2:0", ("TEXT",), "EMBEDDING", bare=True),
        Model("cohere.embed-v4:0", ("TEXT",), "EMBEDDING", bare=True),
        Model("amazon.nova-2-multimodal-embeddings-v1:0", ("TEXT",), "EMBEDDING", bare=True),
    )
}
EMBEDDERS = frozenset(model.id for model in MODELS.values() if model.gives == "EMBEDDING")
PROFILES = {REGION + model.id: model.id for model in MODELS.values() if not model.bare}


def known(name: str) -> str:
    """The id of the model itself. Raises ServiceError."""
    if name in PROFILES:
        return PROFILES[name]
    if name not in MODELS or name in EMBEDDERS:
        raise ServiceError(400, "The provided model identifier is invalid.")
    if not MODELS[name].bare:
        raise ServiceError(400, f"Invocation of model ID {name} with on-demand throughput isn\u2019t supported.")
    return name
