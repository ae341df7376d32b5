"""From an attestation to the key that it proves: the claims, taken out of both shapes, and the chain of checks.

The classic shape has the key as `signing_key` or `signing_public_key`, the shape `aci/1` among
`attestation.workload_keyset.e2ee_public_keys` (recorded answers of GET /tee/attestation, June and July 2026; Attested
Confidential Inference specification, sections 4 and 5).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from onellm.decode.json import array, table
from onellm.extras import Extra
from onellm_providers.venice.e2ee.errors import AttestationError, Link
from onellm_providers.venice.e2ee.quote import Quote, parse_quote
from onellm_providers.venice.e2ee.trust import Measurement, Trust

LIFETIME = 3600.0
"""Seconds for which a proven key may be used again: the window that an `aci/1` attestation gives itself."""

LAST_SECOND = 1e12
"""Unix seconds that no clock reaches; also the least number that is one of milliseconds."""

SUITES = ("secp256k1-aes-256-gcm-hkdf-sha256", "ecdsa")
"""Names of the one cipher suite that is spoken here; `ecdsa` is its older name."""

_HEX = re.compile(r"(?:0x)?((?:[0-9a-fA-F]{2})+)")


@dataclass(frozen=True)
class AttestedKey:
    """A model's key and what was proven about it: plain data, without a secret.

    `measurements` say what the machine runs; `tcb_status` is Intel's word on the platform where collateral was given,
    else None. Times are Unix seconds; after `expires_at` the key is not used again.
    """

    model: str
    public_key: str
    address: str
    nonce: str
    shape: str
    verified_at: float
    expires_at: float
    measurements: Mapping[Measurement, str]
    tcb_status: str | None = None


@dataclass(frozen=True)
class Claims:
    """What an attestation says of itself, before anything is checked."""

    shape: str
    key: bytes
    address: str
    quote: bytes
    not_after: float | None


def verify(
    document: Mapping[str, Any],
    *,
    nonce: str,
    model: str = "",
    trust: Trust | None = None,
    at: datetime.datetime | None = None,
) -> AttestedKey:
    """The key that an attestation proves, checked from the key to the trust anchor.

    `nonce` is the one that was sent (64 hex digits), `at` the time of the check (default: this moment). Raises
    AttestationError with the link that broke; ConfigurationError where the extra `e2ee` is missing.
    """
    with Extra("e2ee"):
        from onellm_providers.venice.e2ee.chain import check_chain
        from onellm_providers.venice.e2ee.cipher import address_of, is_point
    trust = Trust() if trust is None else trust
    at = datetime.datetime.now(datetime.UTC) if at is None else at
    claims = read_claims(document, nonce, model)
    if not is_point(claims.key):
        raise AttestationError("key", "the model's key is no point of secp256k1.")
    if address_of(claims.key) != claims.address:
        raise AttestationError("address", "the signing address is not that of the model's key.")
    proven = bytes.fromhex(claims.address[2:]) + bytes(12) + bytes.fromhex(nonce)
    _check_report_data(document, proven)
    quote = parse_quote(claims.quote)
    if quote.report_data != proven:
        raise AttestationError("report_data", "the quote is for another key or another nonce.")
    _check_machine(quote)
    check_chain(quote, trust.anchor, at)
    if claims.not_after is not None and at.timestamp() > claims.not_after:
        raise AttestationError("freshness", "the keys are no longer valid.")
    measurements = _check_measurements(quote, trust)
    return AttestedKey(
        model=model or str(document.get("model", "")),
        public_key=claims.key.hex(),
        address=claims.address,
        nonce=nonce,
        shape=claims.shape,
        verified_at=at.timestamp(),
        expires_at=min(at.timestamp() + LIFETIME, claims.not_after or float("inf")),
        measurements=measurements,
        tcb_status=_check_collateral(claims.quote, trust, at) if trust.collateral is not None else None,
    )


def read_claims(document: Mapping[str, Any], nonce: str, model: str) -> Claims:
    """The claims, where they do not contradict each other or what was asked."""
    if document.get("verified") is not True or _is_doubted(table(document.get("server_verification"))):
        raise AttestationError("claims", "the service itself does not call it verified.")
    if model and document.get("model") != model:
        raise AttestationError("claims", f"it is not for {model}.")
    report = table(document.get("attestation"))
    if not re.fullmatch(r"[0-9a-f]{64}", nonce) or document.get("nonce") != nonce:
        raise AttestationError("nonce", "it does not answer the nonce that was sent.")
    if document.get("request_nonce", nonce) != nonce:
        raise AttestationError("nonce", "the machine answered another nonce.")
    return Claims(
        shape=str(document.get("api_version", "classic")),
        key=_one("key", _keys(document, report)),
        address="0x" + _one("address", [document.get("signing_address")]).hex(),
        quote=_one("quote", _quotes(document, report)),
        not_after=_not_after(report),
    )


def _is_doubted(verification: Mapping[str, Any]) -> bool:
    """Whether the service's own check of the classic shape found something wrong."""
    tdx = table(verification.get("tdx"))
    found: list[object] = [
        tdx.get("valid"),
        table(verification.get("signingAddressBinding")).get("bound"),
        table(verification.get("nonceBinding")).get("bound"),
    ]
    return False in found or table(tdx.get("crlCheck")).get("revoked") is True


