"""An encrypted chat as a flow: prove the model's key, encrypt what is said, open what is answered."""

from __future__ import annotations

import copy
import functools
import json
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from onellm.body import JSON
from onellm.call import Call, Effect, Flow, Reply, StreamCall, ask
from onellm.capabilities import Capability, require
from onellm.decode.json import table
from onellm.errors import InvalidRequestError
from onellm.types.chat import ChatCompletionResponse, ChatRequest
from onellm.types.chunk import ChatCompletionChunk
from onellm_providers.venice.e2ee.attestation import AttestedKey, verify
from onellm_providers.venice.e2ee.cipher import KeyPair, encrypt
from onellm_providers.venice.e2ee.decoder import DecryptingDecoder
from onellm_providers.venice.e2ee.options import E2EE, check_request
from onellm_providers.venice.e2ee.trust import Trust

if TYPE_CHECKING:
    from onellm.openai_compatible import OpenAICompatible

ChatStreamCall = StreamCall[ChatCompletionChunk, ChatCompletionResponse]

ENCRYPTED = ("user", "system")


def attestation_call(provider: OpenAICompatible, model: str, nonce: str) -> Call[dict[str, Any]]:
    """GET /tee/attestation: the document as it is, unchecked."""
    from urllib.parse import urlencode

    return Call(
        method="GET",
        url=f"{provider.url('tee/attestation')}?{urlencode({'model': model, 'nonce': nonce})}",
        headers=provider.headers(),
        auth=provider.auth(),
        effect=Effect.READ,
        origin=(provider.name, model),
        parse=read_document,
        error=functools.partial(provider.error, model=model),
    )


def read_document(reply: Reply) -> dict[str, Any]:
    """The attestation of a reply."""
    document = table(json.loads(reply.body))
    if not document:
        raise ValueError("no attestation")
    return document


def attested_key(
    attest: Callable[[str], Call[dict[str, Any]]], model: str, trust: Trust | None = None
) -> Flow[AttestedKey]:
    """Ask for an attestation with a fresh nonce of 32 bytes and check it.

    `attest` makes the call for a nonce. Raises AttestationError.
    """
    nonce = os.urandom(32).hex()
    document = yield from ask(attest(nonce))
    return verify(document, nonce=nonce, model=model, trust=trust)


def encrypted_stream(provider: OpenAICompatible, request: ChatRequest, options: E2EE) -> Flow[ChatStreamCall]:
    """The flow of a streamed chat.

    Raises at once, before anything is sent: CapabilityError for a model that is known not to encrypt,
    UnsupportedParameterError for what cannot be encrypted.
    """
    model = request.model
    if (info := provider.info(model)).supports(Capability.E2EE) is False:
        ids = provider.catalogue.ids(provider.name)
        able = (other for other in map(provider.info, ids) if other.supports(Capability.E2EE))
        require(info, Capability.E2EE, [other.model for other in able])
    if options.key is not None and (options.key.model != model or time.time() >= options.key.expires_at):
        raise InvalidRequestError(
            f"The attested key is for {options.key.model}, and may have expired; prove one for {model}.", param="e2ee"
        )
    call = provider.chat_stream(check_request(request, options))  # without `e2ee` this is no flow
    return _stream(provider, cast("ChatStreamCall", call), options)


def encrypted_chat(provider: OpenAICompatible, request: ChatRequest, options: E2EE) -> Flow[ChatCompletionResponse]:
    """The flow of a whole chat: the service encrypts streams only, so a stream is read to its end."""
    return _whole(encrypted_stream(provider, request, options))


def _stream(provider: OpenAICompatible, call: ChatStreamCall, options: E2EE) -> Flow[ChatStreamCall]:
    key, model = options.key, call.origin[1]
    if key is None:
        trust = options.trust or provider.settings.extra.get("tee_trust")
        key = yield from attested_key(functools.partial(attestation_call, provider, model), model, trust)
    return encrypt_call(call, bytes.fromhex(key.public_key))


def _whole(stream: Flow[ChatStreamCall]) -> Flow[ChatCompletionResponse]:
    encrypted = yield from stream
    answer: ChatCompletionResponse = yield encrypted
    return answer


def encrypt_call(call: ChatStreamCall, model_key: bytes) -> ChatStreamCall:
    """The call with its messages encrypted for the model, and its answer opened.

    The session's key pair is made here; each message gets an ephemeral pair and a nonce of its own, afresh for each
    attempt.
    """
    plain: dict[str, Any] = call.json
    decoder = call.decoder
    session = KeyPair()

    def body() -> JSON:
        return JSON({**plain, "messages": [encrypt_message(message, model_key) for message in plain["messages"]]})

    encrypted = copy.copy(call)
    encrypted.body = body
    encrypted.headers = {
        **call.headers,
        "X-Venice-TEE-Client-Pub-Key": session.public.hex(),
        "X-Venice-TEE-Model-Pub-Key": model_key.hex(),
        "X-Venice-TEE-Signing-Algo": "ecdsa",
    }
    encrypted.decoder = lambda: DecryptingDecoder(decoder(), session)
    return encrypted


def encrypt_message(message: dict[str, Any], model_key: bytes) -> dict[str, Any]:
    """What the user or the system says, encrypted; a turn of the assistant as it is."""
    if message["role"] not in ENCRYPTED:
        return message
    content = message["content"]
    text: str = content if isinstance(content, str) else content[0]["text"]
    return {**message, "content": encrypt(text, model_key)}
