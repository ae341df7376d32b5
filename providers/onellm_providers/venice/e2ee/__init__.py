"""End-to-end encrypted chat with models in trusted execution environments (extra `e2ee`).

    answer = client.chat.completions.create("venice/e2ee-…", messages, e2ee=True)

Nothing here loads a cryptographic library before an encrypted chat or an attestation needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from onellm.extras import Extra
from onellm_providers.venice.e2ee.attestation import AttestedKey, verify
from onellm_providers.venice.e2ee.errors import AttestationError, EncryptionError
from onellm_providers.venice.e2ee.options import E2EE, take_options
from onellm_providers.venice.e2ee.trust import INTEL_SGX_ROOT_CA, Trust

if TYPE_CHECKING:
    from onellm.call import Call, Flow, StreamCall
    from onellm.openai_compatible import OpenAICompatible
    from onellm.types.chat import ChatCompletionResponse, ChatRequest
    from onellm.types.chunk import ChatCompletionChunk

__all__ = [
    "E2EE",
    "INTEL_SGX_ROOT_CA",
    "AttestationError",
    "AttestedKey",
    "EncryptionError",
    "Trust",
    "attested_key",
    "encrypted_chat",
    "encrypted_stream",
    "take_options",
    "verify",
]


def attested_key(
    attest: Callable[[str], Call[dict[str, Any]]], model: str, trust: Trust | None = None
) -> Flow[AttestedKey]:
    """Ask for an attestation with a fresh nonce and check it; `attest` makes the call for a nonce.

    Raises AttestationError where the attestation does not prove a key.
    """
    with Extra("e2ee"):
        from onellm_providers.venice.e2ee import flow
    return flow.attested_key(attest, model, trust)


def encrypted_chat(provider: OpenAICompatible, request: ChatRequest, options: E2EE) -> Flow[ChatCompletionResponse]:
    """A whole chat, sent as an encrypted stream that is read to its end; what cannot be encrypted is refused here."""
    with Extra("e2ee"):
        from onellm_providers.venice.e2ee import flow
    return flow.encrypted_chat(provider, request, options)


def encrypted_stream(
    provider: OpenAICompatible, request: ChatRequest, options: E2EE
) -> Flow[StreamCall[ChatCompletionChunk, ChatCompletionResponse]]:
    """A chat that is sent as an encrypted stream; what cannot be encrypted is refused here."""
    with Extra("e2ee"):
        from onellm_providers.venice.e2ee import flow
    return flow.encrypted_stream(provider, request, options)
