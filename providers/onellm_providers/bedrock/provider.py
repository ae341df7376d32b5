"""Amazon Bedrock behind `bedrock/…`: Converse for chat, InvokeModel for embeddings and rerank.

Sources: the service models of botocore 1.44 (November 2026); the bodies of InvokeModel from the makers' documents.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast
from urllib.parse import quote

from onellm.body import JSON
from onellm.call import Auth, Call, Effect, ExchangeFields, Flow, Op, Reply, StreamCall, StreamOp, Work, ask
from onellm.capabilities import Capability, ModelInfo
from onellm.config import Host
from onellm.decode.json import Table
from onellm.error_bodies import build_error
from onellm.errors import APIError, ConfigurationError
from onellm.openai_compatible.assemble import ChatAssembler
from onellm.openai_compatible.losses import Losses
from onellm.provider import Provider
from onellm.signing import check_headers
from onellm.translate.fetch import web_media, with_media
from onellm.types.chat import ChatCompletionResponse, ChatRequest
from onellm.types.chunk import ChatCompletionChunk
from onellm.types.embedding import EmbeddingRequest, EmbeddingResponse
from onellm.types.request import ModelRequest
from onellm.types.rerank import RerankRequest, RerankResponse
from onellm_providers.bedrock import embeddings, models, rerank
from onellm_providers.bedrock.answers import read_answer
from onellm_providers.bedrock.body import encode_body
from onellm_providers.bedrock.credentials import KEY, SETTINGS, Access, advice, find_access, is_given, named, shown
from onellm_providers.bedrock.errors import codes, finished, readable
from onellm_providers.bedrock.families import PROFILE, base_id, family_of, listed_id, region_of
from onellm_providers.bedrock.stream import ConverseDecoder
from onellm_providers.bedrock.target import Target

T = TypeVar("T")

MEDIA_TYPE = "application/vnd.amazon.eventstream"
SERVICE = "bedrock"
"""What signatures call the service."""
RUNTIME, CONTROL = "bedrock-runtime", "bedrock"
ANYWHERE = "https://bedrock-runtime.amazonaws.com"
"""Stands for the host of whichever region a call goes to."""
COUNTED = frozenset({"messages", "system", "toolConfig", "additionalModelRequestFields"})
"""What counting tokens takes of a chat's body (botocore, `ConverseTokensRequest`)."""


