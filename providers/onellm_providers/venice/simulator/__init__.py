"""Venice for the simulator, as strict as the service: chat and models here, other operations beside this file.

Wire facts: Venice OpenAPI file of 2026-08-21 (version 20260821.193530) and its documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onellm.checks import string
from onellm.testing.simulator.chat import Completion, complete
from onellm.testing.simulator.chat_wire import DONE, chunks, whole
from onellm.testing.simulator.values import Answer, Route, Service, ServiceError, SimReply, SimRequest, SimStream, sse
from onellm_providers.venice.simulator import (
    account,
    audio,
    billing,
    images,
    inference,
    services,
    tee,
    video,
    wallets,
    x402,
)
from onellm_providers.venice.simulator.errors import NO_CREDENTIALS, error
from onellm_providers.venice.simulator.models import TYPES, of_type
from onellm_providers.venice.simulator.rules import check, effort_of, find_model, split_suffix
from onellm_providers.venice.table import CHAT_COMPLETION

_DEFAULTS: Mapping[str, Any] = {
    "disable_thinking": False,
    "enable_e2ee": True,
    "enable_web_citations": False,
    "enable_web_scraping": False,
    "enable_web_search": "off",
    "include_search_results_in_stream": False,
    "include_venice_system_prompt": True,
    "return_search_results_as_documents": False,
    "strip_thinking_response": False,
}
_CITATION = {"title": "A simulated page", "url": "https://example.com/page", "content": "Text.", "date": "2026-01-01"}


def routes() -> Service:
    """The service, as the entry point `onellm.simulators` wants it."""
    operations = (
        Route("POST", "/chat/completions", tee.encrypting(_chat)),
        Route("GET", "/models", _list_models),
        *tee.routes(_authenticate),
        *wallets.routes(),
        *x402.routes(),
        *images.routes(_authenticate),
        *audio.routes(_authenticate),
        *video.routes(_authenticate),
        *inference.routes(_authenticate),
        *account.routes(_authenticate),
        *billing.routes(_authenticate),
        *services.routes(_authenticate),
    )
    return Service("venice", "/api/v1", operations, error, headers=_headers)


def _headers(request: SimRequest) -> Mapping[str, str]:
    headers = {
        "CF-RAY": f"{request.number:016x}-SIM",
        "x-venice-version": "20260821.193530",
        "x-venice-host-name": "simulator",
    }
    if "sign-in-with-x" in request.headers:
        return headers | {"X-Balance-Remaining": "4.99"}
    if not request.bearer:
        return headers
    return headers | {
        "x-ratelimit-limit-requests": "500",
        "x-ratelimit-remaining-requests": "499",
        "x-ratelimit-reset-requests": "1790000060",
        "x-ratelimit-limit-tokens": "1000000",
        "x-ratelimit-remaining-tokens": "999000",
        "x-ratelimit-reset-tokens": "60",
        "x-venice-balance-usd": "10.00",
        "x-venice-balance-diem": "0",
    }


def _authenticate(request: SimRequest) -> None:
    """Any key is good that does not begin with `bad-`, and so is a wallet that signs in."""
    if wallets.signed_in(request):
        return
    if not request.bearer:
        raise ServiceError(402, "Payment required", code=NO_CREDENTIALS)
    if request.bearer.startswith("bad-"):
        raise ServiceError(401, "Authentication failed")


def _chat(request: SimRequest) -> Answer:
    _authenticate(request)
    if "json" not in request.headers.get("content-type", ""):
        raise ServiceError(415, "Invalid content type")
    body: dict[str, Any] = request.checked(CHAT_COMPLETION)
    name, suffix = split_suffix(body["model"])
    model = find_model(name)
    parameters: dict[str, Any] = {**_DEFAULTS, **suffix, **body.get("venice_parameters", {})}
    if clash := [key for key, value in suffix.items() if parameters[key] != value]:
        raise ServiceError(400, f"The model feature suffix contradicts venice_parameters: {', '.join(clash)}")
    check(body, model)
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or 0
    thinks = model["model_spec"]["capabilities"]["supportsReasoning"] and not parameters["disable_thinking"]
    effort = effort_of(body) or "none"
    completion = complete(body, effort=effort if thinks else "none", limit=limit if limit > 0 else None)
    if completion.prompt_tokens > model["context_length"]:
        message = f"This model's maximum context length is {model['context_length']} tokens."
        raise ServiceError(400, message, code="context_length_exceeded")
    if parameters["enable_web_search"] == "on":
        parameters["web_search_citations"] = [_CITATION]
    return _reply(body, model, completion, parameters)


def _reply(
    body: Mapping[str, Any], model: Mapping[str, Any], completion: Completion, parameters: Mapping[str, Any]
) -> Answer:
    reasons = not parameters["strip_thinking_response"]
    top = body.get("top_logprobs", 0) if body.get("logprobs") else None
    cost = {"cost": _cost(completion, model["model_spec"]["pricing"])}
    headers = _model_headers(model)
    if not body.get("stream"):
        answer = whole(completion, model["id"], top_logprobs=top, reasons=reasons)
        for choice in answer["choices"]:
            _fit_schema(choice)
        answer |= {"venice_parameters": parameters, "prompt_logprobs": None, **cost}
        return SimReply.json(answer, headers=headers)
    include_usage = body.get("stream_options", {}).get("include_usage") is True
    sent = chunks(completion, model["id"], top_logprobs=top, reasons=reasons, include_usage=include_usage)
    if include_usage:
        sent[-1] |= cost
    if parameters["include_search_results_in_stream"]:
        sent.insert(0, {**sent[0], "choices": []})
    if "web_search_citations" in parameters:
        sent[0] |= {"venice_parameters": parameters}
    return SimStream([*map(sse, sent), DONE], headers)


def _model_headers(model: Mapping[str, Any]) -> dict[str, str]:
    headers = {"x-venice-model-id": model["id"], "x-venice-model-name": model["model_spec"]["name"]}
    if retires := model["model_spec"].get("deprecation"):
        warning = f"{model['id']} is deprecated, use {retires['replacementModelId']}"
        headers["x-venice-model-deprecation-warning"] = warning
        headers["x-venice-model-deprecation-date"] = retires["date"]
    return headers


def _fit_schema(choice: dict[str, Any]) -> None:
    """`tool_calls` is always there; logprobs have a token's fields, as the OpenAPI file says, and OpenAI's list too."""
    choice["message"].setdefault("tool_calls", [])
    if choice["finish_reason"] != "tool_calls":
        choice["stop_reason"] = choice["finish_reason"]
    if choice["logprobs"]:
        choice["logprobs"] |= choice["logprobs"]["content"][0]


def _cost(completion: Completion, pricing: Mapping[str, Any]) -> dict[str, float]:
    usd = completion.prompt_tokens * pricing["input"]["usd"] + completion.completion_tokens * pricing["output"]["usd"]
    return {"usd": round(usd / 1_000_000, 10), "diem": 0}


def _list_models(request: SimRequest) -> Answer:
    kind = request.query.get("type", "text")
    if issues := list(string(*TYPES)(kind, ("type",))):
        raise ServiceError(400, issues[0].message, issues=issues)
    return SimReply.json({"object": "list", "type": kind, "data": of_type(kind)})
