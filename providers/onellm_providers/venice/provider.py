"""Venice behind `venice/…` (Venice OpenAPI file of 2026-08-21, version 20260821.193530).

The body of a chat is closed: a key that the file does not list is answered with 400, so it is refused here.
"""

from __future__ import annotations

import functools
from typing import Any, TypeVar, cast

from onellm.call import Auth, Call, Op, Reply, StreamOp
from onellm.capabilities import Capability, ModelInfo
from onellm.checks import place
from onellm.errors import APIError, InvalidRequestError
from onellm.openai_compatible import Items, OneOf, Range, Spec
from onellm.types.chat import ChatCompletionResponse, ChatRequest
from onellm.types.chunk import ChatCompletionChunk
from onellm.types.embedding import EmbeddingRequest, EmbeddingResponse
from onellm.types.request import ModelRequest
from onellm_providers.venice.deprecation import tell, warned
from onellm_providers.venice.error_table import venice_error
from onellm_providers.venice.errors import VeniceAPIError
from onellm_providers.venice.faces import OPERATIONS as MEDIA
from onellm_providers.venice.faces import MediaFaces
from onellm_providers.venice.models import read_models
from onellm_providers.venice.routing import gather, guard
from onellm_providers.venice.table import CHAT_COMPLETION

TAKES = frozenset({
    "venice_parameters", "top_k", "min_p", "repetition_penalty", "min_temp", "max_temp", "stop_token_ids",
    "reasoning", "fallbacks", "text", "include", "anon_user_id",
})  # fmt: skip

REFUSES = frozenset({
    "audio", "function_call", "functions", "logit_bias", "modalities", "moderation", "prediction",
    "prompt_cache_options", "safety_identifier", "service_tier", "web_search_options",
})  # fmt: skip

ENCRYPTION = "e2ee"
"""The argument that asks for an encrypted chat. What it takes is loaded when it is given."""

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

VENICE = Spec(
    name="venice",
    base_url="https://api.venice.ai/api/v1",
    key="VENICE_AI_API_KEY",
    operations=frozenset({Capability.CHAT, Capability.STREAM, Capability.EMBEDDINGS, *MEDIA}),
    overrides=MEDIA,
    parameters=TAKES,
    refuse=REFUSES,
    rename={"max_tokens": "max_completion_tokens"},
    limits={
        "temperature": Range(0, 2),
        "min_temp": Range(0, 2),
        "max_temp": Range(0, 2),
        "top_p": Range(0, 1),
        "min_p": Range(0, 1),
        "top_k": Range(0),
        "top_logprobs": Range(0),
        "frequency_penalty": Range(-2, 2),
        "presence_penalty": Range(-2, 2),
        "repetition_penalty": Range(0),
        "seed": Range(above=0),
        "n": Range(1),
        "stop": Items(4),
        "fallbacks": Items(10),
        "reasoning_effort": OneOf(EFFORTS),
        "verbosity": OneOf(("low", "medium", "high", "auto")),
        "prompt_cache_retention": OneOf(("default", "extended", "24h")),
    },
    roles={},
    text_roles=frozenset({"system", "developer", "tool", "assistant"}),
    tool_types=frozenset({"function", "web_search", "x_search"}),
    parts=frozenset({"text", "image_url", "input_audio", "video_url", "file"}),
    tool_name=True,
    tool_text_only=True,
    empty_text=False,
    cache_control=True,
    replay=("reasoning_details", "thought_signature"),
    cost_at=("cost", "usd"),
    settings=("tee_trust", "wallet", "privacy"),
    source="Venice OpenAPI file 20260821.193530",
    as_of="2026-08-21",
)

Q = TypeVar("Q", bound=ModelRequest)
SWITCHES = ("auto", "on", "off")


