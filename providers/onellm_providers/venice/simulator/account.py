"""Keys, characters and their reviews at the simulated Venice (OpenAPI file of 2026-08-21)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from onellm.testing.simulator.values import Answer, Route, ServiceError, SimReply, SimRequest
from onellm_providers.venice.simulator.form import behind
from onellm_providers.venice.simulator.query import read
from onellm_providers.venice.tables import account as tables

KEY_ID = "e28e82dc-9df2-4b47-b726-d0a222ef2ab5"
CHARACTERS = 7
REVIEWS = 45


def routes(authenticate: Callable[[SimRequest], None]) -> tuple[Route, ...]:
    """The operations under /api_keys and /characters."""
    known = functools.partial(behind, authenticate)
    return (
        Route("GET", "/api_keys", known(_list_keys)),
        Route("POST", "/api_keys", known(_create_key)),
        Route("PATCH", "/api_keys", known(_update_key)),
        Route("DELETE", "/api_keys", known(_delete_key)),
        Route("GET", "/api_keys/rate_limits", known(_rate_limits)),
        Route("GET", "/api_keys/rate_limits/log", known(_log)),
        Route("GET", "/api_keys/{id}", known(_get_key)),
        Route("GET", "/characters", known(_list_characters)),
        Route("GET", "/characters/{slug}", known(_get_character)),
        Route("GET", "/characters/{slug}/reviews", known(_reviews)),
    )


# -- keys --------------------------------------------------------------------------------------------------------------


def key(number: int = 0, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A key as it is listed, with what a body changed."""
    said = body or {}
    limits = said.get("consumptionLimit", {"usd": 50, "diem": 10})
    return {
        "id": KEY_ID if not number else f"{KEY_ID[:-1]}{number}",
        "apiKeyType": "ADMIN" if not number else "INFERENCE",
        "consumptionLimits": {name: value for name, value in limits.items() if value is not None},
        "limitPeriod": said.get("limitPeriod", "EPOCH"),
        "modelPrivacy": said.get("modelPrivacy", "ALL"),
        "createdAt": "2026-01-10T12:00:00.000Z",
        "description": said.get("description", f"Simulated key {number}"),
        "expiresAt": said.get("expiresAt") or None,
        "last6Chars": f"SIM{number:03d}",
        "lastUsedAt": "2026-08-20T12:00:00.000Z",
    }


_SPENT = {
    "usage": {"trailingSevenDays": {"usd": "10.2424", "vcu": "0", "diem": "4.2231"}},
    "currentPeriodUsage": {"usd": "5.1234", "diem": "2.5000"},
}


def _list_keys(request: SimRequest) -> Answer:
    return SimReply.json({"object": "list", "data": [key(number) | _SPENT for number in range(2)]})


def _get_key(request: SimRequest) -> Answer:
    for number in range(2):
        if request.params["id"] == key(number)["id"]:
            return SimReply.json({"data": key(number) | _SPENT})
    raise ServiceError(404, "API key not found")


def _create_key(request: SimRequest) -> Answer:
    body = request.checked(tables.KEY_CREATE)
    made = {
        "id": KEY_ID,
        "apiKey": "VENICE_SIM_" + "0" * 32,
        "apiKeyType": body["apiKeyType"],
        "consumptionLimit": {name: value for name, value in body.get("consumptionLimit", {}).items() if value},
        "limitPeriod": body.get("limitPeriod", "EPOCH"),
        "modelPrivacy": body.get("modelPrivacy", "ALL"),
        "description": body["description"],
        "expiresAt": body.get("expiresAt") or None,
    }
    return SimReply.json({"success": True, "data": made})


def _update_key(request: SimRequest) -> Answer:
    body = request.checked(tables.KEY_UPDATE)
    if body["id"] != KEY_ID:
        raise ServiceError(400, "API key not found")
    return SimReply.json({"success": True, "data": key(0, body)})


def _delete_key(request: SimRequest) -> Answer:
    if request.body:
        raise ServiceError(400, "DELETE /api_keys takes its id in the query")
    if read(request, tables.KEY_DELETE)["id"] != KEY_ID:
        raise ServiceError(400, "API key not found")
    return SimReply.json({"success": True})


