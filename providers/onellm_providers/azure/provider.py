"""Azure as OpenAI's format with Azure's URLs, signatures, deployments and errors.

Wire facts: openai SDK 3.52 (its Azure client); Microsoft's page on the life cycle of API versions (2026). That versions
before 2024-09 know neither `max_completion_tokens` nor `stream_options`, and the shapes of errors and filters, are
general knowledge that no current page was at hand to confirm.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from onellm.auth import KeyHeader
from onellm.body import JSON, Multipart
from onellm.call import Auth, ExchangeFields, Op, Reply
from onellm.capabilities import Capability, Catalogue
from onellm.config import Secret, Settings
from onellm.decode.json import table
from onellm.errors import (
    APIError,
    AuthenticationError,
    ConfigurationError,
    ContentPolicyError,
    ModelNotFoundError,
    NotFoundError,
    UnsupportedParameterError,
)
from onellm.openai_compatible import OpenAICompatible, Operation, Spec
from onellm.openai_compatible.spec import PARTS
from onellm.types.batch import BatchObject, BatchRequest
from onellm.types.chat import ChatRequest
from onellm.types.request import ModelRequest
from onellm_providers.azure.endpoint import BASE, DATED, DEPLOYED, batch_endpoint, batch_url, read_endpoint
from onellm_providers.azure.identity import WAYS, token_auth
from onellm_providers.openai import OPENAI, OPERATIONS

AZURE = replace(
    OPENAI,
    name="azure",
    base_url=BASE,
    key=("AZURE_OPENAI_API_KEY",),
    settings=("resource", "api_version", "deployments", *WAYS, "scope"),
    credentials=WAYS,
    variables={
        "base_url": ("AZURE_OPENAI_ENDPOINT",),
        "api_version": ("OPENAI_API_VERSION",),
        "token": ("AZURE_OPENAI_AD_TOKEN",),
    },
    read_url=read_endpoint,
    operations=frozenset({Capability.CHAT, Capability.STREAM, *OPERATIONS}) - {Capability.MODERATION},
    parts=PARTS - {"file"},
    refuse=frozenset({"web_search_options"}),
    error_codes={"DeploymentNotFound": ModelNotFoundError, "ResponsibleAIPolicyViolation": ContentPolicyError},
    source="openai SDK 3.52.0; Microsoft's pages on API versions, 2026",
    as_of="2026-11-16",
    unconfirmed=("parts", "refuse", "error_codes"),
)
_BEFORE_2024_09 = replace(
    AZURE, rename={"max_completion_tokens": "max_tokens"}, refuse=AZURE.refuse | {"stream_options"}, stream_usage=False
)
_OF_MISTRAL = replace(AZURE, rename={"max_completion_tokens": "max_tokens"})
_MISTRAL = re.compile(r"(mistral|ministral|codestral|mixtral)", re.IGNORECASE)


class AzureProvider(OpenAICompatible):
    """Azure: what stands behind the slash is the name of a deployment.

    `deployments` says which model each is, where its name does not; a model's rules, capabilities and prices are then
    those of that model. With a dated `api_version` the classic URLs are used, else v1.
    """

    spec = AZURE
    host = AZURE.host

    def __init__(self, settings: Settings, catalogue: Catalogue | None = None, spec: Spec | None = None) -> None:
        version = str(settings.extra.get("api_version") or "")
        v1 = settings.base_url.endswith("/v1")
        self.classic = version if DATED.fullmatch(version) and not v1 else ""
        self.query = {"api-version": version} if version and (self.classic or not DATED.fullmatch(version)) else {}
        if not (self.classic or v1):
            settings = replace(settings, base_url=f"{settings.base_url}/v1")
        super().__init__(settings, catalogue, spec)
        named: Any = settings.extra.get("deployments") or {}
        if not isinstance(named, Mapping):
            raise ConfigurationError(f"{self.name}: deployments is a mapping like {{'my-deployment': 'gpt-5.4-mini'}}.")
        self._models = cast("Mapping[str, str]", named)

    # -- who asks --------------------------------------------------------------------------------------------------

    @functools.cached_property
    def _token(self) -> Auth | None:
        return token_auth(self.settings.extra, classic=bool(self.classic))

    def auth(self) -> Auth | None:
        """A token where there is one, else the key: never both."""
        if self._token is not None:
            return self._token
        key = self.settings.api_key
        return KeyHeader(key, "api-key", "") if key is not None else super().auth()

    @property
    def lacks_key(self) -> bool:
        """A provider with a source of tokens is kept, and its token with it."""
        return self._token is None and super().lacks_key

    def _credential(self) -> Secret | None:
        secret: Secret | None = getattr(self._token, "secret", None) or getattr(self._token, "last", None)
        return secret or self.settings.api_key

    def _advice(self, model: str) -> dict[type[APIError], str]:
        advice = super()._advice(model) | {
            ModelNotFoundError: f"{model!r} must be the name of a deployment of this resource, not that of a model; "
            "a new one takes some minutes.",
        }
        if model:  # what is not found of a file or a batch is that itself
            advice[NotFoundError] = "Is the endpoint right, and has its API version this operation?"
        if self._token is not None:
            advice[AuthenticationError] = (
                "The token was refused: is its scope that of this resource's cloud, and has its identity a role there?"
            )
        return advice

    # -- which model, and where ------------------------------------------------------------------------------------

    def model_id(self, model: str) -> str:
        """The model of a deployment."""
        return self._models.get(model, model)

    def url(self, path: str, query: Mapping[str, Any] | None = None) -> str:
        return super().url(path, {**self.query, **(query or {})})

    def exchange(self, path: str, request: ModelRequest, **fields: Any) -> ExchangeFields:
        return self._deployed(path, request.model, super().exchange(path, request, **fields))

    def _exchange(self, request: ChatRequest, *, stream: bool) -> ExchangeFields:
        return self._deployed("chat/completions", request.model, super()._exchange(request, stream=stream))

    def _deployed(self, path: str, deployment: str, exchange: ExchangeFields) -> ExchangeFields:
        """In the classic family the deployment stands in the path, and not in the body."""
        if not self.classic or path not in DEPLOYED:
            return exchange
        from urllib.parse import quote

        exchange["url"] = self.url(f"deployments/{quote(deployment, safe='')}/{path}")
        body = exchange.get("body")
        if isinstance(body, JSON):
            exchange["body"] = JSON({name: value for name, value in body.value.items() if name != "model"})
        elif isinstance(body, Multipart):
            exchange["body"] = Multipart([part for part in body.parts if part[0] != "model"])
        return exchange

    # -- what goes out ---------------------------------------------------------------------------------------------

    def row_for(self, model: str) -> Spec:
        if self.classic and self.classic < "2024-09":
            return _BEFORE_2024_09
        return _OF_MISTRAL if _MISTRAL.match(model) else self.row

    def encode_chat(self, request: ChatRequest, *, stream: bool) -> tuple[dict[str, Any], tuple[str, ...]]:
        """By the rules of the deployment's model, which is not sent."""
        request, left_out = self._effort(request)
        body, dropped = super().encode_chat(self._as_model(request), stream=stream)
        return {**body, "model": request.model}, left_out + dropped

    def encode(
        self, capability: Capability, request: ModelRequest, *, stream: bool = False
    ) -> tuple[Operation, dict[str, Any], tuple[str, ...]]:
        """By the rules of the model. Embeddings of models that are not OpenAI's are not asked for as base64."""
        operation, fields, dropped = super().encode(capability, self._as_model(request), stream=stream)
        if capability is Capability.BATCH and "endpoint" in fields:
            fields["endpoint"] = batch_endpoint(fields["endpoint"])
        if capability is Capability.EMBEDDINGS and not self.model_id(request.model).startswith("text-embedding-"):
            operation = replace(operation, takes=operation.takes - {"encoding_format"})
        return operation, fields, dropped

    def batch_create(self, request: BatchRequest) -> Op[BatchObject]:
        """Start a batch; under a dated version its requests go to URLs without `/v1`."""
        dated = bool(self.classic)
        rows = request.requests and [
            row.model_copy(update={"url": batch_url(row.url, dated=dated)}) for row in request.requests
        ]
        endpoint = batch_url(request.endpoint, dated=dated)
        return super().batch_create(request.model_copy(update={"requests": rows, "endpoint": endpoint}))

    def _as_model(self, request: Any) -> Any:
        model = self.model_id(request.model)
        return request if model == request.model else request.model_copy(update={"model": model})

    def _effort(self, request: ChatRequest) -> tuple[ChatRequest, tuple[str, ...]]:
        """The request without an effort that its model is known not to have."""
        asked, known = request.reasoning_effort, self.info(request.model).reasoning_efforts
        if asked is None or not known or asked in known:
            return request, ()
        if request.unsupported != "drop":
            raise UnsupportedParameterError(
                f"{self.name}/{request.model} takes reasoning_effort {', '.join(known)}, not {asked!r}.",
                param="reasoning_effort",
            )
        return request.model_copy(update={"reasoning_effort": None}), ("reasoning_effort",)

    # -- what comes back -------------------------------------------------------------------------------------------

    def error(self, reply: Reply, model: str = "") -> APIError:
        """A refusal of the content filter says in a note what it found."""
        error = super().error(reply, model)
        if isinstance(error, ContentPolicyError) and (found := _found(error.body)):
            error.add_note(f"The content filter found: {', '.join(found)}.")
        return error


def _found(body: Any) -> list[str]:
    """The categories for which a filter refused, in `innererror.content_filter_result`."""
    inner = table(table(table(body).get("error")).get("innererror"))
    result = table(inner.get("content_filter_result") or inner.get("content_filter_results"))
    return [name for name, verdict in result.items() if table(verdict).get("filtered")]
