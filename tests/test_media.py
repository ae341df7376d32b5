"""Media by URL: what may be fetched, where the connection goes, and what goes along (reliability.md S8)."""

from __future__ import annotations

import asyncio
import functools
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from onellm import errors
from onellm.async_engine import AsyncEngine
from onellm.body import File
from onellm.call import Fetch, Flow, Resolve
from onellm.engine import Engine
from onellm.media import MAX_BYTES, fetch_media, is_public
from onellm.options import Options, RetryPolicy
from onellm.transport.base import Connections
from onellm.transport.choice import async_transport
from tests.support import Answer, Wait, serve, whole
from tests.surroundings import bare_environment
from tests.transport.peers import authority, proxy, server_context, tls_front

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
ways = pytest.mark.parametrize("way", ["sync", "httpx", "aiohttp"])
AT_ONCE = Options(retry=RetryPolicy(base=0), deadline=20)


def run(way: str, flow: Callable[[], Flow[Any]], connections: Connections | None = None) -> Any:
    """Perform a flow with one of the engines."""
    connections = connections or Connections()
    if way == "sync":
        with Engine(connections=connections) as blocking:
            return blocking.run(flow(), AT_ONCE)

    async def main() -> Any:
        transport: Any = way
        async with AsyncEngine(async_transport(transport, connections), connections) as awaiting:
            return await awaiting.run(flow(), AT_ONCE)

    return asyncio.run(main())


def refused(url: str, **params: Any) -> str:
    """Why a URL is refused before anything is asked of the network."""
    with pytest.raises(errors.InvalidRequestError) as caught:
        next(fetch_media(url, param="image", **params))
    assert (caught.value.param, caught.value.status) == ("image", None)
    assert url not in str(caught.value)
    return str(caught.value)


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """What names stand for: the answers to one look-up after another, the last of which repeats; `asked` counts."""
    known: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in known:
            return real(host, port, *rest, **more)
        known.setdefault("asked", []).append([name])
        answer = known[name].pop(0) if len(known[name]) > 1 else known[name][0]
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in ip], socket.SOCK_STREAM, 6, "", (ip, port)) for ip in answer]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


def picture(**headers: str) -> Answer:
    return whole(PNG, 200, headers, "image/png")


def redirect(location: str, status: int = 302) -> Answer:
    return whole(b"", status, {"Location": location})


# -- what may be fetched ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254"),
        *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.168.1.1", "198.18.0.1", "192.0.2.1"),
        *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16", "192.88.99.1"),
        *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808"),
        *("64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1", "ff02::1"),
        *("fe80::1%eth0", "fec0::1", "100::1", "5f00::1", "127.1", "0x7f000001", "2130706433", "017700000001", ""),
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00::1"])
def test_addresses_that_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.com/a.png", "begins with ftp:"),
        ("file:///etc/passwd", "begins with file:"),
        ("data:image/png;base64,AAAA", "begins with data:"),
        ("gopher://example.com/", "begins with gopher:"),
        ("/etc/passwd", "begins with nothing:"),
        ("https://user:secret@example.com/a.png", "user name or a password"),
        ("https://user@example.com/a.png", "user name or a password"),
        ("https://@example.com/a.png", "user name or a password"),
        ("https://example.com:8443/a.png", "port 8443"),
        ("https://example.com:80/a.png", "port 80"),
        ("http://example.com:22/", "port 22"),
        ("https://example.com:99999/", "no URL"),
        ("https:///a.png", "no host"),
        ("https://exa mple.com/", "space"),
        ("https://example.com\\@127.0.0.1/", "backslash"),
        ("https://example.com/\r\nHost: x", "control"),
        ("https://example.com/\x00", "control"),
        ("https://127.0.0.1/", "127.0.0.1, which is not a public address"),
        ("https://169.254.169.254/latest/meta-data/", "not a public address"),
        ("https://[::1]/", "::1, which is not a public address"),
        ("https://[::ffff:10.0.0.1]/", "not a public address"),
        ("https://[fe80::1%25eth0]/", "no host"),
        ("https://2130706433/", "no host"),
        ("https://0x7f000001/", "no host"),
        ("https://0x7f.0.0.1/", "no host"),
        ("https://017700000001/", "no host"),
        ("https://0177.0.0.1/", "no host"),
        ("https://127.1/", "no host"),
        ("https://127.0.0.1./", "no host"),
        ("https://127.0.0.0x1/", "no host"),
        ("https://１２７.０.０.１/", "127.0.0.1, which is not a public address"),
        ("https://127。0。0。1/", "127.0.0.1, which is not a public address"),
        ("https://%31%32%37.0.0.1/", "no host"),
        ("https://localhost/", "not public"),
        ("https://LOCALHOST./", "not public"),
        ("https://a.localhost/", "not public"),
        ("https://metadata.google.internal/", "not public"),
        ("https://-a.example/", "no host"),
        ("https://a..example/", "no host"),
        ("https://" + "a" * 64 + ".example/", "no host"),
    ],
)
def test_urls_that_are_refused(url: str, why: str) -> None:
    """At once, with the reason and without the URL, which may hold a signature."""
    assert why in refused(url)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://example.com/a.png?x=1#part", "example.com", 443),
        ("HTTPS://EXAMPLE.com:443/a.png", "example.com", 443),
        ("http://example.com:80/", "example.com", 80),
        ("https://bücher.example/", "xn--bcher-kva.example", 443),
        ("https://a_b.example/", "a_b.example", 443),
        ("https://1.example/", "1.example", 443),
    ],
)
def test_urls_that_are_looked_up(url: str, host: str, port: int) -> None:
    step = next(fetch_media(url))
    assert isinstance(step, Resolve)
    assert (step.host, step.port) == (host, port)