def _rate_limits(request: SimRequest) -> Answer:
    limits = [{"amount": 500, "type": "RPM"}, {"amount": 1_000_000, "type": "TPM"}]
    data = {
        "accessPermitted": True,
        "apiTier": {"id": "paid", "isCharged": True},
        "balances": {"USD": 10.0, "DIEM": 0.0},
        "keyExpiration": None,
        "nextEpochBegins": "2026-08-22T00:00:00.000Z",
        "rateLimits": [{"apiModelId": "zai-org-glm-5", "rateLimits": limits}],
    }
    return SimReply.json({"data": data})


def _log(request: SimRequest) -> Answer:
    rows = [
        {
            "apiKeyId": KEY_ID, "modelId": "zai-org-glm-5", "rateLimitTier": "paid", "rateLimitType": kind,
            "timestamp": f"2026-08-20T12:00:0{number}.000Z",
        }
        for number, kind in enumerate(("RPM", "TPM", "FAILED_REQUESTS"))
    ]  # fmt: skip
    return SimReply.json({"object": "list", "data": rows})


# -- characters --------------------------------------------------------------------------------------------------------


def character(number: int) -> dict[str, Any]:
    """One of the characters."""
    slug = "alan-watts" if not number else f"sim-character-{number}"
    return {
        "id": f"2f460055-7595-4640-9cb6-c442c4c869b{number}",
        "slug": slug,
        "name": slug.replace("-", " ").title(),
        "description": f"A simulated character, number {number}.",
        "author": "k3x9q",
        "adult": False,
        "featured": not number,
        "webEnabled": True,
        "modelId": "venice-uncensored",
        "tags": ["Philosophy"] if not number else ["Test"],
        "shareUrl": f"https://venice.ai/c/{slug}",
        "photoUrl": None,
        "stats": {"averageRating": 4.7, "imports": 112, "ratingCount": REVIEWS, "ratingSum": 211, "userRating": None},
        "createdAt": "2024-12-20T21:28:08.934Z",
        "updatedAt": "2025-02-09T03:23:53.708Z",
    }


def _list_characters(request: SimRequest) -> Answer:
    query = read(
        request,
        tables.CHARACTERS_QUERY,
        numbers=("limit", "offset"),
        flags=("isAdult", "isPro", "isWebEnabled"),
        lists=("categories", "tags", "modelId"),
    )
    found = [character(number) for number in range(CHARACTERS)]
    if "search" in query:
        found = [each for each in found if query["search"].lower() in each["name"].lower()]
    if "tags" in query:
        found = [each for each in found if set(query["tags"]) & set(each["tags"])]
    start = query.get("offset", 0)
    return SimReply.json({"object": "list", "data": found[start : start + query.get("limit", 50)]})


def _find_character(request: SimRequest) -> dict[str, Any]:
    for number in range(CHARACTERS):
        if character(number)["slug"] == request.params["slug"]:
            return character(number)
    raise ServiceError(404, "Character not found")


def _get_character(request: SimRequest) -> Answer:
    return SimReply.json({"object": "character", "data": _find_character(request)})


def _reviews(request: SimRequest) -> Answer:
    found = _find_character(request)
    query = read(request, tables.REVIEWS_QUERY, numbers=("page", "pageSize"))
    page, size = query.get("page", 1), query.get("pageSize", 20)
    pages = -(-REVIEWS // size)
    numbers = range((page - 1) * size, min(page * size, REVIEWS))
    body = {
        "object": "list",
        "data": [_review(found["id"], number) for number in numbers],
        "pagination": {"page": page, "pageSize": size, "total": REVIEWS, "totalPages": pages},
        "summary": {"averageRating": 4.7, "totalReviews": REVIEWS},
    }
    told = {"limit": size, "page": page, "total": REVIEWS, "total-pages": pages}
    return SimReply.json(body, headers={f"x-pagination-{name}": str(value) for name, value in told.items()})


def _review(character_id: str, number: int) -> dict[str, Any]:
    return {
        "id": f"1e38fb78-043f-4ce2-b3bc-9660{number:08d}",
        "characterId": character_id,
        "rating": 1 + number % 5,
        "message": f"Review {number}",
        "username": f"product_user_{number}",
        "userAvatarUrl": None,
        "locale": "en",
        "isOwner": False,
        "createdAt": "2025-02-09T03:23:53.708Z",
    }
