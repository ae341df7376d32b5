"""The models that the simulated OpenAI has. Those named `sim-…` exist nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Model:
    """What decides which requests a model takes."""

    id: str
    created: int
    context_window: int = 0
    efforts: tuple[str, ...] = ()
    """The values of reasoning_effort; none for a model that does not reason."""
    vision: bool = False
    kind: str = "chat"
    """Which operation it is for."""
    shutdown_date: str | None = None

    @property
    def chats(self) -> bool:
        """Whether it is for chat."""
        return self.kind == "chat"

    def wire(self) -> dict[str, Any]:
        """The model as `GET /models` shows it: no context window, no price."""
        shown: dict[str, Any] = {"id": self.id, "object": "model", "created": self.created, "owned_by": "openai"}
        return shown | {"shutdown_date": self.shutdown_date} if self.shutdown_date else shown


_EFFORTS = ("none", "low", "medium", "high", "xhigh")

MODELS = {
    model.id: model
    for model in (
        Model("gpt-6-luna", 1_785_000_000, 400_000, _EFFORTS, vision=True),
        Model("gpt-5.4-mini", 1_773_705_600, 400_000, _EFFORTS, vision=True),
        Model("gpt-4o-mini", 1_721_260_800, 128_000, vision=True, shutdown_date="2027-01-14"),
        Model("sim-small", 1_790_000_000, 256),
        Model("text-embedding-3-small", 1_705_948_997, kind="embeddings"),
        Model("gpt-3.5-turbo-instruct", 1_692_901_427, kind="completions"),
        Model("gpt-image-2", 1_776_729_600, kind="images"),
        Model("gpt-4o-mini-tts", 1_742_403_959, kind="speech"),
        Model("gpt-4o-transcribe", 1_742_068_463, kind="transcriptions"),
        Model("whisper-1", 1_677_532_384, kind="transcriptions"),
        Model("omni-moderation-latest", 1_731_689_265, kind="moderations"),
    )
}
