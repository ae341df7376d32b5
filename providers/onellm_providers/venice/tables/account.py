"""Keys, characters, billing, search, crypto, wallets and attestations: names, types, ranges (file of 2026-08-21)."""

from __future__ import annotations

from onellm.checks import Check, anything, array, boolean, either, integer, nullable, number, record, string
from onellm_providers.venice.patterns import DATE, matching

MOST = 9_999_999_999
WALLET = matching(r"0x[a-fA-F0-9]{40}|[1-9A-HJ-NP-Za-km-z]{32,44}", "an address: 0x and 40 hex digits, or base58")

# -- keys --------------------------------------------------------------------------------------------------------------

_AMOUNT = nullable(number(0, MOST))
_EXPIRY = matching(
    rf"|{DATE}|{DATE}T\d{{2}}:\d{{2}}:\d{{2}}(\.\d{{3}})?Z", "'', YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS(.mmm)Z"
)
_KEY_FIELDS: dict[str, Check] = {
    "apiKeyType": string("INFERENCE", "ADMIN"),
    "consumptionLimit": record({"usd": _AMOUNT, "diem": _AMOUNT, "vcu": _AMOUNT}),
    "limitPeriod": string("EPOCH", "MONTH", "LIFETIME"),
    "modelPrivacy": string("ALL", "PRIVATE_TEXT", "PRIVATE_ONLY"),
    "description": string(high=64),
    "expiresAt": _EXPIRY,
    "ipAllowlist": array(string(low=1, high=64), high=100),  # beyond the file
}
_UPDATED = {name: check for name, check in _KEY_FIELDS.items() if name != "apiKeyType"}
KEY_CREATE = record(_KEY_FIELDS, ("apiKeyType", "description"), closed=True)
KEY_UPDATE = record({**_UPDATED, "expiresAt": nullable(_EXPIRY), "id": string(low=1)}, ("id",), closed=True)
KEY_DELETE = record({"id": string(low=1)}, ("id",), closed=True)
WEB3_KEY = record(
    {**_KEY_FIELDS, "description": string(), "address": string(), "signature": string(), "token": string()},
    ("apiKeyType", "address", "signature", "token"),
    closed=True,
)

# -- characters and billing --------------------------------------------------------------------------------------------

CHARACTERS_QUERY = record(
    {
        "categories": array(string(high=100), high=20),
        "isAdult": boolean(),
        "isPro": boolean(),
        "isWebEnabled": boolean(),
        "limit": integer(1, 100),
        "modelId": array(string(high=200), high=20),
        "offset": integer(0),
        "search": string(high=200),
        "sortBy": string(
            "featured", "highestRating", "highlyRated", "highlyRatedAndRecent", "imports", "mostRecent", "ratingCount"
        ),
        "sortOrder": string("asc", "desc"),
        "tags": array(string(high=100), high=20),
    },
    closed=True,
)
REVIEWS_QUERY = record({"page": integer(1), "pageSize": integer(1, 100)}, closed=True)
ANALYTICS_QUERY = record(
    {
        "lookback": matching(r"([1-9]|[1-8]\d|90)d", "days such as 7d, at most 90d"),
        "startDate": matching(DATE, "YYYY-MM-DD"),
        "endDate": matching(DATE, "YYYY-MM-DD"),
    },
    closed=True,
)
_TIMESTAMP = matching(
    rf"{DATE}[Tt]\d{{2}}:\d{{2}}:\d{{2}}(\.\d+)?([Zz]|[+-]\d{{2}}:\d{{2}})", "a time such as 2026-07-01T00:00:00Z", 40
)
HISTORY_QUERY = record(
    {
        "currency": string("USD", "DIEM", "BUNDLED_CREDITS"),
        "cursor": matching(r"[A-Za-z0-9_-]+", "the cursor of the page before", 512),
        "startTimestamp": _TIMESTAMP,
        "endTimestamp": _TIMESTAMP,
        "pageSize": integer(10, 1000),
    },
    closed=True,
)

# -- augment, crypto, x402, tee, decisions -----------------------------------------------------------------------------

SEARCH = record(
    {"query": string(low=1, high=400), "limit": integer(1, 20), "search_provider": string("google", "brave")},
    ("query",),
)
SCRAPE = record({"url": matching(r"https?://\S+", "an http or https URL")}, ("url",))
TEXT_FORMAT = record({"response_format": string("json", "text")}, closed=True)

RPC = record(
    {"jsonrpc": string("2.0"), "method": string(), "params": array(anything()), "id": either(integer(), string())},
    ("method",),
)
RPC_BATCH = array(RPC, 1, 100)
NETWORK = matching(r"[a-z0-9][a-z0-9-]*", "a network such as base-mainnet")
IDEMPOTENCY_KEY = matching(r"[A-Za-z0-9_-]{1,255}", "1 to 255 letters, digits, _ and -")

TRANSACTIONS_QUERY = record({"limit": integer(1, 100), "offset": integer(0)}, closed=True)

NONCE = matching(r"[0-9a-fA-F]{64}", "64 hex digits (32 bytes)")
ATTESTATION_QUERY = record({"model": string(low=1), "nonce": NONCE}, ("model", "nonce"), closed=True)
SIGNATURE_QUERY = record({"model": string(low=1), "request_id": string(low=1)}, ("model", "request_id"), closed=True)
