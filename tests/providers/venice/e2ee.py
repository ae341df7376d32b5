"""What the tests of end-to-end encryption share: recorded attestations, and a simulated Venice that lies on request."""

from __future__ import annotations

import copy
import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from onellm_providers.venice.e2ee import Trust
from onellm_providers.venice.simulator import routes
from onellm_providers.venice.simulator.tee import trust_anchor

from onellm.testing.simulator.values import Answer, Route, Service, SimReply, SimRequest, SimStream

RECORDED = ("gemma_3_27b_p", "glm_5_1", "live_evidence")
CLASSIC, ACI = "e2ee-glm-5-1", "e2ee-venice-uncensored-2"
NONCE = "5a" * 32


@dataclass(frozen=True)
class Recorded:
    """A recorded attestation, the nonce that was sent for it, and when."""

    document: dict[str, Any]
    nonce: str
    at: datetime.datetime

    @property
    def quote(self) -> bytes:
        return bytes.fromhex(self.document["intel_quote"])

    def with_quote(self, quote: bytes) -> dict[str, Any]:
        """The document with another quote, wherever it has one."""
        changed = copy.deepcopy(self.document)
        holders = [changed, changed.get("attestation", {}).get("evidence", {})]
        for holder in holders:
            for name in ("intel_quote", "quote"):
                if name in holder:
                    holder[name] = quote.hex()
        return changed


def recorded(shared: Path, name: str) -> Recorded:
    """One of the recorded attestations."""
    path = shared / "recordings" / "venice-tee" / f"attestation_{name}.json"
    value = json.loads(path.read_text(encoding="utf-8"))
    at = datetime.datetime.fromtimestamp(value["_capture_epoch"], datetime.UTC)
    return Recorded(value["attestation"], value["_client_nonce"], at)


def trust(**fields: Any) -> Trust:
    """Trust in the simulator's machines."""
    return Trust(anchor=trust_anchor(), **fields)


Change = Callable[[Any], Any]


def lying(document: Change | None = None, event: Change | None = None, path: str = "") -> Service:
    """A simulated Venice whose attestations (`document`) or stream events (`event`, as bytes) are changed."""
    service = routes()

    def altered(answer: Callable[[SimRequest], Answer]) -> Callable[[SimRequest], Answer]:
        def change(request: SimRequest) -> Answer:
            reply = answer(request)
            if isinstance(reply, SimStream) and event is not None:
                return replace(reply, events=[changed for each in reply.events if (changed := event(each)) is not None])
            if isinstance(reply, SimReply) and document is not None and request.path.endswith("/tee/attestation"):
                return SimReply.json(document(json.loads(reply.body)))
            return reply

        return change

    return replace(service, routes=[Route(each.method, each.path, altered(each.answer)) for each in service.routes])


def delta_of(event: bytes) -> Mapping[str, Any]:
    """The delta of a stream's event; empty where it has none."""
    data = event.removeprefix(b"data: ").strip()
    choices = json.loads(data).get("choices") if data.startswith(b"{") else None
    return choices[0]["delta"] if choices else {}


def with_delta(event: bytes, **fields: Any) -> bytes:
    """The event with these fields in its delta."""
    value = json.loads(event.removeprefix(b"data: "))
    value["choices"][0]["delta"].update(fields)
    return b"data: " + json.dumps(value).encode() + b"\n\n"
