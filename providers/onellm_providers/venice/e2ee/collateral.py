"""What Intel says of a platform: revoked certificates, outdated firmware (`dcap-qvl`)."""

from __future__ import annotations

import datetime

import dcap_qvl  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs] - stubs without py.typed
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from onellm_providers.venice.e2ee.errors import AttestationError


def platform_status(quote: bytes, collateral: str, anchor: str, at: datetime.datetime) -> str:
    """Intel's word on the platform that made the quote, such as "UpToDate" or "OutOfDate".

    Raises AttestationError where the collateral is none, is older than it may be, or revokes a certificate.
    """
    root = x509.load_pem_x509_certificate(anchor.encode()).public_bytes(Encoding.DER)
    try:
        given = dcap_qvl.QuoteCollateralV3.from_json(collateral)
        return str(dcap_qvl.verify_with_root_ca(quote, given, root, int(at.timestamp())).status)
    except ValueError as error:
        raise AttestationError("collateral", f"{error}.") from None
