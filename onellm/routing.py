"""From a model string to a provider and a model: the first slash, nothing else."""

from __future__ import annotations

from onellm.errors import InvalidModelStringError


def parse_model_name(model: str) -> tuple[str, str]:
    """Split `provider/model` at the first slash: "venice/openai/whisper" is ("venice", "openai/whisper").

    The provider part may name a profile (`venice@work`). The model part is the service's own id, sent as it is.
    Raises InvalidModelStringError.
    """
    if not isinstance(model, str):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
        raise InvalidModelStringError(
            f"The model must be a string like 'venice/zai-org-glm-5', not {type(model).__name__}."
        )
    provider, slash, name = model.partition("/")
    if not slash:
        hint = f": 'openai/{model}', 'venice/{model}', …?" if model else ", for example 'venice/zai-org-glm-5'."
        raise InvalidModelStringError(f"The model {model!r} names no provider. Write it as 'provider/model'{hint}")
    if not provider or not name or provider != provider.strip():
        raise InvalidModelStringError(f"The model {model!r} lacks a part. Write it as 'provider/model'.")
    return provider, name


def split_profile(label: str) -> tuple[str, str]:
    """Split `venice@work` into the provider and the profile ("" where there is none)."""
    name, at, profile = label.partition("@")
    if at and not profile:
        raise InvalidModelStringError(f"{label!r} names no profile after the @.")
    return name, profile
