"""Attestations and encrypted chats of the simulated Venice (its TEE and E2EE guides; recorded attestations of 2026).

The libraries of the extra `e2ee` are loaded when one of these is asked for.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from onellm.decode.json import table
from onellm.extras import Extra
from onellm.testing.simulator.values import Answer, Route, ServiceError, SimReply, SimRequest, SimStream
from onellm_providers.venice.simulator.models import MODELS

if TYPE_CHECKING:
    from onellm_providers.venice.e2ee.cipher import KeyPair

ACI = frozenset({"e2ee-venice-uncensored-2"})
"""Models whose attestations have the shape `aci/1`; the others have the classic one."""

_CLIENT = "x-venice-tee-client-pub-key"
_MODEL = "x-venice-tee-model-pub-key"
_ALGORITHM = "x-venice-tee-signing-algo"
_SEALED = ("content", "reasoning_content")


def trust_anchor() -> str:
    """The certificate (PEM) that a client must be given as its anchor to accept simulated attestations."""
    with Extra("e2ee"):
        from onellm_providers.venice.simulator.quotes import ROOT
    return ROOT


def routes(authenticate: Callable[[SimRequest], None]) -> tuple[Route, ...]:
    """GET /tee/attestation and GET /tee/signature."""

    def attestation(request: SimRequest) -> Answer:
        authenticate(request)
        model = _model(request, "supportsTeeAttestation")
        nonce = request.query.get("nonce")
        if nonce is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", nonce):
            raise ServiceError(502, "TEE attestation failed")
        return SimReply.json(document(model, nonce or os.urandom(32).hex(), "client" if nonce else "server"))

    def signature(request: SimRequest) -> Answer:
        authenticate(request)
        model = _model(request, "supportsTeeAttestation")
        if not request.query.get("request_id"):
            raise ServiceError(400, "request_id is required")
        return SimReply.json(signed_text(model, request.query["request_id"]))

    return Route("GET", "/tee/attestation", attestation), Route("GET", "/tee/signature", signature)


def document(model: str, nonce: str, source: str = "client") -> dict[str, Any]:
    """The attestation of a model for a nonce."""
    with Extra("e2ee"):
        from onellm_providers.venice.e2ee.cipher import address_of
        from onellm_providers.venice.simulator.quotes import make_quote
    key = key_of(model).public
    address = address_of(key)
    report_data = bytes.fromhex(address[2:]) + bytes(12) + bytes.fromhex(nonce)
    quote = make_quote(report_data).hex()
    said = {
        "signing_address": address, "signing_algo": "ecdsa", "intel_quote": quote, "verified": True, "model": model,
        "nonce": nonce, "nonce_source": source, "tee_provider": "simulator", "tee_hardware": "intel-tdx",
        "upstream_model": model, "candidates_evaluated": 1, "candidates_available": 1,
    }  # fmt: skip
    if model not in ACI:
        tdx = {"valid": True, "reportData": report_data.hex()}
        return {
            **said, "signing_key": key.hex(), "request_nonce": nonce, "quote": quote,
            "server_verification": {"tdx": tdx},
        }  # fmt: skip
    keys = [
        {"key_id": "sim-1", "algo": "secp256k1-aes-256-gcm-hkdf-sha256", "public_key": key.hex()},
        {"key_id": "sim-2", "algo": "x25519-aes-256-gcm-hkdf-sha256", "public_key": "11" * 32},
        {"key_id": "sim-3", "algo": "ecdsa", "public_key": key[1:].hex()},
    ]
    report = {
        "tee_type": "tdx", "report_data": report_data.hex(),
        "workload_keyset": {"keyset_epoch": {"version": 1, "not_after": 4102444800}, "e2ee_public_keys": keys},
        "evidence": {"quote": quote, "quote_report_data": report_data.hex()},
    }  # fmt: skip
    capabilities = {"supported_e2ee_versions": ["2"]}
    return {**said, "api_version": "aci/1", "attestation": report, "service_capabilities": capabilities}


def signed_text(model: str, request_id: str) -> dict[str, Any]:
    """A signature of the model over a text about a request; EIP-191, as the address is Ethereum's."""
    with Extra("wallet"):
        from onellm_providers.venice.simulator.quotes import number_for
        from onellm_providers.venice.wallet.ethereum import EthereumWallet
    text = ":".join(hashlib.sha256(part.encode()).hexdigest() for part in (model, request_id))
    signer = EthereumWallet(f"{number_for(model):064x}")
    return {
        "text": text, "signature": signer.sign(text), "signing_address": signer.address, "signing_algo": "ecdsa",
    }  # fmt: skip


