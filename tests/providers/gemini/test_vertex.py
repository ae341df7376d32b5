"""Vertex AI: where calls go, and with whose token."""

from __future__ import annotations

import asyncio
import datetime
import threading
from typing import Any

import google.auth.credentials
import pytest
from onellm_providers.vertex.credentials import Fetcher

import onellm
from onellm import AuthenticationError, ChatRequest, ConfigurationError, Reply, get_provider
from onellm.auth import KeyHeader
from onellm.tokens import TokenSource
from tests.providers.gemini.wire import NEW, answer
from tests.support import Caller, serve, whole
from tests.wire import USER, both

REQUEST = ChatRequest(model=NEW, messages=[USER])
MODEL = f"publishers/google/models/{NEW}:generateContent"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "VERTEX_PROJECT", "VERTEX_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def made(**settings: Any) -> Any:
    return get_provider("vertex", **settings).chat(REQUEST)


class Credentials(google.auth.credentials.Credentials):
    """Credentials that count how often they are refreshed."""

    def __init__(self, mark: str, seconds: int = 3600) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.mark, self.seconds, self.refreshed = mark, seconds, 0
        self.threads: set[int] = set()

    def refresh(self, request: Any) -> None:
        self.refreshed += 1
        self.threads.add(threading.get_ident())
        self.token = f"{self.mark}-{self.refreshed}"
        self.expiry = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(
            seconds=self.seconds
        )


@pytest.mark.parametrize(
    ("location", "host"),
    [("us-central1", "us-central1-aiplatform.googleapis.com"), ("global", "aiplatform.googleapis.com"),
     ("us", "aiplatform.us.rep.googleapis.com"), ("eu", "aiplatform.eu.rep.googleapis.com")],
)  # fmt: skip
def test_auth_04_hosts_of_locations(location: str, host: str) -> None:
    call = made(project="p", location=location, access_token="t")
    assert call.url == f"https://{host}/v1beta1/projects/p/locations/{location}/{MODEL}"


def test_names_of_models() -> None:
    place = "https://aiplatform.googleapis.com/v1beta1/projects/p/locations/global/"
    provider = get_provider("vertex", project="p", access_token="t")
    for name, path in (
        ("google/gemini-x", "publishers/google/models/gemini-x"),
        ("publishers/meta/models/llama", "publishers/meta/models/llama"),
        ("endpoints/123", "endpoints/123"),
    ):
        call: Any = provider.chat(ChatRequest(model=name, messages=[USER]))
        assert call.url == f"{place}{path}:generateContent"


def test_auth_06_what_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "google-key-of-environment")
    monkeypatch.setenv("VERTEX_API_KEY", "vertex-key-of-environment")
    assert isinstance(made(project="p", credentials=Credentials("a")).auth, TokenSource)
    assert "/projects/p/" in made(project="p", credentials=Credentials("a")).url
    assert made().auth == KeyHeader(get_provider("vertex").settings.api_key, "x-goog-api-key", "")  # type: ignore[arg-type]
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "e")
    monkeypatch.delenv("VERTEX_API_KEY")
    assert "/projects/e/" in made().url
    assert "/projects/p/" in made(project="p").url
    assert isinstance(made().auth, TokenSource)


def test_a_project_comes_from_the_credentials() -> None:
    info = {"type": "service_account", "project_id": "named"}
    assert "/projects/named/" in made(credentials=info).url
    with pytest.raises(ConfigurationError, match="needs a project"):
        made(access_token="t")
    with pytest.raises(ConfigurationError, match="not both"):
        made(project="p", access_token="t", credentials=info)
    with pytest.raises(ConfigurationError, match="part of a URL"):
        made(project="p/../q", access_token="t")


@both
def test_auth_05_one_refresh_for_all_and_a_refused_token_is_refreshed_once(caller: Caller) -> None:
    credentials = Credentials("a")
    with serve(*[whole(_answer())] * 3) as server:
        provider = get_provider(
            "vertex", project="p", credentials=credentials, base_url=f"{server.url.removesuffix('/v1')}/v1beta1"
        )
        for _ in range(3):
            caller.run(lambda: provider.chat(REQUEST))
        sent = [request.headers["authorization"] for request in server.requests]
    assert credentials.refreshed == 1
    assert set(sent) == {"Bearer a-1"}


def test_auth_05_fifty_calls_at_once_share_one_refresh_outside_of_the_event_loop() -> None:
    credentials = Credentials("a")

    async def main() -> None:
        with serve(*[whole(_answer())] * 50) as server:
            settings = {
                "project": "p",
                "credentials": credentials,
                "base_url": f"{server.url.removesuffix('/v1')}/v1beta1",
            }
            async with onellm.AsyncOneLLM(providers={"vertex": settings}) as client:
                await asyncio.gather(*(client.chat.completions.create(f"vertex/{NEW}", [USER]) for _ in range(50)))
            assert {request.headers["authorization"] for request in server.requests} == {"Bearer a-1"}

    asyncio.run(main())
    assert credentials.refreshed == 1
    assert threading.get_ident() not in credentials.threads


def test_auth_05_a_refused_token_gives_way_to_a_fresh_one_and_nobody_shares_it() -> None:
    first, second = Credentials("a"), Credentials("b")
    sources: list[Any] = [made(project="p", credentials=each).auth for each in (first, second)]
    for source in sources:
        assert _headers(source) == ["Bearer a-1" if source is sources[0] else "Bearer b-1"]
    assert _headers(sources[0], refused=True) == ["Bearer a-1", "Bearer a-2"]
    assert (first.refreshed, second.refreshed) == (2, 1)


def test_a_short_token_is_fetched_anew() -> None:
    credentials = Credentials("a", seconds=60)
    source: Any = made(project="p", credentials=credentials).auth
    assert _headers(source) + _headers(source) == ["Bearer a-1", "Bearer a-2"]


def test_no_credentials_are_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    path = tmp_path / "key.json"
    path.write_text('{"type": "authorized_user"}')
    with pytest.raises((AuthenticationError, ConfigurationError), match="gcloud auth application-default login"):
        Fetcher(str(path))()


def test_a_missing_google_auth_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "google.auth.transport.requests", None)
    with pytest.raises(ConfigurationError, match="extra 'vertex'"):
        Fetcher(None)()


def _answer() -> bytes:
    import json

    return json.dumps(answer("Hi")).encode()


def _headers(source: Any, *, refused: bool = False) -> list[str]:
    """The headers that a source signs with, its work done here."""
    from onellm.call import Request, Work

    flow = source.flow(Request("POST", "https://h", [], b""))
    found: list[str] = []
    value: Any = None
    try:
        step = next(flow)
        while True:
            if isinstance(step, Work):
                value = step.run()
            else:
                found.append(dict(step.headers)["Authorization"])
                value = Reply(401 if refused and len(found) == 1 else 200)
            step = flow.send(value)
    except StopIteration:
        return found


def test_a_refused_token_is_told_with_what_to_do() -> None:
    error = made(project="p", access_token="t").error(
        Reply(401, {}, b'{"error": {"code": 401, "status": "UNAUTHENTICATED"}}')
    )
    assert isinstance(error, AuthenticationError)
    assert "access token was refused" in str(error)
    assert "VERTEX_API_KEY" not in str(error)
