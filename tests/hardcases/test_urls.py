"""URL-01, 02, 03, 07 and 09 on the wire: names, base URLs and limits. test_model_names.py has the tables of strings."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from onellm import ConfigurationError, errors, get_provider, list_providers
from onellm.options import Options, RetryPolicy, Timeout, as_timeout
from tests.support import DONE, Answer, Caller, Wait, chunk, completion, event, serve, streamed, whole

CALLERS = [pytest.param(Caller("sync"), id="sync"), pytest.param(Caller("async"), id="async")]
both = pytest.mark.parametrize("caller", CALLERS)
modes = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])

GOOD = {False: whole(completion("Hello")), True: streamed(event(chunk("Hello", finish="stop")), DONE)}
HUNG: Answer = [Wait(10)]


def ask(caller: Caller, stream: bool, providers: Any, model: str = "openai/m", **params: Any) -> Any:
    if stream:
        result = caller.chat_stream(providers, model, **params)
        if result.error is not None:
            raise result.error
        return result.final
    return caller.chat(providers, model, **params)


NAMES = [
    "anthropic/claude-3.5-sonnet:free",
    "llama3:8b@host:11434",
    "hf.co/user/repo:Q4",
    "zai-org-glm-5:enable_web_search=on&include_venice_system_prompt=false",
    "ft:gpt-4o-mini:org::id",
    "a model with spaces",
    "模型/é%2F?#",
]


@both
@modes
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("provider", ["openai", "venice", "openrouter"])
def test_url_01_url_02_the_name_is_sent_verbatim(caller: Caller, stream: bool, name: str, provider: str) -> None:
    """Colons, @, = and & included: in the body, as it was given."""
    with serve(GOOD[stream]) as server:
        ask(caller, stream, server.provider(), f"{provider}/{name}")
        assert [(r.method, r.path, r.json["model"]) for r in server.requests] == [
            ("POST", "/v1/chat/completions", name)
        ]


@both
def test_url_02_at_before_the_slash_names_a_profile(caller: Caller) -> None:
    """After the slash it is part of the model."""
    with serve(GOOD[False]) as server:
        providers = {"openai@work": {"base_url": server.url, "api_key": "work-key"}, **server.provider()}
        caller.chat(providers, "openai@work/m@v2")
        assert server.requests[0].json["model"] == "m@v2"
        assert server.requests[0].headers["authorization"] == "Bearer work-key"


@both
def test_url_03_the_variable_counts_as_the_setting_does(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(GOOD[False]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/chat/completions")
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        caller.chat(None)
        assert server.requests[0].path == "/v1/chat/completions"


# -- URL-07 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, Timeout(None, None, None, None, None)),
        (5, Timeout(5, 5, 5, 5, None)),
        (30, Timeout(5, 30, 30, 30, None)),
        (0.25, Timeout(0.25, 0.25, 0.25, 0.25, None)),
        (Timeout(connect=1, stall=2), Timeout(connect=1, stall=2)),
        (httpx.Timeout(30, connect=3), Timeout(3, 30, 30, 30, 30)),
        (httpx.Timeout(None), Timeout(None, None, None, None, None)),
    ],
)
def test_url_07_what_a_timeout_means(given: Any, expected: Timeout) -> None:
    """None is no limit but the deadline; a number is seconds and limits each wait; connecting and reading are apart."""
    assert as_timeout(given) == expected
    assert Options().override(timeout=given).timeout == expected


def test_url_07_not_given_is_not_none() -> None:
    options = Options().override(timeout=9)
    assert options.override() is options
    assert options.override(timeout=None).timeout.reply is None
    assert options.override(deadline=None).deadline is None
    assert (Options().deadline, Options().timeout.connect) == (600, 5)


@both
@pytest.mark.parametrize("bad", [0, 0.0, -1, float("inf"), float("nan"), True, "5"])
@pytest.mark.parametrize("where", ["client", "call"])
def test_url_07_zero_is_refused_not_ignored(caller: Caller, bad: Any, where: str) -> None:
    """`timeout or default` would make 30 seconds of it."""
    params: dict[str, Any] = {"client": {"timeout": bad}} if where == "client" else {"timeout": bad}
    with serve(GOOD[False]) as server:
        with pytest.raises(ConfigurationError):
            caller.chat(server.provider(), **params)
        assert server.requests == []


@both
@modes
def test_url_07_the_call_wins(caller: Caller, stream: bool) -> None:
    """And 0.2 is 200 milliseconds, neither 0 nor 200 seconds."""
    with serve(HUNG) as server:
        began = time.monotonic()
        with pytest.raises(errors.APITimeoutError):
            ask(caller, stream, server.provider(), timeout=0.2, client={"timeout": 60, "max_retries": 0})
        assert 0.15 < time.monotonic() - began < 2
    with serve([Wait(0.25), *GOOD[stream]]) as server:
        answer = ask(caller, stream, server.provider(), timeout=5, client={"timeout": 0.1})
        assert answer.choices[0].message.content == "Hello"
    with serve([Wait(0.25), *GOOD[stream]]) as server:
        answer = ask(caller, stream, server.provider(), timeout=None, client={"timeout": 0.1})
        assert answer.choices[0].message.content == "Hello"


@both
def test_url_07_connect_is_apart_from_read(caller: Caller) -> None:
    """A short limit for connecting does not cut a long generation."""
    with serve([Wait(0.35), *GOOD[False]]) as server:
        assert caller.chat(server.provider(), timeout=Timeout(connect=0.2)).choices[0].message.content == "Hello"


# -- URL-09 -----------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("model", "expected", "says"),
    [
        ("gpt-4o", errors.InvalidModelStringError, "openai/gpt-4o"),
        ("", errors.InvalidModelStringError, "provider"),
        ("openai/", errors.InvalidModelStringError, "provider/model"),
        ("/gpt-4o", errors.InvalidModelStringError, "provider/model"),
        (" openai/gpt-4o", errors.InvalidModelStringError, "provider/model"),
        (None, errors.InvalidModelStringError, "provider/model"),
        (4, errors.InvalidModelStringError, "int"),
        ("opnai/gpt-4o", errors.UnknownProviderError, "openai"),
        ("venise/m", errors.UnknownProviderError, "venice"),
        ("OpenAI/m", errors.UnknownProviderError, "openai"),
        ("zzz/m", errors.UnknownProviderError, "openrouter"),
        ("/", errors.InvalidModelStringError, "provider/model"),
    ],
)
def test_url_09_unknown_provider_or_missing_prefix(
    caller: Caller, model: Any, expected: type[Exception], says: str
) -> None:
    """A typed error that names the nearest provider, or all of them, before anything is sent."""
    with serve(GOOD[False]) as server:
        for stream in (False, True):
            with pytest.raises(errors.ConfigurationError) as caught:
                ask(caller, stream, server.provider(), model, max_retries=RetryPolicy())
            assert type(caught.value) is expected
            assert says in str(caught.value)
        assert server.connections == 0


def test_url_09_all_providers_are_named() -> None:
    with pytest.raises(errors.UnknownProviderError) as caught:
        get_provider("zzz")
    assert all(name in str(caught.value) for name in list_providers())
