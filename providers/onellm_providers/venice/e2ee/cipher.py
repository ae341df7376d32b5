"""Keys and ciphertexts of the encrypted chat (Venice's E2EE guide).

A ciphertext is `ephemeral public key (65) ‖ nonce (12) ‖ AES-256-GCM ciphertext and tag`, as lower-case hex. Its key is
HKDF-SHA256 of the ECDH secret on secp256k1, without salt, info `ecdsa_encryption`.
"""

from __future__ import annotations

import os
import re

from Crypto.Hash import keccak
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from onellm_providers.venice.e2ee.errors import EncryptionError

POINT = 65
NONCE = 12
TAG = 16
SHORTEST = 2 * (POINT + NONCE + TAG)
"""Digits of the shortest ciphertext, which is that of an empty text."""

_HEX = re.compile(r"[0-9a-fA-F]*")


class KeyPair:
    """A key pair on secp256k1. It shows its public half only, and cannot be pickled."""

    __slots__ = ("_private", "public")

    def __init__(self, private: int | None = None) -> None:
        curve = ec.SECP256K1()
        self._private = ec.generate_private_key(curve) if private is None else ec.derive_private_key(private, curve)
        self.public = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def shared(self, other: bytes) -> bytes:
        """The AES key shared with another public key. Raises ValueError where that is no point of the curve."""
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), other)
        secret = self._private.exchange(ec.ECDH(), point)
        return HKDF(hashes.SHA256(), 32, None, b"ecdsa_encryption").derive(secret)

    def __repr__(self) -> str:
        return f"KeyPair({self.public.hex()[:10]}…)"


def encrypt(text: str, public: bytes, ephemeral: KeyPair | None = None, nonce: bytes | None = None) -> str:
    """The ciphertext of a text for the owner of `public`, with an ephemeral key and a nonce of its own."""
    ephemeral = KeyPair() if ephemeral is None else ephemeral
    nonce = os.urandom(NONCE) if nonce is None else nonce
    sealed = AESGCM(ephemeral.shared(public)).encrypt(nonce, text.encode(), None)
    return (ephemeral.public + nonce + sealed).hex()


def decrypt(ciphertext: str, pair: KeyPair) -> str:
    """The text of a ciphertext. Raises EncryptionError where it is none, or its tag does not fit."""
    if len(ciphertext) < SHORTEST or len(ciphertext) % 2 or not _HEX.fullmatch(ciphertext):
        raise EncryptionError("Plaintext came where a ciphertext must be; the answer is not end-to-end encrypted.")
    data = bytes.fromhex(ciphertext)
    nonce, sealed = data[POINT : POINT + NONCE], data[POINT + NONCE :]
    try:
        return AESGCM(pair.shared(data[:POINT])).decrypt(nonce, sealed, None).decode()
    except (InvalidTag, ValueError):  # the tag, a point that is not on the curve, bytes that are no UTF-8
        raise EncryptionError("A ciphertext does not open: it was changed on its way, or is for another key.") from None


def address_of(public: bytes) -> str:
    """The Ethereum address of an uncompressed key: the last 20 bytes of Keccak-256 of its point, as lower-case hex."""
    return "0x" + keccak.new(digest_bits=256, data=public[1:]).digest()[-20:].hex()


def is_point(public: bytes) -> bool:
    """Whether these bytes are an uncompressed point of the curve."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), public)
    except ValueError:
        return False
    return len(public) == POINT