def test_the_call_carries_the_address_and_nothing_else() -> None:
    """No credential, no cookie; the URL without its fragment, the name in it as DNS knows it."""
    flow = fetch_media("https://bücher.example/a.png?sig=1#part")
    next(flow)
    call: Any = flow.send(["93.184.216.34", "2606:4700::1111"])
    assert isinstance(call, Fetch)
    assert (call.url, call.address) == ("https://xn--bcher-kva.example/a.png?sig=1", "93.184.216.34")
    assert (call.method, call.auth, dict(call.headers), call.json) == ("GET", None, {"Accept": "*/*"}, None)
    assert (call.limit, call.seconds) == (MAX_BYTES, 30)


@pytest.mark.parametrize("bad", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1", "64:ff9b::a00:1"])
@pytest.mark.parametrize("place", [0, 1])
def test_one_bad_address_is_enough(bad: str, place: int) -> None:
    flow = fetch_media("https://example.com/a.png", param="image")
    next(flow)
    addresses = ["8.8.8.8"]
    addresses.insert(place, bad)
    with pytest.raises(errors.InvalidRequestError, match="not public"):
        flow.send(addresses)


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://example.com/", "from https to http"),
        ("https://127.0.0.1/", "not a public address"),
        ("https://2130706433/", "no host"),
        ("file:///etc/passwd", "begins with file:"),
        ("https://other.example:22/", "port 22"),
        ("//user:pw@other.example/", "user name"),
    ],
)
def test_each_redirect_is_checked(location: str, why: str) -> None:
    flow = fetch_media("https://example.com/a/b.png", param="image")
    next(flow)
    flow.send(["8.8.8.8"])
    error = errors.UnexpectedRedirectError("redirect")
    error.location = location
    with pytest.raises(errors.InvalidRequestError, match=why):
        flow.throw(error)


def test_a_redirect_is_looked_up_and_checked_anew() -> None:
    flow = fetch_media("https://example.com/a/b.png")
    next(flow)
    flow.send(["8.8.8.8"])
    error = errors.UnexpectedRedirectError("redirect")
    error.location = "../c.png"
    step: Any = flow.throw(error)
    assert isinstance(step, Resolve), "the same name, which may stand for something else by now"
    with pytest.raises(errors.InvalidRequestError, match=r"10\.0\.0\.1 is not public"):
        flow.send(["10.0.0.1"])


# -- over the wire ----------------------------------------------------------------------------------------------------


@ways
def test_what_comes_back(way: str) -> None:
    """The bytes, and the type that they show; the host's word counts where they show none."""
    with serve(picture(), whole(PNG, 200, {}, "text/plain; x=y"), whole(b"a,b", 200, {}, "text/csv; x=y")) as server:
        found = [run(way, lambda: fetch_media(server.url, allow_private=True, param="image")) for _ in range(3)]
    assert found == [
        File("image.png", PNG, "image/png"),
        File("image.png", PNG, "image/png"),
        File("image.bin", b"a,b", "text/csv"),
    ]
    assert server.requests[0].method == "GET"
    assert set(server.requests[0].headers) <= {"host", "user-agent", "accept", "accept-encoding"}


@ways
def test_loopback_is_refused_without_a_connection(way: str, names: Any) -> None:
    names["example.com"] = [["127.0.0.1"]]
    with serve(picture()) as server:
        for url in (server.url, f"http://example.com:{server.port}/"):
            with pytest.raises(errors.InvalidRequestError):
                run(way, functools.partial(fetch_media, url))
        with pytest.raises(errors.InvalidRequestError, match=r"127\.0\.0\.1 is not public.*allow_private"):
            run(way, lambda: fetch_media("http://example.com/a.png"))
        assert server.connections == 0


