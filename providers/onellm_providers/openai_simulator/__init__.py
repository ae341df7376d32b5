"""OpenAI for the simulator: every operation, as strict as the service.

Wire facts: OpenAI API reference and OpenAPI file of 2026-08-21, openai-python 3.52.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from onellm.testing.simulator.chat import complete
from onellm.testing.simulator.chat_wire import DONE, chunks, whole
from onellm.testing.simulator.values import Answer, Route, Service, ServiceError, SimReply, SimRequest, SimStream, sse
from onellm_providers.openai_simulator.errors import error
from onellm_providers.openai_simulator.faces import FACES
from onellm_providers.openai_simulator.files import FILES
from onellm_providers.openai_simulator.models import MODELS, Model
from onellm_providers.openai_simulator.responses import RESPONSE, respond
from onellm_providers.openai_simulator.rules import check
from onellm_providers.openai_simulator.table import CHAT_COMPLETION


def routes() -> Service:
    """The service, as the entry point `onellm.simulators` wants it."""
    operations = (
        Route("POST", "/chat/completions", _chat),
        Route("POST", "/responses", _respond),
        Route("GET", "/models", _list_models),
        Route("GET", "/models/{id}", _retrieve_model),
        *(Route(method, path, _behind(answer)) for method, path, answer in (*FACES, *FILES)),
    )
    return Service("openai", "/v1", operations, error, headers=_headers)


def _headers(request: SimRequest) -> Mapping[str, str]:
    return {
        "x-request-id": f"req_{request.number:032x}",
        "openai-organization": "org-simulated",
        "openai-processing-ms": "1",
        "openai-version": "2020-10-01",
        "x-ratelimit-limit-requests": "500",
        "x-ratelimit-remaining-requests": "499",
        "x-ratelimit-reset-requests": "120ms",
        "x-ratelimit-limit-tokens": "200000",
        "x-ratelimit-remaining-tokens": "199900",
        "x-ratelimit-reset-tokens": "6m0s",
    }


def _authenticate(request: SimRequest) -> None:
    """Any key is good that does not begin with `bad-`."""
    if not request.bearer:
        raise ServiceError(401, "You didn't provide an API key.", code="invalid_api_key")
    if request.bearer.startswith("bad-"):
        raise ServiceError(401, "Incorrect API key provided: bad-****.", code="invalid_api_key")


def _behind(answer: Callable[[SimRequest], Answer]) -> Callable[[SimRequest], Answer]:
    """The answer to those who have a good key."""

    def checked(request: SimRequest) -> Answer:
        _authenticate(request)
        return answer(request)

    return checked


def _model(name: str) -> Model:
    try:
        return MODELS[name]
    except KeyError:
        message = f"The model `{name}` does not exist or you do not have access to it."
        raise ServiceError(404, message, code="model_not_found") from None


def _chat(request: SimRequest) -> Answer:
    _authenticate(request)
    body: dict[str, Any] = request.checked(CHAT_COMPLETION)
    model = _model(body["model"])
    check(body, model)
    effort = body.get("reasoning_effort") or "none"
    completion = complete(body, effort=effort, limit=body.get("max_completion_tokens") or body.get("max_tokens"))
    if completion.prompt_tokens > model.context_window:
        message = (
            f"This model's maximum context length is {model.context_window} tokens. However, your messages resulted in "
            f"{completion.prompt_tokens} tokens. Please reduce the length of the messages."
        )
        raise ServiceError(400, message, code="context_length_exceeded", param="messages")
    top_logprobs = (body.get("top_logprobs") or 0) if body.get("logprobs") else None
    tier = {"service_tier": _SERVED_TIER.get(body.get("service_tier") or "auto", body.get("service_tier"))}
    if not body.get("stream"):
        answer = whole(completion, model.id, top_logprobs=top_logprobs)
        for choice in answer["choices"]:
            choice["message"] |= {"refusal": None, "annotations": []}
        return SimReply.json(answer | tier)
    options: dict[str, Any] = body.get("stream_options") or {}
    include_usage = options.get("include_usage") is True
    sent = chunks(completion, model.id, top_logprobs=top_logprobs, include_usage=include_usage)
    return SimStream([*(sse(chunk | tier) for chunk in sent), DONE])


_SERVED_TIER = {"auto": "default", "fast": "priority"}
"""What the reply calls a tier where that is not what was asked for."""


def _respond(request: SimRequest) -> Answer:
    _authenticate(request)
    _model(request.checked(RESPONSE)["model"])
    return respond(request)


def _list_models(request: SimRequest) -> Answer:
    _authenticate(request)
    return SimReply.json({"object": "list", "data": [model.wire() for model in MODELS.values()]})


def _retrieve_model(request: SimRequest) -> Answer:
    _authenticate(request)
    return SimReply.json(_model(request.params["id"]).wire())
