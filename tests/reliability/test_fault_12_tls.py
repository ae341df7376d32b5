"""Fault 12: certificates that cannot be trusted, a handshake that stalls (more: tests/transport/test_tls.py)."""

from __future__ import annotations

import datetime
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from onellm import APIConnectionError, APITimeoutError, Connections, Timeout
from tests.reliability.ways import Client, failure, tell, ways
from tests.support import serve
from tests.transport.peers import OK, authority, listen, server_context, tls_front

Issue = Callable[[trustme.CA], trustme.LeafCert]
WRONG: dict[str, Issue] = {
    "expired": lambda ca: ca.issue_cert("127.0.0.1", not_after=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)),
    "not valid for": lambda ca: ca.issue_cert("example.org"),
    "issuer": lambda ca: trustme.CA().issue_cert("127.0.0.1"),
}


def at(port: int) -> dict[str, Any]:
    return {"openai": {"base_url": f"https://127.0.0.1:{port}/v1", "api_key": "sk-test-0123456789abcdef"}}


def refused(way: str, context: ssl.SSLContext, ca: str) -> tuple[Any, int]:
    """The error, and how many requests got through."""

    async def tale(client: Client) -> Any:
        return await failure(client, max_retries=0)

    with serve(OK) as server, tls_front(context, server.port) as port:
        return tell(way, tale, at(port), connections=Connections(verify=ca)), len(server.requests)


@ways
@pytest.mark.parametrize("word", WRONG)
def test_fault_12_what_cannot_be_trusted(way: str, tmp_path: Path, word: str) -> None:
    ca, path = authority(tmp_path)
    error, requests = refused(way, server_context(WRONG[word](ca)), path)
    assert (type(error), error.phase, requests) == (APIConnectionError, "tls", 0)
    assert "127.0.0.1" in str(error)
    assert word in str(error)


@ways
def test_fault_12_self_signed(way: str, tmp_path: Path) -> None:
    _, path = authority(tmp_path)
    stranger = trustme.CA()
    pem = tmp_path / "self.pem"
    pem.write_bytes(stranger.private_key_pem.bytes() + stranger.cert_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    error, requests = refused(way, context, path)
    assert (error.phase, requests) == ("tls", 0)
    assert "self-signed" in str(error)


@ways
def test_fault_12_a_handshake_that_stalls(way: str) -> None:
    async def tale(client: Client) -> Any:
        began = time.monotonic()
        error = await failure(client, timeout=Timeout(connect=0.3), max_retries=0)
        assert time.monotonic() - began < 1.5
        return error

    with listen(lambda connection: time.sleep(3)) as port:
        error = tell(way, tale, at(port))
    assert (type(error), error.phase) == (APITimeoutError, "connect")
    assert "127.0.0.1" in str(error)