@ways
def test_a_name_is_looked_up_once(way: str, names: Any) -> None:
    """The connection goes to the address that was checked, whatever the name stands for a moment later."""
    names["media.example"] = [["127.0.0.1"], ["127.0.0.2"]]
    with serve(picture()) as server:
        url = f"http://media.example:{server.port}/a.png"
        assert run(way, lambda: fetch_media(url, allow_private=True)).content == PNG
        assert names["asked"] == [["media.example"]]
        assert server.requests[0].headers["host"] == f"media.example:{server.port}"


@ways
def test_a_connection_is_not_used_again(way: str, names: Any) -> None:
    """Neither for another fetch nor for a call, whose name may stand for another address."""
    names["media.example"] = [["127.0.0.1"]]

    def twice(url: str) -> Flow[Any]:
        yield from fetch_media(url, allow_private=True)
        return (yield from fetch_media(url, allow_private=True))

    with serve(picture()) as server:
        run(way, lambda: twice(f"http://media.example:{server.port}/a.png"))
        assert server.connections == 2


@ways
def test_tls_is_with_the_name(way: str, names: Any, tmp_path: Path) -> None:
    """The certificate must be the name's, though the connection goes to an address."""
    names["media.example"] = [["127.0.0.1"]]
    ca, path = authority(tmp_path)
    trusted = Connections(verify=path)

    def fetch(context: ssl.SSLContext) -> Any:
        with serve(picture()) as server, tls_front(context, server.port) as port:
            url = f"https://media.example:{port}/a.png"
            return run(way, lambda: fetch_media(url, allow_private=True), trusted)

    assert fetch(server_context(ca.issue_cert("media.example"))).content == PNG
    for other in (ca.issue_cert("127.0.0.1"), trustme.CA().issue_cert("media.example")):
        with pytest.raises(errors.APIConnectionError, match=r"media\.example") as caught:
            fetch(server_context(other))
        assert caught.value.phase == "tls"


