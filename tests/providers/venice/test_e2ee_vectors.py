"""The cipher of the encrypted chat against the vectors, byte for byte."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onellm_providers.venice.e2ee import EncryptionError
from onellm_providers.venice.e2ee.cipher import SHORTEST, KeyPair, address_of, decrypt, encrypt, is_point


@pytest.fixture
def vectors(shared: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((shared / "venice" / "e2ee_vectors.json").read_text(encoding="utf-8"))
    return value


def pair(private: str) -> KeyPair:
    return KeyPair(int(private, 16))


def test_a_request_is_encrypted_as_in_the_vector(vectors: dict[str, Any]) -> None:
    case = vectors["request"]
    model, ephemeral = pair(case["model_priv"]), pair(case["ephemeral_priv"])
    assert model.public.hex() == case["model_pub"]
    assert ephemeral.shared(model.public).hex() == case["aes_key"] == model.shared(ephemeral.public).hex()
    nonce = bytes.fromhex(case["gcm_nonce"])
    assert encrypt(case["plaintext"], model.public, ephemeral, nonce) == case["blob_hex"]
    assert decrypt(case["blob_hex"], model) == case["plaintext"]
    assert address_of(model.public) == case["model_address"]


def test_an_answer_is_decrypted_as_in_the_vector(vectors: dict[str, Any]) -> None:
    case = vectors["response"]
    session, server = pair(case["session_priv"]), pair(case["server_ephemeral_priv"])
    assert session.public.hex() == case["session_pub"]
    assert session.shared(server.public).hex() == case["aes_key"]
    assert len(case["blob_hex"]) == case["blob_hex_len"]
    assert decrypt(case["blob_hex"], session) == case["plaintext"]
    assert decrypt(case["blob_hex"].upper(), session) == case["plaintext"]
    assert len(encrypt("", session.public)) == vectors["empty_plaintext_blob_len"] == SHORTEST


def test_each_text_has_a_key_and_a_nonce_of_its_own() -> None:
    model = KeyPair()
    blobs = [encrypt("same", model.public) for _ in range(20)]
    assert len({blob[:130] for blob in blobs}) == 20, "ephemeral keys"
    assert len({blob[130:154] for blob in blobs}) == 20, "nonces"
    assert {decrypt(blob, model) for blob in blobs} == {"same"}


@given(st.text(max_size=60))
def test_every_text_survives(text: str) -> None:
    model = KeyPair(7)
    assert decrypt(encrypt(text, model.public), model) == text


@pytest.mark.parametrize("place", [0, 1, 40, 64, 65, 76, 77, 80, -16, -1], ids=str)
def test_a_changed_byte_does_not_open(place: int) -> None:
    model = KeyPair()
    blob = bytearray.fromhex(encrypt("twelve bytes", model.public))
    blob[place] ^= 1
    with pytest.raises(EncryptionError, match="does not open"):
        decrypt(blob.hex(), model)


@pytest.mark.parametrize(
    "text", ["Hello", "", "a" * (SHORTEST - 1), "a" * (SHORTEST + 1), "é" * SHORTEST, " " * SHORTEST, "zz" * SHORTEST]
)
def test_plaintext_is_no_ciphertext(text: str) -> None:
    with pytest.raises(EncryptionError, match="Plaintext"):
        decrypt(text, KeyPair(1))


def test_bytes_that_are_no_text_do_not_open() -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    model, ephemeral, nonce = KeyPair(), KeyPair(), bytes(12)
    sealed = AESGCM(ephemeral.shared(model.public)).encrypt(nonce, b"\xff\xfe", None)
    with pytest.raises(EncryptionError):
        decrypt((ephemeral.public + nonce + sealed).hex(), model)


def test_what_is_a_key() -> None:
    public = KeyPair().public
    assert is_point(public)
    assert not is_point(public[:-1] + bytes([public[-1] ^ 1]))
    assert not is_point(public[1:])
    assert not is_point(b"\x02" + public[1:33]), "compressed"


def test_a_private_key_does_not_show() -> None:
    secret = KeyPair(0xC0FFEE)
    assert repr(secret) == f"KeyPair({secret.public.hex()[:10]}…)"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
