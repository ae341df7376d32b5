"""The contract of chat that is computed in this process."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.providers.contract import WorkContract


class TestLlamaCpp(WorkContract):
    name = "llama_cpp"
    model = "some/model"
    refused: ClassVar[dict[str, Any]] = {"service_tier": "flex", "store": True}

    def body(self, op: Any) -> Any:
        return op.run.__self__.body
