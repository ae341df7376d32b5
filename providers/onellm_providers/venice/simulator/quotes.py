"""Quotes of a simulated TDX machine: signed as real ones are, up to a root of the simulator's own.

Nothing accepts them that was not told to: `trust_anchor()` has to be given as the anchor. The keys are no secret.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import struct

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

ROOT = """\
-----BEGIN CERTIFICATE-----
MIIBWzCCAQGgAwIBAgIBATAKBggqhkjOPQQDAjAjMSEwHwYDVQQDDBhPbmVMTE0g
U2ltdWxhdG9yIFJvb3QgQ0EwHhcNMjYwMTAxMDAwMDAwWhcNNDkxMjMxMjM1OTU5
WjAjMSEwHwYDVQQDDBhPbmVMTE0gU2ltdWxhdG9yIFJvb3QgQ0EwWTATBgcqhkjO
PQIBBggqhkjOPQMBBwNCAASsYTX9Ak9T5/CyGq34vXb0QbEOH02S26Vyld1WXols
vxd5v5x46WsseDpNvraozZhDRLpnD+YrMO45c6iL9vW0oyYwJDASBgNVHRMBAf8E
CDAGAQH/AgEBMA4GA1UdDwEB/wQEAwIBBjAKBggqhkjOPQQDAgNIADBFAiEAgWzI
l2dDzwYSrMiy+K7z7A358pKgaIhk3+t0qR6GMFgCIBvrT5ZpsAEavDfA4AvOG8yJ
mGeuthhOY1xkJ5UXXmN9
-----END CERTIFICATE-----
"""

ATTRIBUTES = bytes.fromhex("0000001000000000")
DEBUG = bytes.fromhex("0100001000000000")

_QE_VENDOR = bytes.fromhex("939a7233f79c4ca9940a0db3957f0607")
_QE_SIGNER = bytes.fromhex("dc9e2a7c6f948f17474e34a7fc43ed030f7c1563f1babddf6340c82e0e54a8c5")
_AUTHENTICATION = bytes(range(32))


def trust_anchor() -> str:
    """The certificate (PEM) at which the chains of simulated quotes end."""
    return ROOT


def make_quote(
    report_data: bytes,
    *,
    attributes: bytes = ATTRIBUTES,
    module_signer: bytes = bytes(48),
    qe_signer: bytes = _QE_SIGNER,
    qe_flags: int = 0x11,
    attestation_key: bytes | None = None,
    certificates: bytes | None = None,
) -> bytes:
    """A signed quote, version 4, of a machine with these properties."""
    header = struct.pack("<HHI", 4, 2, 0x81) + bytes(4) + _QE_VENDOR + bytes(20)
    measured = b"".join(hashlib.sha384(name).digest() for name in (b"mrtd", b"rtmr0", b"rtmr1", b"rtmr2", b"rtmr3"))
    body = b"".join((
        bytes(16), bytes(48), module_signer, bytes(8), attributes, bytes(8),
        measured[:48], bytes(144), measured[48:], report_data,
    ))  # fmt: skip
    attestation_key = attestation_key or _point(key_for("attestation"))
    vouched = hashlib.sha256(attestation_key + _AUTHENTICATION).digest()
    qe_report = bytearray(384)
    qe_report[48], qe_report[128:160], qe_report[256] = qe_flags, qe_signer, 2
    qe_report[320:352] = vouched
    chain = platform_chain() if certificates is None else certificates
    certification = b"".join((
        qe_report, _sign("platform", bytes(qe_report)), struct.pack("<H", 32), _AUTHENTICATION,
        struct.pack("<HI", 5, len(chain)), chain,
    ))  # fmt: skip
    signature = b"".join((
        _sign("attestation", header + body), attestation_key, struct.pack("<HI", 6, len(certification)), certification,
    ))  # fmt: skip
    return header + body + struct.pack("<I", len(signature)) + signature + bytes(64)


@functools.cache
def platform_chain() -> bytes:
    """The certificates of the platform, the root last (PEM)."""
    authority = issue(
        "Simulated Platform CA", "authority", x509.load_pem_x509_certificate(ROOT.encode()), "root", ca=True
    )
    platform = issue("Simulated Platform", "platform", authority, "authority")
    return _pem(platform) + _pem(authority) + ROOT.encode()


def issue(
    name: str, key: str, issuer: x509.Certificate, issuer_key: str, *, ca: bool = False, until: int = 2049
) -> x509.Certificate:
    """A certificate for one of the simulator's keys."""
    usage = dict.fromkeys(_USAGES, False) | dict.fromkeys(("key_cert_sign", "crl_sign") if ca else _USAGES[:1], True)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer.subject)
        .public_key(key_for(key).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(until, 12, 31, tzinfo=datetime.UTC))
        .add_extension(x509.BasicConstraints(ca, 0 if ca else None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .sign(key_for(issuer_key), hashes.SHA256())
    )


_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def number_for(name: str) -> int:
    """The private key of this name."""
    return int.from_bytes(hashlib.sha256(f"onellm simulator: {name}".encode()).digest(), "big")


@functools.cache
def key_for(name: str) -> ec.EllipticCurvePrivateKey:
    """The P-256 key of this name."""
    return ec.derive_private_key(number_for(name), ec.SECP256R1())


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]


def _sign(name: str, data: bytes) -> bytes:
    r, s = decode_dss_signature(key_for(name).sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
