"""Media by URL: whatever the URL says, wherever its name or a redirect leads, only public addresses are called."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onellm import APIConnectionError, APITimeoutError, BadResponseError, InvalidRequestError, OneLLMError
from onellm.call import Fetch, Resolve
from onellm.errors import UnexpectedRedirectError
from onellm.media import fetch_media
from onellm.options import Options, RetryPolicy
from tests.engine.test_bounds import MB, bomb
from tests.support import ByteServer, Caller, Wait, serve, streamed, whole
from tests.surroundings import bare_environment

pytestmark = pytest.mark.security("S8")

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
PUBLIC, OTHER = "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"
PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
    "169.254.169.254", "224.0.0.1", "255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.2.1", "168.63.129.16",
    "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1",
    "2002:7f00:1::", "2001:0:7f00:1::",
]  # fmt: skip


def flow(url: str, **options: Any) -> Any:
    return fetch_media(url, **options)


def refused(run: Any, *steps: object) -> InvalidRequestError:
    """Answer the flow's steps; it must refuse then. An exception among them is thrown in."""
    *before, last = None, *steps
    for step in before:
        answer(run, step)
    with pytest.raises(InvalidRequestError) as caught:
        answer(run, last)
    assert caught.value.status is None
    return caught.value


def answer(run: Any, step: object = None) -> Any:
    """Give the flow what came of its step, or the step's error; the next step. Without an answer, the first one."""
    return run.throw(step) if isinstance(step, BaseException) else run.send(step)


def redirect(location: str) -> UnexpectedRedirectError:
    error = UnexpectedRedirectError("elsewhere", phase="read")
    error.location = location
    return error


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public(address: str) -> None:
    """Written in the URL, as what a name stands for, beside a public one, and as the target of a redirect."""
    written = f"[{address}]" if ":" in address else address
    assert "not a public address" in str(refused(flow(f"https://{written}/a.png")))
    assert "not public" in str(refused(flow("https://host.test/a.png"), [address]))
    assert "not public" in str(refused(flow("https://host.test/a.png"), [PUBLIC, address]))
    refused(flow("https://host.test/a.png"), [PUBLIC], redirect(f"https://{written}/"))
    refused(flow("https://host.test/a.png"), [PUBLIC], redirect("https://other.test/"), [address])


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://host.test/a", "gopher://host.test/", "//host.test/a", "host.test/a", "data:,x",
        "https://", "https:///a", "https://localhost/", "https://LOCALHOST./", "https://a.localhost/", "http://db.internal/",
        "https://printer.local/", "https://host.test:22/", "https://host.test:8443/", "http://host.test:443/",
        "https://me:word@host.test/", "https://host.test@127.0.0.1/", "https://2130706433/", "https://0x7f000001/",
        "https://0177.0.0.1/", "https://127.1/", "https://127.0.0.0x1/", "https://[::1%25lo]/", "https://[::1%lo]/",
        "https://ⓛocalhost/", "https://１２７.０.０.１/", "https://host.test\\@127.0.0.1/", "https://host.test/\r\nX:",
        "https://host.test /", "https://ho\tst.test/", "https://host.test:99999/", "https://[host]/", "https://a..b/",
    ],
)  # fmt: skip
def test_a_url_that_is_not_fetched(url: str) -> None:
    """Not even its name is looked up."""
    refused(flow(url))


def test_the_checked_address_is_the_one_that_is_called() -> None:
    """One look-up for each host, and what the name stands for afterwards does not matter."""
    run = flow("https://host.test/a.png")
    step = next(run)
    assert isinstance(step, Resolve)
    assert (step.host, step.port) == ("host.test", 443)
    fetch = run.send([PUBLIC, OTHER])
    assert isinstance(fetch, Fetch)
    assert (fetch.url, fetch.address, fetch.auth, fetch.limit) == ("https://host.test/a.png", PUBLIC, None, 5 * MB)
    again = run.throw(APIConnectionError("refused", phase="connect"))
    assert isinstance(again, Fetch)
    assert again.address == OTHER, "the next address of the same look-up"


