"""Bedrock for the simulator: Converse whole and streamed, embeddings, token counts and the lists of models.

Wire facts: botocore 1.44, as of November 2026. What the service refuses with a ValidationException is refused here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from onellm.decode.json import array, table
from onellm.testing.simulator.chat import complete, prompt_tokens, tokens
from onellm.testing.simulator.values import Answer, Route, Service, ServiceError, SimReply, SimRequest, SimStream
from onellm_providers.bedrock.families import base_id
from onellm_providers.bedrock.simulator.answers import answer, frames
from onellm_providers.bedrock.simulator.bodies import CONVERSE, COUNT
from onellm_providers.bedrock.simulator.conversation import as_chat, effort_of
from onellm_providers.bedrock.simulator.errors import error, error_event
from onellm_providers.bedrock.simulator.models import EMBEDDERS, MODELS, PROFILES, known
from onellm_providers.bedrock.simulator.rules import check

STREAM = {"Content-Type": "application/vnd.amazon.eventstream"}


def routes() -> Service:
    """The service, as the entry point `onellm.simulators` wants it."""
    operations = (
        Route("POST", "/model/{id}/converse", _converse),
        Route("POST", "/model/{id}/converse-stream", _converse_stream),
        Route("POST", "/model/{id}/count-tokens", _count),
        Route("POST", "/model/{id}/invoke", _invoke),
        Route("GET", "/foundation-models", _list_models),
        Route("GET", "/inference-profiles", _list_profiles),
    )
    return Service("bedrock", "/aws", operations, error, error_event, headers=_headers)


def _headers(request: SimRequest) -> Mapping[str, str]:
    return {"x-amzn-RequestId": f"00000000-0000-4000-8000-{request.number:012x}"}


def _authenticate(request: SimRequest) -> None:
    """Any key is good that does not begin with `bad-`, and any signature that is one in form."""
    header = request.headers.get("authorization", "")
    if not header:
        raise ServiceError(403, "Missing Authentication Token", code="MissingAuthenticationTokenException")
    if request.bearer.startswith("bad-"):
        raise ServiceError(
            403, "Invalid API Key format: Must start with pre-defined prefix", code="AccessDeniedException"
        )
    signed = header.startswith("AWS4-HMAC-SHA256 Credential=") and "x-amz-date" in request.headers
    if not request.bearer and not signed:
        raise ServiceError(403, "The request signature is not one", code="IncompleteSignatureException")


def _answered(request: SimRequest) -> dict[str, Any]:
    _authenticate(request)
    model = known(request.params["id"])
    body: dict[str, Any] = request.checked(CONVERSE)
    check(model, body)
    limit = table(body.get("inferenceConfig")).get("maxTokens")
    completion = complete(as_chat(model, body), effort=effort_of(model, body), limit=limit)
    return answer(completion, array(table(body.get("inferenceConfig")).get("stopSequences")))


def _converse(request: SimRequest) -> Answer:
    return SimReply.json(_answered(request))


def _converse_stream(request: SimRequest) -> Answer:
    return SimStream(frames(_answered(request)), STREAM)


def _count(request: SimRequest) -> Answer:
    _authenticate(request)
    model = request.params["id"]
    if model not in MODELS or model in EMBEDDERS:
        raise ServiceError(400, "The provided model doesn't support counting tokens.")
    body = request.checked(COUNT)["input"]["converse"]
    return SimReply.json({"inputTokens": prompt_tokens(as_chat(model, body))})


def _invoke(request: SimRequest) -> Answer:
    """The embeddings of Titan, Cohere and Nova: another vector for another text."""
    _authenticate(request)
    model = base_id(request.params["id"])
    if model not in EMBEDDERS:
        raise ServiceError(400, "The provided model identifier is invalid.")
    body = table(request.json())
    if model.startswith("cohere."):
        texts = [str(each) for each in array(body.get("texts"))]
        if not texts or "input_type" not in body:
            raise ServiceError(400, "Malformed input request: required key [texts, input_type] not found")
        reply: dict[str, Any] = {"id": "e", "embeddings": [_vector(text, 4) for text in texts], "texts": texts}
    elif model.startswith("amazon.titan"):
        texts = [str(body.get("inputText") or "")]
        size = int(body.get("dimensions") or 1024)
        reply = {"embedding": _vector(texts[0], size), "inputTextTokenCount": len(tokens(texts[0]))}
    else:
        params = table(body.get("singleEmbeddingParams"))
        texts = [str(table(params.get("text")).get("value") or "")]
        vector = _vector(texts[0], int(params.get("embeddingDimension") or 1024))
        reply = {"embeddings": [{"embeddingType": "TEXT", "embedding": vector}]}
    count = sum(len(tokens(text)) for text in texts)
    return SimReply.json(reply, 200, {"X-Amzn-Bedrock-Input-Token-Count": str(count)})


def _vector(text: str, size: int) -> list[float]:
    digest = hashlib.sha256(text.encode()).digest()
    return [digest[at % 32] / 128 - 1 for at in range(size)]


def _list_models(request: SimRequest) -> Answer:
    _authenticate(request)
    return SimReply.json({"modelSummaries": [model.wire() for model in MODELS.values()]})


def _list_profiles(request: SimRequest) -> Answer:
    """The profiles, `maxResults` at a time, those from `nextToken` on."""
    _authenticate(request)
    start, size = int(request.query.get("nextToken", "0")), int(request.query.get("maxResults", "100"))
    names = list(PROFILES)
    rows = [
        {
            "inferenceProfileId": name,
            "inferenceProfileName": name,
            "type": "SYSTEM_DEFINED",
            "status": "ACTIVE",
            "models": [{"modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{PROFILES[name]}"}],
        }
        for name in names[start : start + size]
    ]
    more = {"nextToken": str(start + size)} if start + size < len(names) else {}
    return SimReply.json({"inferenceProfileSummaries": rows, **more})