@ways
def test_neither_proxy_nor_client_certificate(
    way: str, names: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would look up the name itself, and a certificate is a credential."""
    names["media.example"] = [["127.0.0.1"]]
    ca, path = authority(tmp_path)
    clients = trustme.CA()
    mine = str(tmp_path / "mine.pem")
    clients.issue_cert("me@example.org").private_key_and_cert_chain_pem.write_to_path(mine)
    with serve(picture()) as server, proxy(server.port) as between:
        monkeypatch.setenv("HTTP_PROXY", between.url())
        monkeypatch.setenv("HTTPS_PROXY", between.url())
        url = f"http://media.example:{server.port}/a.png"
        assert run(way, lambda: fetch_media(url, allow_private=True)).content == PNG
        strict = server_context(ca.issue_cert("media.example"), clients)
        known = Connections(verify=path, cert=mine)
        with tls_front(strict, server.port) as port:
            secure = f"https://media.example:{port}/a.png"
            with pytest.raises(errors.APIConnectionError):
                run(way, lambda: fetch_media(secure, allow_private=True), known)
        assert between.heads == []


@ways
def test_redirects_are_followed_three_times(way: str) -> None:
    """Relative ones too; nothing is sent along."""
    with serve(redirect("/b"), redirect("c?x=1", 301), redirect("/d", 307), picture()) as server:
        assert run(way, lambda: fetch_media(f"{server.url}/a", allow_private=True)).content == PNG
    assert [request.path for request in server.requests] == ["/v1/a", "/b", "/c?x=1", "/d"]
    with serve(redirect("/again")) as server:
        with pytest.raises(errors.InvalidRequestError, match="more than 3"):
            run(way, lambda: fetch_media(f"{server.url}/a", allow_private=True))
        assert len(server.requests) == 4


@ways
def test_a_redirect_to_this_machine(way: str, names: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a public host, here one that is taken for one: the second name is checked like the first."""
    names["public.example"] = [["127.0.0.1"]]
    names["rebound.example"] = [["127.0.0.3"]]
    with serve(redirect("http://rebound.example/secrets"), picture()) as server:
        monkeypatch.setattr("onellm.media.is_public", lambda address: address == "127.0.0.1")
        monkeypatch.setattr("onellm.media.PORTS", {"http": server.port, "https": 443})
        with pytest.raises(errors.InvalidRequestError, match=r"127\.0\.0\.3 is not public"):
            run(way, lambda: fetch_media(f"http://public.example:{server.port}/a.png"))
        assert len(server.requests) == 1


@ways
def test_the_next_address_is_tried(way: str, names: Any) -> None:
    """Where nobody listens at the first, as where a host has an address of a kind that is not reached from here."""
    names["media.example"] = [["127.0.0.9", "127.0.0.1"]]
    with serve(picture()) as server:
        url = f"http://media.example:{server.port}/a.png"
        assert run(way, lambda: fetch_media(url, allow_private=True)).content == PNG


@ways
def test_too_many_bytes(way: str) -> None:
    with serve(whole(bytes(2000), 200, {}, "image/png"), whole(bytes(1000), 200, {}, "image/png")) as server:
        with pytest.raises(errors.BadResponseError, match="larger than 1000 bytes"):
            run(way, lambda: fetch_media(server.url, allow_private=True, max_bytes=1000))
        assert len(run(way, lambda: fetch_media(server.url, allow_private=True, max_bytes=1000)).content) == 1000


@ways
@pytest.mark.parametrize("drips", [False, True], ids=["silent", "drips"])
def test_too_slow(way: str, drips: bool) -> None:
    """The time is for the whole fetch, however lively it is."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n\r\n"
    body: list[Any] = [piece for _ in range(100) for piece in (b"x", Wait(0.05))] if drips else [Wait(30)]
    with serve([head, *body]) as server:
        began = time.monotonic()
        with pytest.raises(errors.APITimeoutError, match=r"within 0\.4 s"):
            run(way, lambda: fetch_media(server.url, allow_private=True, seconds=0.4))
        assert time.monotonic() - began < 2


@ways
@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (whole(b"gone", 404, {}, "text/plain"), errors.InvalidRequestError, "answered 404"),
        (whole(b"no", 403, {}, "text/plain"), errors.InvalidRequestError, "answered 403"),
        (whole(b"<!doctype html>", 200, {}, "text/html; charset=utf-8"), errors.BadResponseError, "web page"),
        (whole(b"", 200, {}, "image/png"), errors.BadResponseError, "nothing"),
    ],
)
def test_no_media(way: str, answer: Answer, kind: type[Exception], said: str) -> None:
    """Once: asking again would give the same."""
    with serve(answer) as server:
        with pytest.raises(kind, match=said) as caught:
            run(way, lambda: fetch_media(f"{server.url}/a?sig=hidden", allow_private=True, param="image"))
        assert "hidden" not in str(caught.value)
        assert len(server.requests) == 1


@ways
def test_a_host_that_fails_is_asked_again(way: str) -> None:
    with serve(whole(b"", 503), picture()) as server:
        assert run(way, lambda: fetch_media(server.url, allow_private=True)).content == PNG
    with serve(whole(b"", 500)) as server:
        with pytest.raises(errors.ServerError, match="answered 500"):
            run(way, lambda: fetch_media(server.url, allow_private=True))
        assert len(server.requests) == 3


@ways
def test_a_name_that_is_not_known(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(errors.APIConnectionError, match=r"nowhere\.example") as caught:
        run(way, lambda: fetch_media("https://nowhere.example/a.png"))
    assert caught.value.phase == "dns"


@ways
def test_a_resolver_that_hangs(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: Any, **__: Any) -> Any:
        time.sleep(1)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    began = time.monotonic()
    with pytest.raises(errors.APITimeoutError, match="was not found within"):
        run(way, lambda: fetch_media("https://slow.example/a.png", seconds=0.2))
    assert time.monotonic() - began < 1.5  # asyncio waits for the resolver's thread when the loop ends


def test_a_transport_of_the_callers() -> None:
    """It connects by itself, so only what the URL says can be checked."""
    import httpx

    from onellm.transport.borrowed import Borrowed

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url == "https://media.example/a.png"
        return httpx.Response(200, content=PNG, headers={"Content-Type": "image/png"})

    with Engine(Borrowed(httpx.MockTransport(answer))) as engine:
        assert engine.run(fetch_media("https://media.example/a.png")).content == PNG
        with pytest.raises(errors.InvalidRequestError):
            engine.run(fetch_media("https://127.0.0.1/a.png"))


@ways
def test_inside_a_flow(way: str) -> None:
    """As a provider uses it: the flow goes on with the file, within one list of attempts."""
    from tests.engine.ops import call, ok

    def flow(url: str) -> Flow[Any]:
        file = yield from fetch_media(url, allow_private=True)
        said = yield call(url)
        return file.media_type, said

    with serve(picture(), ok("fine")) as server:
        assert run(way, lambda: flow(server.url)) == ("image/png", "fine")
