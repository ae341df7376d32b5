"""Search, documents, chains and decisions at the simulated Venice.

Venice OpenAPI file of 2026-08-21; decisions by venice-py 2.9.0.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from onellm.checks import Issue
from onellm.testing.simulator.values import Answer, Route, ServiceError, SimReply, SimRequest
from onellm_providers.venice.simulator.form import behind, read_body
from onellm_providers.venice.tables import account as tables
from onellm_providers.venice.tables.inference import DECISIONS

NETWORKS = (
    "arbitrum-mainnet", "avalanche-mainnet", "base-mainnet", "base-sepolia", "bsc-mainnet", "ethereum-mainnet",
    "optimism-mainnet", "polygon-mainnet", "solana-mainnet", "starknet-mainnet", "zksync-mainnet",
)  # fmt: skip
METHODS: Mapping[str, Any] = {
    "eth_blockNumber": "0x1500000",
    "eth_chainId": "0x2105",
    "eth_getBalance": "0xde0b6b3a7640000",
    "eth_gasPrice": "0x3b9aca00",
    "getSlot": 300_000_000,
}
REVERTED = {"code": -32000, "message": "execution reverted"}
"""What `eth_call` comes to."""
_CREDITS = 20
_CREDIT_USD = 0.0000007
_CLOSED = ("x.com", "twitter.com", "reddit.com")


def routes(authenticate: Callable[[SimRequest], None]) -> tuple[Route, ...]:
    """The operations under /augment and /crypto, and /decisions."""
    known = functools.partial(behind, authenticate)
    return (
        Route("POST", "/augment/search", known(_search)),
        Route("POST", "/augment/scrape", known(_scrape)),
        Route("POST", "/augment/text-parser", known(_parse)),
        Route("GET", "/crypto/rpc/networks", _networks),
        Route("POST", "/crypto/rpc/{network}", known(_rpc)),
        Route("POST", "/decisions", known(_decide)),
    )


def _json(request: SimRequest) -> None:
    if "json" not in request.headers.get("content-type", ""):
        raise ServiceError(415, "Invalid content type")


def _search(request: SimRequest) -> Answer:
    _json(request)
    body = request.checked(tables.SEARCH)
    found = [
        {
            "title": f"Result {number} for {body['query']}",
            "url": f"https://example.com/{number}",
            "content": f"A <strong>simulated</strong> page about {body['query']}.",
            "date": "" if number % 2 else "2026-08-01",
        }
        for number in range(min(body.get("limit", 10), 20))
    ]
    return SimReply.json({"query": body["query"], "results": found})


def _scrape(request: SimRequest) -> Answer:
    _json(request)
    body = request.checked(tables.SCRAPE)
    host = urlsplit(str(body["url"])).hostname or ""
    if any(host == name or host.endswith(f".{name}") for name in _CLOSED):
        raise ServiceError(400, f"Pages of {host} cannot be scraped")
    return SimReply.json({"url": body["url"], "content": f"# {host}\n\nA simulated page.", "format": "markdown"})


def _parse(request: SimRequest) -> Answer:
    sent = read_body(request)
    files = sent.files.get("file", [])
    unknown = [name for name in sent.fields if name not in ("file", "response_format")]
    if not sent.is_form or len(files) != 1 or unknown:
        issue = Issue(("file",), "invalid_type", "Required")
        raise ServiceError(400, "Invalid request parameters", issues=[issue])
    form = {name: value for name, value in sent.fields.items() if name != "file"}
    if issues := list(tables.TEXT_FORMAT(form, ())):
        raise ServiceError(400, issues[0].message, issues=issues)
    content = files[0].content
    if content.startswith(b"%PDF-") and b"(" not in content:
        raise ServiceError(400, "No text could be extracted from this document")
    text = content.decode("utf-8", "ignore")
    if form.get("response_format") == "text":
        return SimReply(200, {"Content-Type": "text/plain; charset=utf-8"}, text.encode())
    return SimReply.json({"text": text, "tokens": len(text.split())})


# -- chains ------------------------------------------------------------------------------------------------------------


def _networks(request: SimRequest) -> Answer:
    return SimReply.json({"networks": list(NETWORKS)})


def _rpc(request: SimRequest) -> Answer:
    _json(request)
    if request.params["network"] not in NETWORKS:
        raise ServiceError(400, f"Unsupported network: {request.params['network']}")
    key = request.headers.get("idempotency-key")
    if key is not None and (issues := list(tables.IDEMPOTENCY_KEY(key, ("Idempotency-Key",)))):
        raise ServiceError(400, issues[0].message, issues=issues)
    batch = request.body.lstrip().startswith(b"[")
    body = request.checked(tables.RPC_BATCH if batch else tables.RPC)
    calls: list[dict[str, Any]] = body if batch else [body]
    for call in calls:
        if call["method"] not in METHODS and call["method"] != "eth_call":
            raise ServiceError(400, f"Unsupported method: {call['method']}")
    answers = [_answer(call) for call in calls]
    spent = sum(5 if "error" in answer and batch else _CREDITS for answer in answers)
    headers = {
        "X-Venice-RPC-Credits": str(spent),
        "X-Venice-RPC-Cost-USD": f"{spent * _CREDIT_USD:.8f}",
        "X-Request-ID": hashlib.sha256(request.body).hexdigest()[:32],
        **({"Idempotent-Replayed": "true"} if key == "replayed" else {}),
    }
    return SimReply.json(answers[::-1] if batch else answers[0], headers=headers)


def _answer(call: Mapping[str, Any]) -> dict[str, Any]:
    head = {"jsonrpc": "2.0", "id": call.get("id", 1)}
    if call["method"] == "eth_call":
        return {**head, "error": REVERTED}
    return {**head, "result": METHODS[call["method"]]}


# -- decisions ---------------------------------------------------------------------------------------------------------


def _decide(request: SimRequest) -> Answer:
    _json(request)
    body = request.checked(DECISIONS)
    answers = {name: _decided(question) for name, question in body["questions"].items()}
    usage = {"input_tokens": len(str(body["state"]).split()), "output_tokens": len(answers)}
    return SimReply.json({"model": body["model"], "answers": answers, "usage": usage})


def _decided(question: Mapping[str, Any]) -> dict[str, Any]:
    if question["type"] == "noul":
        return {"type": "noul", "noul": 0.75}
    if question["type"] == "choice":
        options = list(cast("dict[str, Any]", question["criteria"]))
        chances = _chances(options)
        return {"type": "choice", "choice": options[0], "probabilities": chances, "confidence": chances[options[0]]}
    levels = [str(number) for number in range(len(question["criteria"]))]
    chances = _chances(levels)
    legend = dict(zip(levels, question["criteria"], strict=True))
    score = sum(int(level) * chance for level, chance in chances.items())
    return {"type": "score", "score": score, "legend": legend, "probabilities": chances, "confidence": chances["0"]}


def _chances(options: list[str]) -> dict[str, float]:
    """The first option takes three quarters, or all."""
    rest = len(options) - 1
    return {name: (0.75 if rest else 1.0) if not place else 0.25 / rest for place, name in enumerate(options)}