def encrypting(chat: Callable[[SimRequest], Answer]) -> Callable[[SimRequest], Answer]:
    """A chat that opens what was encrypted for its model and encrypts its answer, where the headers ask for it."""

    def answer(request: SimRequest) -> Answer:
        body = _body(request)
        switch = table(body.get("venice_parameters")).get("enable_e2ee", True) if body else False
        if _CLIENT not in request.headers or not switch:
            return chat(request)
        with Extra("e2ee"):
            from onellm_providers.venice.e2ee.cipher import encrypt
        pair = _check(request, body)
        opened = {**body, "messages": [_open(message, pair) for message in body["messages"]]}
        reply = chat(replace(request, body=json.dumps(opened).encode()))
        assert isinstance(reply, SimStream), "streaming was checked"  # noqa: S101
        client = bytes.fromhex(request.headers[_CLIENT])
        return replace(reply, events=[_seal(event, lambda text: encrypt(text, client)) for event in reply.events])

    return answer


def key_of(model: str) -> KeyPair:
    """The key pair of a simulated model."""
    with Extra("e2ee"):
        from onellm_providers.venice.e2ee.cipher import KeyPair
        from onellm_providers.venice.simulator.quotes import number_for
    return KeyPair(number_for(model))


def _model(request: SimRequest, flag: str) -> str:
    name = request.query.get("model", "")
    entry: Mapping[str, Any] = MODELS.get(name, {})
    if not entry.get("model_spec", {}).get("capabilities", {}).get(flag):
        raise ServiceError(400 if entry or not name else 404, f"Model {name!r} has no TEE attestation")
    return name


def _body(request: SimRequest) -> dict[str, Any]:
    try:
        body = table(request.json())
    except ValueError:
        return {}
    return body if isinstance(body.get("messages"), list) else {}


def _check(request: SimRequest, body: Mapping[str, Any]) -> KeyPair:
    """The key pair of the model, if the request is one that it can answer encrypted. Raises ServiceError."""
    entry: Mapping[str, Any] = MODELS.get(str(body.get("model")), {})
    if not entry.get("model_spec", {}).get("capabilities", {}).get("supportsE2EE"):
        raise ServiceError(400, "This model does not support E2EE")
    pair = key_of(str(body["model"]))
    if request.headers.get(_MODEL) != pair.public.hex() or request.headers.get(_ALGORITHM) != "ecdsa":
        raise ServiceError(400, "Invalid E2EE headers")
    if not re.fullmatch(r"04[0-9a-f]{128}", request.headers[_CLIENT]):
        raise ServiceError(400, "Invalid client public key")
    if not body.get("stream"):
        raise ServiceError(400, "E2EE requires streaming")
    if body.get("tools"):
        raise ServiceError(400, "Tools are not supported with E2EE")
    return pair


def _open(message: dict[str, Any], pair: KeyPair) -> dict[str, Any]:
    from onellm_providers.venice.e2ee.cipher import decrypt
    from onellm_providers.venice.e2ee.errors import EncryptionError

    if message.get("role") not in ("user", "system"):
        return message
    try:
        return {**message, "content": decrypt(message["content"], pair)}
    except (EncryptionError, TypeError) as error:
        raise ServiceError(400, "Failed to decrypt message content") from error


def _seal(event: bytes, encrypt: Callable[[str], str]) -> bytes:
    """The event with the texts of its deltas encrypted; an event that is no JSON object is left alone."""
    data = event.removeprefix(b"data: ").strip()
    if not data.startswith(b"{"):
        return event
    chunk = json.loads(data)
    for choice in chunk.get("choices", ()):
        for name in _SEALED:
            if text := choice.get("delta", {}).get(name):
                choice["delta"][name] = encrypt(text)
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"