class BedrockProvider(Provider):
    """Chat, whole and streamed, with tools, images, documents and reasoning; embeddings, rerank, token counts, models.

    Settings beside the usual ones: `region`; `aws_profile`, a profile of the AWS files; `credentials`, a
    `onellm.sigv4.Credentials` or a function that gives one; `models`, which model stands behind an ARN.
    """

    host = Host(name="bedrock", base_url=ANYWHERE, key_variables=(KEY,), settings=(*SETTINGS, "models"))
    features: Mapping[Capability, bool] = {
        Capability.JSON_MODE: False,
        Capability.LOGPROBS: False,
        Capability.AUDIO_OUTPUT: False,
    }
    source = "the service models of botocore"
    as_of = "2026-11"

    # -- operations ------------------------------------------------------------------------------------------------

    def chat(self, request: ChatRequest) -> Op[ChatCompletionResponse]:
        """A chat completion: POST /model/{modelId}/converse."""
        if places := web_media(request.messages):

            def fetched() -> Flow[ChatCompletionResponse]:
                messages = yield from with_media(request.messages, places)
                return (yield from ask(self._chat(request.model_copy(update={"messages": messages}))))

            return fetched()
        return self._chat(request)

    def chat_stream(self, request: ChatRequest) -> StreamOp[ChatCompletionChunk, ChatCompletionResponse]:
        """A streamed chat completion: POST /model/{modelId}/converse-stream."""
        places = web_media(request.messages)
        if not places:
            make = self._streamed(request)
            access = self.access(request.model)
            if isinstance(access, Access):
                return make(access)
            return self._opened(access, make)

        def fetched() -> Flow[StreamCall[ChatCompletionChunk, ChatCompletionResponse]]:
            messages = yield from with_media(request.messages, places)
            make = self._streamed(request.model_copy(update={"messages": messages}))
            access = self.access(request.model)
            return make(access if isinstance(access, Access) else (yield from ask(access)))

        return fetched()

    def count_tokens(self, request: ChatRequest) -> Op[int]:
        """The tokens of a request's prompt, without running it: POST /model/{modelId}/count-tokens.

        It takes no inference profile, so the model itself is asked.
        """
        body, dropped = self._encode(request, stream=False)
        own = request.extra_body or {}
        counted = {name: value for name, value in body.items() if name in COUNTED or name in own}
        model = PROFILE.sub("", listed_id(self.behind(request.model)), count=1)

        def make(access: Access) -> Call[int]:
            exchange = self.exchange(access, request, "count-tokens", {"input": {"converse": counted}}, dropped, model)
            exchange["effect"] = Effect.READ
            return Call(parse=_read_count, **exchange)

        return self.signed(request.model, make)

    def embed(self, request: EmbeddingRequest) -> Op[EmbeddingResponse]:
        """Embeddings of Titan, Cohere and Nova: POST /model/{modelId}/invoke, once for each text or batch."""
        return embeddings.embed(self, request)

    def rerank(self, request: RerankRequest) -> Op[RerankResponse]:
        """Documents put in order by Cohere's or Amazon's models: POST /model/{modelId}/invoke."""
        return rerank.rerank(self, request)

    def models(self) -> Op[list[ModelInfo]]:
        """The models of the region, and the inference profiles: GET /foundation-models, GET /inference-profiles."""

        def listed() -> Flow[list[ModelInfo]]:
            found = self.access("")
            access = found if isinstance(found, Access) else (yield from ask(found))
            return (yield from models.listed(self, access))

        return listed()

    # -- what is known ---------------------------------------------------------------------------------------------

    def features_of(self, model: str) -> Mapping[Capability, bool]:
        """What every model does, and what the table says of this one."""
        return {**self.features, **family_of(model).features}

    def model_id(self, model: str) -> str:
        """The id in the region's lists: of an ARN that names a model or a profile, that name."""
        return listed_id(self.behind(model))

    def behind(self, model: str) -> str:
        """The model behind an ARN that does not name it, as the setting `models` says."""
        named: Any = self.settings.extra.get("models") or {}
        if not isinstance(named, Mapping):
            raise ConfigurationError(f"{self.name}: models is a mapping like {{'arn:aws:bedrock:…': 'amazon.nova-…'}}.")
        return str(cast("Mapping[str, str]", named).get(model, model))

    def kin(self, model: str) -> tuple[str, ...]:
        """A profile can do what its model can, at a price of its own."""
        return (base_id(model),)

    # -- keys and errors -------------------------------------------------------------------------------------------

    def access(self, model: str) -> Access | Work[Access]:
        """Who signs a call for a model. An ARN's region counts where none is configured."""
        return find_access(self.settings, SERVICE, region_of(model))

    @property
    def lacks_key(self) -> bool:
        """It is kept while there is something to sign with."""
        return not is_given(self.settings)

    def auth(self) -> Auth | None:
        found = self.access("")
        return found.auth if isinstance(found, Access) else None

    def error(self, reply: Reply, model: str = "", auth: Auth | None = None) -> APIError:
        """The typed error of a refusal, also of an exception inside a stream, which has no status of its own."""
        secret, said = shown(auth) or self.settings.api_key, readable(reply)
        error = build_error(
            said,
            provider=self.name,
            model=model,
            secret=secret.reveal() if secret else "",
            advice={**self._advice(model), **advice(auth)},
            codes=codes(said),
        )
        return finished(error, reply)

    # -- parts -----------------------------------------------------------------------------------------------------

    def signed(self, model: str, make: Callable[[Access], Call[T]]) -> Op[T]:
        """The call, once it is known who signs it."""
        access = self.access(model)
        return make(access) if isinstance(access, Access) else self._later(access, make)

    def _later(self, work: Work[Access], make: Callable[[Access], Call[T]]) -> Flow[T]:
        access = yield from ask(work)
        return (yield from ask(make(access)))

    def _opened(
        self,
        work: Work[Access],
        make: Callable[[Access], StreamCall[ChatCompletionChunk, ChatCompletionResponse]],
    ) -> Flow[StreamCall[ChatCompletionChunk, ChatCompletionResponse]]:
        return make((yield from ask(work)))

    def _chat(self, request: ChatRequest) -> Op[ChatCompletionResponse]:
        body, dropped = self._encode(request, stream=False)
        prices = self.info(request.model).prices

        def parse(reply: Reply) -> ChatCompletionResponse:
            return read_answer(reply, request.model, prices)

        return self.signed(
            request.model,
            lambda access: Call(parse=parse, **self.exchange(access, request, "converse", body, dropped)),
        )

    def _streamed(
        self, request: ChatRequest
    ) -> Callable[[Access], StreamCall[ChatCompletionChunk, ChatCompletionResponse]]:
        body, dropped = self._encode(request, stream=True)
        prices = self.info(request.model).prices
        apart = bool((request.stream_options or {}).get("include_usage"))
        error = functools.partial(self.error, model=request.model)

        def make(access: Access) -> StreamCall[ChatCompletionChunk, ChatCompletionResponse]:
            return StreamCall(
                decoder=lambda: ConverseDecoder(error, request.model, prices, usage_apart=apart),
                assembler=ChatAssembler,
                media_type=MEDIA_TYPE,
                **self.exchange(access, request, "converse-stream", body, dropped),
            )

        return make

    def _encode(self, request: ChatRequest, *, stream: bool) -> tuple[Table, tuple[str, ...]]:
        losses = Losses(drop=request.unsupported == "drop")
        limit = self.info(request.model).max_output_tokens
        target = Target(self.name, request.model, family_of(self.behind(request.model)), losses, limit)
        return encode_body(target, request, stream=stream), tuple(losses.dropped)

    def exchange(
        self,
        access: Access,
        request: ModelRequest,
        path: str,
        body: Table,
        dropped: tuple[str, ...] = (),
        model: str = "",
    ) -> ExchangeFields:
        """What goes out to a model. Its id is one segment of the path: `:` is %3A there, and an ARN's `/` is %2F."""
        return {
            "method": "POST",
            "url": f"{self.base(access, RUNTIME)}/model/{quote(model or request.model, safe='')}/{path}",
            "headers": {**check_headers(dict(self.settings.headers)), **check_headers(request.extra_headers)},
            "body": JSON(body),
            "auth": access.auth,
            "origin": (self.name, request.model),
            "dropped": dropped,
            "error": functools.partial(self.error, model=request.model, auth=access.auth),
        }

    def base(self, access: Access, host: str) -> str:
        """The base URL of the region's runtime or control host; one of the caller's own is both."""
        base = self.settings.base_url
        if base.partition("://")[2] != ANYWHERE.partition("://")[2]:
            return base.replace(f"://{RUNTIME}", f"://{host}", 1)
        domain = "amazonaws.com.cn" if named(access.region).startswith("cn-") else "amazonaws.com"
        return f"https://{host}.{access.region}.{domain}"


def _read_count(reply: Reply) -> int:
    import json

    return int(json.loads(reply.body)["inputTokens"])
