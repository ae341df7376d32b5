"""JSON-RPC to blockchains."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from onellm.types.base import Model, Result


class Networks(Result):
    networks: list[str]


class RpcError(Model):
    code: int
    message: str
    data: Any = None


class RpcResponse(Model):
    """The answer to one call: `result`, or `error`, which comes with status 200 too."""

    id: int | str | None = None
    result: Any = None
    error: RpcError | None = None
    jsonrpc: str = "2.0"


class Charged(Result):
    """What the headers of an answer say of its price."""

    @property
    def credits(self) -> int | None:
        """Credits charged."""
        text = self.meta.reply_headers.get("x-venice-rpc-credits", "")
        return int(text) if text.isdecimal() else None

    @property
    def cost_usd(self) -> Decimal | None:
        """USD charged."""
        try:
            return Decimal(self.meta.reply_headers["x-venice-rpc-cost-usd"])
        except (KeyError, InvalidOperation):
            return None

    @property
    def replayed(self) -> bool:
        """Whether the answer is that of an earlier request with the same idempotency key."""
        return self.meta.reply_headers.get("idempotent-replayed") == "true"


class RpcAnswer(Charged):
    """The answer to one call."""

    id: int | str | None = None
    result: Any = None
    error: RpcError | None = None
    jsonrpc: str = "2.0"


class RpcBatch(Charged):
    """The answers to a batch, in the order of its calls; None where a call was not answered."""

    responses: list[RpcResponse | None]
