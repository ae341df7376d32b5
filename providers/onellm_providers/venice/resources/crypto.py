"""`venice.crypto`"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from onellm.body import JSON
from onellm.call import Call, Effect, Reply
from onellm.decode.json import array
from onellm.errors import InvalidRequestError
from onellm.resource import IO, endpoint
from onellm_providers.venice.resources.base import VeniceResource, given, listed, reads, refuse, segment
from onellm_providers.venice.tables.account import IDEMPOTENCY_KEY, NETWORK, RPC
from onellm_providers.venice.types.crypto import Networks, RpcAnswer, RpcBatch, RpcResponse

T = TypeVar("T")
MOST_CALLS = 100


class Crypto(VeniceResource[IO]):
    """JSON-RPC to blockchains, charged in credits by method."""

    @endpoint
    def networks(self) -> Call[Networks]:
        """The networks that Venice reaches: GET /crypto/rpc/networks. No key is needed."""
        return self._call("GET", "crypto/rpc/networks", reads(Networks), key="never")

    @endpoint
    def rpc(
        self,
        network: str,
        method: str,
        params: Sequence[Any] | None = None,
        *,
        id: int | str = 1,
        idempotency_key: str | None = None,
    ) -> Call[RpcAnswer]:
        """One call: POST /crypto/rpc/{network}. The error of the node, with status 200, is in `error` of the answer.

        With an `idempotency_key` (1–255 letters, digits, `_`, `-`) Venice answers a repetition within 24 hours with the
        first answer, and a call whose outcome is unknown is tried again with the same key and bytes. A key that was
        used with another body is refused.
        """
        body = refuse(RPC, {"jsonrpc": "2.0", "method": method, "params": listed(params), "id": id})
        return self._rpc(network, body, reads(RpcAnswer), idempotency_key)

    @endpoint
    def batch(
        self, network: str, calls: Sequence[Mapping[str, Any]], *, idempotency_key: str | None = None
    ) -> Call[RpcBatch]:
        """1–100 calls at once, each a dict with `method` and perhaps `params` and `id` (else its place, from 1).

        The answers stand in the order of the calls; each has its own `result` or `error`. One method that Venice does
        not know refuses the whole batch.
        """
        if not 1 <= len(calls) <= MOST_CALLS:
            raise InvalidRequestError(f"calls must be 1 to {MOST_CALLS}; {len(calls)} were given.", param="calls")
        body = [
            refuse(RPC, given({"jsonrpc": "2.0", "id": place, **call, "params": listed(call.get("params"))}))
            for place, call in enumerate(calls, 1)
        ]
        ids = [each["id"] for each in body]
        if len(set(map(repr, ids))) != len(ids):
            raise InvalidRequestError("Two calls have the same id; answers are told apart by it.", param="calls")
        return self._rpc(network, body, functools.partial(_batch, ids), idempotency_key)

    def _rpc(self, network: str, body: Any, parse: Callable[[Reply], T], key: str | None) -> Call[T]:
        for table, value, param in ((NETWORK, network, "network"), (IDEMPOTENCY_KEY, key, "idempotency_key")):
            for issue in table(value, ()) if value is not None else ():
                raise InvalidRequestError(f"{param}: {issue.message}.", param=param)
        return self._call(
            "POST",
            f"crypto/rpc/{segment(network)}",
            parse,
            body=JSON(body),
            effect=Effect.PURCHASE,
            headers={"Idempotency-Key": key} if key else None,
            idempotent=key is not None,
        )


def _batch(ids: Sequence[int | str], reply: Reply) -> RpcBatch:
    """The answers by the ids of their calls, whose order JSON-RPC does not promise."""
    found = {repr(each.id): each for each in map(RpcResponse.model_validate, array(json.loads(reply.body)))}
    return RpcBatch(responses=[found.get(repr(each)) for each in ids])
