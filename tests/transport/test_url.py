"""URLs as they go on the wire, judged by httpx's; what differs is said."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onellm import ConfigurationError
from onellm.transport.url import URL, parse_url

HOSTS = ["api.test", "API.Test", "127.0.0.1", "[::1]", "[2001:db8::1]", "münchen.test", "straße.test", "a_b.test", "h."]
PORTS = ["", ":80", ":443", ":8080", ":"]
ALIKE = st.characters(
    min_codepoint=32, max_codepoint=0x2FFF, exclude_characters="#%\\`{}^|[].", exclude_categories=["C"]
)
"""Letters of paths and queries that both quote alike, without those that make dot segments."""


def seen(url: httpx.URL) -> tuple[object, ...]:
    return url.scheme, url.raw_host.decode(), url.port, url.netloc.decode(), url.raw_path.decode()


def ours(text: str) -> tuple[object, ...]:
    url = URL(text)
    return url.scheme, url.host, url.port, url.netloc, url.target


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("port", PORTS)
def test_hosts_and_ports(scheme: str, host: str, port: str) -> None:
    text = f"{scheme}://{host}{port}/v1"
    assert ours(text) == seen(httpx.URL(text))


@given(path=st.text(ALIKE.filter(lambda letter: letter.isprintable() and letter != "?")), query=st.text(ALIKE))
def test_paths_and_queries(path: str, query: str) -> None:
    if not query.isprintable():
        return
    text = f"https://api.test/{path}" + (f"?{query}" if query else "")
    assert ours(text) == seen(httpx.URL(text))


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("https://h", "/"),
        ("https://h?a=1", "/?a=1"),
        ("https://h/a b/ü?ü=ü b#part", "/a%20b/%C3%BC?%C3%BC=%C3%BC%20b"),
        ("https://h/a%2Fb%20c?x=%2f", "/a%2Fb%20c?x=%2f"),  # what is quoted stays as it is
        ("https://h/100%", "/100%25"),  # httpx leaves a bare % there
        ("https://h/a/../b", "/a/../b"),  # httpx takes the dots away; the host does too
        ("https://h/?q=a?b/c", "/?q=a?b/c"),
        ("https://h/?", "/"),
    ],
)
def test_targets(text: str, target: str) -> None:
    assert URL(text).target == target


def test_the_origin_is_the_same_however_it_is_written() -> None:
    """httpx takes `HTTPS://h:443` and `https://h` for two."""
    assert URL("HTTPS://[2001:DB8::1]:443/").origin == URL("https://[2001:db8::1]").origin


def test_the_text_has_no_user_and_no_fragment() -> None:
    assert str(URL("https://me:secret@API.test:443/v1#part")) == "https://api.test/v1"


@pytest.mark.parametrize(
    "text",
    [
        "https://h/\n", "https://h/\x00", "https://h\r\nX: y/", "https://[::1", "https://h:99999", "https://h:x",
        "https://a..b/", f"https://{'a' * 70}.test/", "https:///v1", "ftp://h/", "h/v1", "", "https://\ud800/",
        "https://h/\ud800",
    ],
)  # fmt: skip
def test_what_cannot_be_called(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_url(text)
