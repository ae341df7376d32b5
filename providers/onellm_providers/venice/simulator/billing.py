"""Balance, usage and the ledger at the simulated Venice, in pages that page (OpenAPI file of 2026-08-21)."""

from __future__ import annotations

import base64
import binascii
import functools
from collections.abc import Callable, Mapping
from typing import Any

from onellm.testing.simulator.values import Answer, Route, ServiceError, SimReply, SimRequest
from onellm_providers.venice.simulator.account import KEY_ID
from onellm_providers.venice.simulator.form import behind
from onellm_providers.venice.simulator.query import read
from onellm_providers.venice.tables import account as tables

ENTRIES = 25
_DAY = 1_787_184_000_000
"""2026-08-20 in Unix milliseconds."""


def routes(authenticate: Callable[[SimRequest], None]) -> tuple[Route, ...]:
    """The operations under /billing."""
    known = functools.partial(behind, authenticate)
    return (
        Route("GET", "/billing/balance", known(_balance)),
        Route("GET", "/billing/usage", _usage),
        Route("GET", "/billing/usage-analytics", known(_analytics)),
        Route("GET", "/billing/usage-history", known(_history)),
    )


def _balance(request: SimRequest) -> Answer:
    balances = {"diem": 90.5, "usd": 25.0}
    told = {"canConsume": True, "consumptionCurrency": "DIEM", "balances": balances, "diemEpochAllocation": 100.0}
    return SimReply.json(told)


def _usage(request: SimRequest) -> Answer:
    said = "This endpoint was withdrawn. Use GET /api/v1/billing/usage-history with startTimestamp and endTimestamp."
    raise ServiceError(
        410,
        said,
        headers={
            "Deprecation": "@1783555200",
            "Sunset": "Wed, 16 Sep 2026 00:00:00 GMT",
            "Link": '</api/v1/billing/usage-history>; rel="successor-version"',
        },
    )


def _analytics(request: SimRequest) -> Answer:
    query = read(request, tables.ANALYTICS_QUERY)
    if ("startDate" in query) != ("endDate" in query):
        raise ServiceError(400, "startDate and endDate must be given together")
    part = {"type": "output", "usd": 1.2, "diem": 0.3, "units": 1200.0}
    model = {
        "modelName": "zai-org-glm-5", "unitType": "tokens", "modelType": "text", "totalUsd": 1.5, "totalDiem": 0.4,
        "totalUnits": 2000.0, "breakdown": [part, {**part, "type": "input", "usd": 0.3, "diem": 0.1, "units": 800.0}],
    }  # fmt: skip
    own = {
        "apiKeyId": KEY_ID,
        "description": "Simulated key 0",
        "totalUsd": 1.5,
        "totalDiem": 0.4,
        "totalUnits": 2000.0,
    }
    told = {
        "lookback": query.get("lookback", "7d"),
        "byDate": [{"date": "2026-08-20", "USD": 1.5, "DIEM": 0.4}],
        "byModel": [model],
        "byModelDaily": [{"date": _DAY, "zai-org-glm-5": 1.5}],
        "topModels": ["zai-org-glm-5"],
        "byKey": [own],
        "byKeyDaily": [{"date": _DAY, "Simulated key 0": 1.5}],
        "topKeyNames": ["Simulated key 0"],
    }
    return SimReply.json(told)


def _history(request: SimRequest) -> Answer:
    """The ledger. A cursor holds where the walk is and how it began."""
    query = read(request, tables.HISTORY_QUERY, numbers=("pageSize",))
    if "cursor" in query and len(query) > 1:
        raise ServiceError(400, "cursor cannot be combined with other parameters")
    start, size, currency = 0, query.get("pageSize", 1000), query.get("currency")
    if "cursor" in query:
        start, size, currency = _walk(query["cursor"])
    listed = [entry for entry in map(_entry, range(ENTRIES)) if currency in (None, entry["currency"])]
    page, rest = listed[start : start + size], len(listed) > start + size
    after = _cursor(start + size, size, currency) if rest else None
    if "text/csv" not in request.headers.get("accept", ""):
        return SimReply.json({"data": page, "nextCursor": after})
    lines = ["timestamp,sku,currency,amount,units", *(_line(entry) for entry in page)]
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": "attachment; filename=billing-usage-history-20260708T091530123Z.csv",
        **({"x-next-cursor": after} if after else {}),
    }
    return SimReply(200, headers, ("\n".join(lines) + "\n").encode())


def _entry(number: int) -> dict[str, Any]:
    details = {
        "completionTokens": 227, "inferenceExecutionTime": 2964, "promptTokens": 339, "requestId": f"chatcmpl-{number}",
    }  # fmt: skip
    return {
        "amount": -0.06356,
        "currency": "USD" if number % 5 else "DIEM",
        "inferenceDetails": details if number % 2 else None,
        "notes": "API Inference",
        "pricePerUnitUsd": 2.8,
        "sku": "zai-org-glm-5-llm-output-mtoken",
        "timestamp": f"2026-08-20T10:00:{59 - number:02d}.000Z",
        "units": 0.000227,
    }


def _line(entry: Mapping[str, Any]) -> str:
    return ",".join(str(entry[name]) for name in ("timestamp", "sku", "currency", "amount", "units"))


def _cursor(start: int, size: int, currency: str | None) -> str:
    return base64.urlsafe_b64encode(f"{start} {size} {currency or ''}".encode()).decode().rstrip("=")


def _walk(cursor: str) -> tuple[int, int, str | None]:
    try:
        start, size, currency = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(" ")
        return int(start), int(size), currency or None
    except (ValueError, binascii.Error) as error:
        raise ServiceError(400, "Invalid cursor") from error