def test_redirects_are_few_and_never_to_less() -> None:
    run = flow("https://host.test/")
    refused(run, *[step for number in range(4) for step in ([PUBLIC], redirect(f"https://h{number}.test/"))])
    refused(flow("https://host.test/"), [PUBLIC], redirect("http://host.test/"))
    run = flow("http://host.test/a")
    next(run)
    run.send([PUBLIC])
    step = run.throw(redirect("https://other.test/b"))
    assert isinstance(step, Resolve)
    assert (step.host, step.port) == ("other.test", 443)


# -- over the network --------------------------------------------------------------------------------------------------


@pytest.fixture(params=["sync", "async", "aiohttp"])
def caller(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Caller:
    bare_environment(monkeypatch, tmp_path)
    monkeypatch.setenv("ONELLM_TRANSPORT", "aiohttp" if request.param == "aiohttp" else "httpx")
    return Caller("sync" if request.param == "sync" else "async")


class Dialled:
    """Where sockets would have been connected to, beyond loopback; they are refused."""

    def __init__(self) -> None:
        self.on = False
        self.addresses: list[str] = []

    def audit(self, name: str, args: Any) -> None:
        if self.on and name == "socket.connect" and isinstance(args[1], tuple) and args[1][0] != "127.0.0.1":
            self.addresses.append(args[1][0])
            raise ConnectionRefusedError


DIALLED = Dialled()
sys.addaudithook(DIALLED.audit)


@pytest.fixture
def dialled() -> Iterator[list[str]]:
    DIALLED.on, DIALLED.addresses = True, []
    yield DIALLED.addresses
    DIALLED.on = False


def once(**more: Any) -> Options:
    return Options(retry=RetryPolicy(max_retries=0), **more)


def test_a_name_that_changes_its_meaning(caller: Caller, dialled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The second look-up would lead to this machine."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        if name != "host.test":
            return real(host, port, *rest, **more)
        asked.append(name)
        address = PUBLIC if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with pytest.raises(APIConnectionError):
        caller.run(lambda: flow("http://host.test/a.png"), once())
    assert asked == ["host.test"]
    assert dialled == [PUBLIC]


def test_a_name_of_this_machine(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: found)
    with pytest.raises(InvalidRequestError, match=r"127\.0\.0\.1 is not public"):
        caller.run(lambda: flow("http://host.test/a.png"), once())


def fetched(caller: Caller, server: ByteServer, **options: Any) -> Any:
    url = f"http://127.0.0.1:{server.port}/a.png?signature=hidden"
    return caller.run(lambda: flow(url, allow_private=True, **options), once())


def test_a_file_of_ones_own_network(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing goes along but the request: no key, no cookie, and no proxy is asked."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-them-0123456789")
    with serve(whole(PNG, content_type="text/plain", headers={"Set-Cookie": "a=b"})) as server:
        for _ in range(2):
            file = fetched(caller, server)
            assert (file.content, file.media_type) == (PNG, "image/png")
        for request in server.requests:
            assert not request.headers.keys() & {"authorization", "cookie", "proxy-authorization", "referer"}
            assert "sk-not" not in str(request.headers)


def test_too_much_too_slow_and_no_file(caller: Caller) -> None:
    bad: list[tuple[Any, type[OneLLMError], dict[str, Any]]] = [
        (whole(PNG + bytes(6 * MB)), BadResponseError, {}),
        (streamed(PNG, bytes(3 * MB), bytes(3 * MB)), BadResponseError, {}),
        (whole(bomb(400 * MB), headers={"Content-Encoding": "gzip"}), BadResponseError, {}),
        (whole(PNG + bytes(2000)), BadResponseError, {"max_bytes": 1000}),
        (whole(b"<html>", content_type="text/html"), BadResponseError, {}),
        (whole(b"no", 404), InvalidRequestError, {}),
        ([Wait(3)], APITimeoutError, {"seconds": 0.2}),
    ]
    for answer, kind, options in bad:
        with serve(answer) as server, pytest.raises(kind) as caught:
            fetched(caller, server, **options)
        assert "hidden" not in str(caught.value), "a URL may hold a signature"
