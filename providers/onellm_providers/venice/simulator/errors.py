"""Venice's words for what is wrong (Venice OpenAPI file of 2026-08-21; error codes page of its documentation)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from onellm.checks import Issue
from onellm.testing.simulator.values import ServiceError, SimReply, dump
from onellm_providers.venice.simulator.media_errors import media_error

NO_CREDENTIALS = "no_credentials"


def error(refused: ServiceError) -> SimReply:
    """An error's reply: most are `{"error": "text"}` and carry no code."""
    status, headers = refused.status, refused.headers
    body: dict[str, Any] = {"error": refused.message}
    if refused.code == NO_CREDENTIALS:
        body = _DISCOVERY
        headers = {**headers, "PAYMENT-REQUIRED": base64.b64encode(dump(_DISCOVERY)).decode()}
    elif refused.code == "context_length_exceeded":
        shape = {"type": "invalid_request_error", "param": "messages", "code": refused.code}
        body = {"error": {"message": refused.message, **shape}}
    elif refused.code == "insufficient_quota":
        status, body = 402, {"error": "Insufficient USD or Diem balance to complete request"}
    elif refused.issues:
        body = _detailed(refused.issues)
    elif (shaped := media_error(refused)) is not None:
        body = shaped
    return SimReply.json(body, status, headers)


def _detailed(issues: Sequence[Issue]) -> dict[str, Any]:
    """DetailedError: the issues as Zod's tree, and as its list."""
    tree: dict[str, Any] = {"_errors": []}
    for issue in issues:
        node = tree
        for part in issue.path:
            node = node.setdefault(str(part), {"_errors": []})
        node["_errors"].append(issue.message)
    listed = [{**each.facts, "code": each.code, "message": each.message, "path": list(each.path)} for each in issues]
    return {"error": "Invalid request parameters", "details": tree, "issues": listed}


def _payment(network: str, asset: str, receiver: str) -> dict[str, Any]:
    extra = {"name": "USD Coin", "version": "2"}
    accepts = {"scheme": "exact", "network": network, "asset": asset, "amount": "10000000", "payTo": receiver}
    return {**accepts, "maxTimeoutSeconds": 300, "extra": extra}


_DISCOVERY: dict[str, Any] = {
    "x402Version": 2,
    "resource": {
        "url": "https://api.venice.ai/api/v1/chat/completions",
        "description": "Venice API",
        "mimeType": "application/json",
    },
    "accepts": [
        _payment("base", "0x0000000000000000000000000000000000000001", "0x0000000000000000000000000000000000000002"),
        _payment("solana", "SimulatedMint1111111111111111111111111111111", "SimulatedWa11et11111111111111111111111111"),
    ],
    "authOptions": {
        "apiKey": {
            "header": "Authorization: Bearer YOUR_API_KEY",
            "getKey": "https://venice.ai/settings/api",
            "docs": "https://docs.venice.ai/api-reference",
        },
        "x402Wallet": {
            "header": "SIGN-IN-WITH-X",
            "legacyHeader": "X-Sign-In-With-X",
            "topUp": "POST /api/v1/x402/top-up",
            "docs": "https://docs.venice.ai/api-reference/endpoint/x402/top-up",
        },
    },
}
"""What a request without any credential gets, with status 402. With an `error` it would be a StandardError as well."""