class VeniceProvider(MediaFaces):
    """Chat with `venice_parameters` and model suffixes, and `/models` with what each model can do."""

    spec = VENICE
    host = VENICE.host

    def chat(self, request: ChatRequest) -> Op[ChatCompletionResponse]:
        """A chat completion: POST /chat/completions; with `e2ee`, an encrypted stream that is read to its end."""
        request = self._own(request)
        if ENCRYPTION in (request.model_extra or ()):
            from onellm_providers.venice.e2ee import encrypted_chat, take_options

            encryption, request = take_options(request)
            if encryption is not None:
                return encrypted_chat(self, request, encryption)
        call = super().chat(request)
        if isinstance(call, Call):
            call.parse = functools.partial(warned, self.name, request.model, call.parse)
        return call

    def chat_stream(self, request: ChatRequest) -> StreamOp[ChatCompletionChunk, ChatCompletionResponse]:
        """A streamed chat completion; with `e2ee`, an encrypted one."""
        request = self._own(request)
        if ENCRYPTION in (request.model_extra or ()):
            from onellm_providers.venice.e2ee import encrypted_stream, take_options

            encryption, request = take_options(request)
            if encryption is not None:
                return encrypted_stream(self, request, encryption)
        return super().chat_stream(request)

    def encode_chat(self, request: ChatRequest, *, stream: bool) -> tuple[dict[str, Any], tuple[str, ...]]:
        body, dropped = super().encode_chat(request, stream=stream)
        if "venice_parameters" in body:
            body["venice_parameters"] = venice_parameters(request.model, body["venice_parameters"])
        ours = {name: value for name, value in body.items() if name not in (request.extra_body or {})}
        for issue in CHAT_COMPLETION(ours, ()):
            where = place(issue.path)
            raise InvalidRequestError(f"{self.name} does not take {where} as it is: {issue.message}.", param=where)
        return body, dropped

    def embed(self, request: EmbeddingRequest) -> Op[EmbeddingResponse]:
        """Embeddings: POST /embeddings. Token numbers are refused: Venice takes texts alone."""
        request = guard(request, self.settings.extra.get("privacy"), self.info(request.model))
        texts: list[Any] = [*request.inputs]
        for number, text in enumerate(texts):
            if not isinstance(text, str):
                raise InvalidRequestError(
                    f"{self.name} takes texts, not token numbers; give the text itself.", param="input"
                )
            if not text and len(texts) == 1:
                raise InvalidRequestError(f"input[{number}] is empty.", param="input")
        self._mind_deprecation(request.model)
        return super().embed(request)

    def refusal(self, model: str, path: str, reply: Reply) -> APIError:
        return self.error(reply, model, path)

    def mind(self, request: Q) -> Q:
        request = guard(request, self.settings.extra.get("privacy"), self.info(request.model))
        self._mind_deprecation(request.model)
        return request

    def _own(self, request: ChatRequest) -> ChatRequest:
        """The request with Venice's own parameters in their place, if its model may be asked."""
        request = guard(gather(request), self.settings.extra.get("privacy"), self.info(request.model))
        self._mind_deprecation(request.model)
        return request

    def _mind_deprecation(self, model: str) -> None:
        """Warn once of a model that is known to be withdrawn."""
        if (date := self.info(model).deprecated) is not None:
            tell(self.name, self.model_id(model), date)

    def auth(self) -> Auth | None:
        """The wallet's sign-in where the settings have a `wallet`, else the key: never both."""
        wallet = self.settings.extra.get("wallet")
        if wallet is None:
            return super().auth()
        from onellm_providers.venice.wallet.sign_in import SignIn

        return SignIn(wallet)

    def models(self) -> Call[list[ModelInfo]]:
        """All models, of every type: GET /models?type=all (without it, text models only)."""
        call = super().models()
        call.url += "?type=all"
        return call

    def read_models(self, reply: Reply) -> list[ModelInfo]:
        return read_models(self.name, reply.body)

    def error(self, reply: Reply, model: str = "", path: str = "") -> VeniceAPIError:
        """The error for a reply; `path` is that of the operation, without the base URL."""
        return venice_error(super().error(reply, model), reply, path)

    def model_id(self, model: str) -> str:
        """The listed id: without the feature suffix (`model:key=value&…`)."""
        return model.partition(":")[0]


def venice_parameters(model: str, given: object) -> dict[str, Any]:
    """The parameters as Venice takes them. Raises InvalidRequestError where the model's suffix says otherwise."""
    if not isinstance(given, dict):
        raise InvalidRequestError("venice_parameters must be a dict.", param="venice_parameters")
    parameters = dict(cast("dict[str, Any]", given))
    search = parameters.get("enable_web_search")
    if isinstance(search, bool):
        parameters["enable_web_search"] = "on" if search else "off"
    elif search is not None and search not in SWITCHES:
        raise InvalidRequestError(
            f"venice_parameters.enable_web_search must be one of {', '.join(SWITCHES)}.",
            param="venice_parameters.enable_web_search",
        )
    suffix = model.partition(":")[2]
    named = {pair.partition("=")[0] for pair in suffix.split("&")} if suffix else set[str]()
    for name in parameters:
        if name in named:
            raise InvalidRequestError(
                f"{name} is given twice, in the model's suffix and in venice_parameters; give it once.",
                param=f"venice_parameters.{name}",
            )
    return {name: value for name, value in parameters.items() if value is not None}