def _keys(document: Mapping[str, Any], report: Mapping[str, Any]) -> list[object]:
    """Every key that is claimed to be the model's."""
    entries = [table(entry) for entry in array(table(report.get("workload_keyset")).get("e2ee_public_keys"))]
    listed = [entry.get("public_key") for entry in entries if entry.get("algo") in SUITES]
    claimed: list[object] = [document.get("signing_key"), document.get("signing_public_key"), *listed]
    return [_with_prefix(value) for value in claimed]


def _with_prefix(key: object) -> object:
    """A key of 128 digits lacks the leading 04 of an uncompressed point."""
    return f"04{key}" if isinstance(key, str) and len(key) == 128 else key


def _quotes(document: Mapping[str, Any], report: Mapping[str, Any]) -> list[object]:
    return [document.get("intel_quote"), document.get("quote"), table(report.get("evidence")).get("quote")]


def _not_after(report: Mapping[str, Any]) -> float | None:
    """When an `aci/1` attestation ends by its own words: its staleness, or the end of its keys."""
    ends: list[object] = [
        table(report.get("freshness")).get("stale_after"),
        table(table(report.get("workload_keyset")).get("keyset_epoch")).get("not_after"),
    ]
    said = [end for end in ends if end is not None]
    numbers = [float(end) for end in said if isinstance(end, (int, float)) and 0 <= end < LAST_SECOND]
    if len(numbers) != len(said):
        raise AttestationError("freshness", "it does not say when it ends.")
    return min(numbers, default=None)


def _bytes(link: Link, value: object) -> bytes:
    found = _HEX.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise AttestationError(link, "it is not written as hex digits.")
    return bytes.fromhex(found[1])


def _one(link: Link, claimed: list[object]) -> bytes:
    """The value that all claims agree on."""
    found = {_bytes(link, value) for value in claimed if value is not None}
    if len(found) != 1:
        raise AttestationError(link, "there is none." if not found else "it is claimed twice, and differently.")
    return found.pop()


def _check_report_data(document: Mapping[str, Any], proven: bytes) -> None:
    """Where the document repeats the report data beside the quote, it says the same."""
    report = table(document.get("attestation"))
    repeated: list[object] = [
        table(table(document.get("server_verification")).get("tdx")).get("reportData"),
        report.get("report_data"),
        table(report.get("evidence")).get("quote_report_data"),
    ]
    if any(value is not None and _bytes("report_data", value) != proven for value in repeated):
        raise AttestationError("report_data", "it is not address and nonce.")


def _check_machine(quote: Quote) -> None:
    """A production machine under Intel's module: nobody can look into it with a debugger."""
    if quote.attributes[0]:
        raise AttestationError("debug", "the machine can be debugged, so its memory can be read from outside.")
    if any(quote.module_signer) or any(quote.module_attributes):
        raise AttestationError("module", "the TDX module is not Intel's.")


def _check_measurements(quote: Quote, trust: Trust) -> dict[Measurement, str]:
    found = quote.measurements
    for name, accepted in trust.measurements.items():
        if found.get(name) not in ({accepted} if isinstance(accepted, str) else accepted):
            raise AttestationError("measurements", f"{name} is not one that is accepted.")
    return found


def _check_collateral(quote: bytes, trust: Trust, at: datetime.datetime) -> str:
    """Intel's word on the platform."""
    with Extra("e2ee"):
        from onellm_providers.venice.e2ee.collateral import platform_status
    status = platform_status(quote, trust.collateral or "", trust.anchor, at)
    if status not in trust.tcb_statuses:
        raise AttestationError("collateral", f"the platform is {status}.")
    return status
