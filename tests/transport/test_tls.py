"""TLS: what cannot be trusted is refused with the host's name, and never spoken to in the clear (reliability.md 12)."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from onellm import APIConnectionError, APITimeoutError, ConfigurationError, Connections, Timeout
from onellm.transport import network
from tests.support import ByteServer, Caller, serve
from tests.transport.peers import OK, authority, listen, server_context, tls_front


@contextlib.contextmanager
def secure(context: ssl.SSLContext, host: str = "127.0.0.1") -> Iterator[tuple[ByteServer, dict[str, Any]]]:
    """A byte server behind TLS, and a client's settings for it."""
    with serve(OK) as server, tls_front(context, server.port) as port:
        yield server, {"openai": {"base_url": f"https://{host}:{port}/v1", "api_key": "sk-test-0123456789abcdef"}}


def test_own_authority(caller: Caller, tmp_path: Path) -> None:
    ca, path = authority(tmp_path)
    with secure(server_context(ca.issue_cert("localhost")), "localhost") as (server, settings):
        answer = caller.chat(settings, client={"connections": Connections(verify=path)})
    assert answer.choices[0].message.content == "Hello"
    assert server.requests[0].headers["authorization"] == "Bearer sk-test-0123456789abcdef"


def test_own_authority_in_a_context_or_the_environment(
    caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca, path = authority(tmp_path)
    context = ssl.create_default_context(cafile=path)
    monkeypatch.setenv("SSL_CERT_FILE", path)
    network.tls_context.cache_clear()
    try:
        with secure(server_context(ca.issue_cert("127.0.0.1"))) as (_, settings):
            for verify in (context, True):
                answer = caller.chat(settings, client={"connections": Connections(verify=verify)}, max_retries=0)
                assert answer.choices[0].message.content == "Hello"
    finally:
        network.tls_context.cache_clear()


def test_whom_a_client_trusts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment's file, else its folder, else certifi's authorities."""
    _, path = authority(tmp_path)

    def trusted() -> int:
        network.tls_context.cache_clear()
        return len(network.tls_context(True, None).get_ca_certs())

    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    assert trusted() > 50
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert trusted() == 0, "a folder's are loaded when they are needed"
    monkeypatch.setenv("SSL_CERT_FILE", path)
    assert trusted() == 1
    network.tls_context.cache_clear()


def test_verification_can_be_switched_off_by_name_only(caller: Caller) -> None:
    with secure(server_context(trustme.CA().issue_cert("example.org"))) as (_, settings):
        answer = caller.chat(settings, client={"connections": Connections(verify=False)})
    assert answer.choices[0].message.content == "Hello"


def expired(ca: trustme.CA) -> trustme.LeafCert:
    return ca.issue_cert("127.0.0.1", not_after=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))


def wrong_host(ca: trustme.CA) -> trustme.LeafCert:
    return ca.issue_cert("example.org")


def unknown_authority(ca: trustme.CA) -> trustme.LeafCert:
    return trustme.CA().issue_cert("127.0.0.1")


@pytest.mark.parametrize(
    ("certificate", "word"), [(expired, "expired"), (wrong_host, "not valid for"), (unknown_authority, "issuer")]
)
def test_what_cannot_be_trusted(
    caller: Caller, tmp_path: Path, certificate: Callable[[trustme.CA], trustme.LeafCert], word: str
) -> None:
    ca, path = authority(tmp_path)
    refused_without_a_request(caller, server_context(certificate(ca)), path, word)


def test_self_signed(caller: Caller, tmp_path: Path) -> None:
    _, path = authority(tmp_path)
    stranger = trustme.CA()
    pem = tmp_path / "self.pem"
    pem.write_bytes(stranger.private_key_pem.bytes() + stranger.cert_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    refused_without_a_request(caller, context, path, "self-signed")


def refused_without_a_request(caller: Caller, context: ssl.SSLContext, ca: str, word: str) -> None:
    with secure(context) as (server, settings), pytest.raises(APIConnectionError) as caught:
        caller.chat(settings, client={"connections": Connections(verify=ca)}, max_retries=0)
    error = caught.value
    assert error.phase == "tls"
    assert "127.0.0.1" in str(error)
    assert word in str(error)
    assert server.requests == []
    assert len(error.attempts) == 1


def test_client_certificate(caller: Caller, tmp_path: Path) -> None:
    ca, path = authority(tmp_path)
    clients = trustme.CA()
    mine = clients.issue_cert("me@example.org")
    both, certificate, key = (str(tmp_path / name) for name in ("both.pem", "certificate.pem", "key.pem"))
    mine.private_key_and_cert_chain_pem.write_to_path(both)
    mine.cert_chain_pems[0].write_to_path(certificate)
    mine.private_key_pem.write_to_path(key)
    with secure(server_context(ca.issue_cert("127.0.0.1"), clients)) as (server, settings):
        for cert in (both, (certificate, key)):
            answer = caller.chat(settings, client={"connections": Connections(verify=path, cert=cert)})
            assert answer.choices[0].message.content == "Hello"
        with pytest.raises(APIConnectionError, match=r"127\.0\.0\.1.*certificate") as caught:
            caller.chat(settings, client={"connections": Connections(verify=path)}, max_retries=0)
        assert caught.value.phase == "tls"
        assert len(server.requests) == 2


@pytest.mark.parametrize("connections", [Connections(verify="/no/such/ca.pem"), Connections(cert="/no/such/cert.pem")])
def test_certificates_that_are_not_there(caller: Caller, connections: Connections) -> None:
    settings = {"openai": {"base_url": "https://127.0.0.1:1/v1", "api_key": "k"}}
    with pytest.raises(ConfigurationError, match="certificates cannot be loaded"):
        caller.chat(settings, client={"connections": connections})


def test_handshake_that_stalls(caller: Caller) -> None:
    with listen(lambda connection: time.sleep(3)) as port:
        settings = {"openai": {"base_url": f"https://127.0.0.1:{port}/v1", "api_key": "k"}}
        began = time.monotonic()
        with pytest.raises(APITimeoutError) as caught:
            caller.chat(settings, timeout=Timeout(connect=0.3), max_retries=0)
        assert caught.value.phase == "connect"
        assert "127.0.0.1" in str(caught.value)
        assert time.monotonic() - began < 1.5


def test_tls_spoken_to_a_plain_port(caller: Caller) -> None:
    heard: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        heard.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        heard.append(connection.recv(65536))

    with listen(answer) as port, pytest.raises(APIConnectionError) as caught:
        caller.chat({"openai": {"base_url": f"https://127.0.0.1:{port}/v1", "api_key": "sk-in-clear"}}, max_retries=0)
    assert caught.value.phase == "tls"
    assert "127.0.0.1" in str(caught.value)
    assert b"sk-in-clear" not in b"".join(heard)
