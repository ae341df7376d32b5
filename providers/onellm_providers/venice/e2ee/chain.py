"""The signatures of a quote, from the machine's report to the trust anchor.

    trust anchor → certificates → platform key (PCK) → report of the quoting enclave → attestation key → TD report

Intel SGX DCAP: "Quote verification" in the Quoting Library API; the quoting enclave's identity as Intel signs it for
TDX (`/tdx/certification/v4/qe/identity`: MRSIGNER, ISVPRODID 2, no debug).
"""

from __future__ import annotations

import datetime
import hashlib
import itertools

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from onellm.errors import ConfigurationError
from onellm_providers.venice.e2ee.errors import AttestationError
from onellm_providers.venice.e2ee.quote import Quote

INTEL_QE_SIGNER = bytes.fromhex("dc9e2a7c6f948f17474e34a7fc43ed030f7c1563f1babddf6340c82e0e54a8c5")
TD_QE_PRODUCT = 2
QE_DEBUG = 0x02
LONGEST_CHAIN = 4

UNREADABLE = (
    ValueError,
    TypeError,
    x509.InvalidVersion,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    UnsupportedAlgorithm,
)
"""What the library raises for certificates that are none; much of one is read only when it is asked for."""


def check_chain(quote: Quote, anchor: str, at: datetime.datetime) -> None:
    """Raises AttestationError where the quote's signatures do not lead to the anchor (PEM) at this time."""
    root = _anchor(anchor)
    try:
        platform = _platform_key(_certificates(quote.certificates), root, at)
    except UNREADABLE:
        raise AttestationError("certificates", "they cannot be read.") from None
    if not _signed(platform, quote.qe_signature, quote.qe_report):
        raise AttestationError("quoting_enclave", "its report is not signed by the platform's key.")
    _check_enclave(quote)
    if not _signed(_point(quote.attestation_key), quote.signature, quote.signed):
        raise AttestationError("signature", "the quote is not signed by its attestation key.")


def _check_enclave(quote: Quote) -> None:
    report = quote.qe_report
    if report[128:160] != INTEL_QE_SIGNER or int.from_bytes(report[256:258], "little") != TD_QE_PRODUCT:
        raise AttestationError("quoting_enclave", "it is not Intel's quoting enclave for TDX.")
    if report[48] & QE_DEBUG:
        raise AttestationError("quoting_enclave", "it runs in debug mode.")
    vouched = hashlib.sha256(quote.attestation_key + quote.qe_authentication).digest()
    if report[320:384] != vouched + bytes(32):
        raise AttestationError("quoting_enclave", "it does not vouch for the attestation key.")


def _platform_key(
    chain: list[x509.Certificate], root: x509.Certificate, at: datetime.datetime
) -> ec.EllipticCurvePublicKey:
    """The platform's key, if its certificate leads to the anchor."""
    if chain[-1] != root:
        raise AttestationError("trust_anchor", f"the certificates do not end at {root.subject.rfc4514_string()}.")
    for certificate in chain:
        if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
            raise AttestationError("certificates", f"{_name(certificate)} is not valid at {at:%Y-%m-%d %H:%M} UTC.")
    for below, (certificate, issuer) in enumerate(itertools.pairwise(chain)):
        _check_issued(certificate, issuer, below)
    if _basics(chain[0]).ca:
        raise AttestationError("certificates", f"{_name(chain[0])} is an authority, not a platform.")
    key = chain[0].public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise AttestationError("certificates", f"the key of {_name(chain[0])} is not on P-256.")
    return key


def _certificates(pem: bytes) -> list[x509.Certificate]:
    """The certificates, leaf first, if nothing else is written there."""
    text = pem.removesuffix(b"\0")
    chain = x509.load_pem_x509_certificates(text)
    if b"".join(certificate.public_bytes(Encoding.PEM) for certificate in chain) != text:
        raise AttestationError("certificates", "they are not written as certificates are.")
    if not 2 <= len(chain) <= LONGEST_CHAIN:
        raise AttestationError("certificates", f"{len(chain)} certificates are no chain.")
    return chain


def _anchor(pem: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        raise ConfigurationError("The trust anchor is no certificate in PEM form.") from None


def _check_issued(certificate: x509.Certificate, issuer: x509.Certificate, below: int) -> None:
    """`below` counts the authorities between the issuer and the platform."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, InvalidSignature):
        raise AttestationError("certificates", f"{_name(certificate)} is not issued by {_name(issuer)}.") from None
    basics = _basics(issuer)
    if not basics.ca or (basics.path_length is not None and below > basics.path_length):
        raise AttestationError("certificates", f"{_name(issuer)} may not issue {_name(certificate)}.")
    if not issuer.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign:
        raise AttestationError("certificates", f"the key of {_name(issuer)} is not for certificates.")


def _basics(certificate: x509.Certificate) -> x509.BasicConstraints:
    return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value


def _name(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string() or "a certificate without a name"


def _point(raw: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + raw)
    except ValueError:
        raise AttestationError("signature", "the attestation key is not on P-256.") from None


def _signed(key: ec.EllipticCurvePublicKey, signature: bytes, data: bytes) -> bool:
    """Whether `signature` (r and s, 32 bytes each) of the data is the key's."""
    encoded = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    try:
        key.verify(encoded, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
