"""No secret reaches a recording's file: none of a request, wherever it shows, and no id that a service has of us."""

from __future__ import annotations

import base64
import json
import logging
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from onellm.testing import Tape, UnmatchedRequest, replay
from tests.hunt import Log, hunt, hunt_error
from tests.support import DONE, Caller, chunk, completion, event
from tests.testing.taping import (
    SETTINGS,
    Canned,
    ask,
    ask_stream,
    exchanges,
    made,
    plain_client,
    post,
    recorder,
    streaming,
    through,
    whole,
)
from tests.wire import both

SYNC = Caller("sync")


@pytest.fixture
def key() -> str:
    """A random key, with signs that URLs and JSON write in another way."""
    return f"sk-{secrets.token_urlsafe(24)}/+{secrets.token_hex(8)}=="


def no_trace_of(secret: str, path: Path) -> None:
    """The file holds the secret in no spelling."""
    text = path.read_text(encoding="utf-8")
    again = json.dumps(json.loads(text), ensure_ascii=False)
    for spelling in (
        secret,
        quote(secret),
        quote(secret, safe=""),
        secret.replace("/", r"\/"),
        json.dumps(secret)[1:-1],
    ):
        assert spelling not in text
        assert spelling not in again


@both
def test_the_key_of_a_client_is_nowhere(caller: Caller, key: str, tmp_path: Path) -> None:
    settings = {"openai": {**SETTINGS["openai"], "api_key": key}}
    said = completion(f"Your key is {key}.", system_fingerprint=key)
    log = Log()
    logging.getLogger().addHandler(log)
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        with recorder(tmp_path / "a.json", whole(said)) as tape:
            messages = [{"role": "user", "content": f"Is {key} my key?"}]
            caller.chat(settings, messages=messages, client=through(tape, caller), user=key)
            assert [place for place in hunt(tape, key) if "._inner" not in place] == []
    finally:
        logging.getLogger().removeHandler(log)
    assert key not in log.text
    no_trace_of(key, tape.path)
    request = exchanges(tape.path)[0]["request"]
    assert request["json"]["messages"][0]["content"] == "Is REMOVED my key?"
    assert request["json"]["user"] == "REMOVED"
    assert request["headers"] == {"accept": "application/json", "content-type": "application/json"}


def test_a_replay_with_another_key_matches(tmp_path: Path) -> None:
    with recorder(tmp_path / "a.json", whole(completion("yes"))) as tape:
        ask(tape, SYNC, f"Is {SETTINGS['openai']['api_key']} my key?")
    other = {"openai": {**SETTINGS["openai"], "api_key": "another-key"}}
    with replay(tape.path) as again:
        messages = [{"role": "user", "content": "Is another-key my key?"}]
        answer = SYNC.chat(other, messages=messages, client=through(again, SYNC))
    assert answer.choices[0].message.content == "yes"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_a_key_that_a_stream_repeats_in_parts(size: int, key: str, tmp_path: Path) -> None:
    settings = {"openai": {**SETTINGS["openai"], "api_key": key}}
    text = f"It is {key}, no?"
    deltas = [text[start : start + size] for start in range(0, len(text), size)]
    with recorder(tmp_path / "a.json", streaming(*(event(chunk(delta)) for delta in deltas), DONE)) as tape:
        messages = [{"role": "user", "content": "Hi"}]
        said = SYNC.chat_stream(settings, messages=messages, client=through(tape, SYNC))
        assert said.text == text
    with replay(tape.path) as again:
        replayed = ask_stream(again, SYNC)
    assert replayed.text == f"It is REMOVED{'x' * (len(key) - 7)}, no?"
    assert len(exchanges(tape.path)[0]["reply"]["pieces"]) == len(deltas) + 1


def test_a_key_in_the_parts_of_two_choices_and_tool_calls(key: str, tmp_path: Path) -> None:
    settings = {"openai": {**SETTINGS["openai"], "api_key": key}}
    events: list[bytes] = []
    for letter in key:
        choices: list[Any] = [{"index": index, "delta": {"content": letter}} for index in (0, 1)]
        call: Any = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": letter}}
        choices.append({"index": 2, "delta": {"tool_calls": [call]}})
        events.append(event({**chunk(), "choices": choices}))
    with recorder(tmp_path / "a.json", streaming(*events, DONE)) as tape:
        SYNC.chat_stream(settings, client=through(tape, SYNC), n=3)
    found = [
        json.loads(piece.removeprefix("data: "))["choices"] for piece in exchanges(tape.path)[0]["reply"]["pieces"][:-1]
    ]
    mask = "REMOVED".ljust(len(key), "x")
    assert "".join(choices[0]["delta"]["content"] for choices in found) == mask
    assert "".join(choices[1]["delta"]["content"] for choices in found) == mask
    assert "".join(choices[2]["delta"]["tool_calls"][0]["function"]["arguments"] for choices in found) == mask


def test_a_key_across_two_pieces(key: str, tmp_path: Path) -> None:
    body = f"<p>{key}</p>".encode()
    service = Canned([body[:9], body[9:]], content_type="text/html")
    with recorder(tmp_path / "a.json", service) as tape, plain_client(tape) as client:
        assert client.get("/", headers={"X-Api-Key": key}).content == body
    pieces = exchanges(tape.path)[0]["reply"]["pieces"]
    assert [len(piece) for piece in pieces] == [9, len(body) - 9]
    assert "".join(pieces) == f"<p>{'REMOVED'.ljust(len(key), 'x')}</p>"


def test_a_conversation_about_the_key_matches_in_its_next_turn(key: str, tmp_path: Path) -> None:
    settings = {"openai": {**SETTINGS["openai"], "api_key": key}}
    tapes: list[Callable[[], Tape]] = [
        lambda: recorder(tmp_path / "a.json", whole(completion(f"It is {key}."))),
        lambda: replay(tmp_path / "a.json"),
    ]
    for tape in tapes:
        with tape() as running:
            said = SYNC.chat(settings, client=through(running, SYNC)).choices[0].message.content
            messages = [{"role": "assistant", "content": said}, {"role": "user", "content": "Sure?"}]
            SYNC.chat(settings, messages=messages, client=through(running, SYNC))


CREDENTIALS = [
    "Authorization",
    "Proxy-Authorization",
    "X-Api-Key",
    "api-key",
    "x-goog-api-key",
    "Cookie",
    "X-Amz-Security-Token",
    "X-Payment",
    "X-Sign-In-With-X",
    "Ocp-Apim-Subscription-Key",
    "X-Session-Id",
    "CF-Access-Client-Secret",
    "X-Some-Credential",
]


@pytest.mark.parametrize("header", CREDENTIALS)
def test_any_header_with_a_credential(header: str, key: str, tmp_path: Path) -> None:
    value = f"session={key}; theme=dark" if header == "Cookie" else key
    service = whole({"you said": key, "at": f"https://h/?q={quote(key, safe='')}"})
    exchange = post(tmp_path / "a.json", service, headers={header: value, "X-Harmless": "1"}, json={"mine": key})
    assert exchange["request"]["headers"].keys() == {"accept", "content-type"}
    no_trace_of(key, tmp_path / "a.json")


def test_basic_credentials_and_their_parts(tmp_path: Path) -> None:
    packed = base64.b64encode(b"somebody:correct horse").decode()
    service = whole({"echo": packed, "password": "correct horse", "name": "somebody"})
    post(tmp_path / "a.json", service, headers={"Authorization": f"Basic {packed}"})
    text = (tmp_path / "a.json").read_text()
    assert not [secret for secret in (packed, "correct horse", "somebody") if secret in text]


def test_an_aws_signature(tmp_path: Path) -> None:
    signature = secrets.token_hex(32)
    value = (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261121/us-east-1/bedrock/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}"
    )
    post(tmp_path / "a.json", whole({"a": f"AKIAIOSFODNN7EXAMPLE {signature}"}), headers={"Authorization": value})
    text = (tmp_path / "a.json").read_text()
    assert not [secret for secret in ("AKIAIOSFODNN7EXAMPLE", signature) if secret in text]


def test_keys_in_urls_and_bodies(tmp_path: Path) -> None:
    url = "https://somebody:some-password@api.example/v1/x?q=1&key=AIzaSyFromTheQuery&sig=short#part"
    service = whole(
        {"next": "https://h/?a=1&token=fresh-token-99", "password": "some-password", "k": "AIzaSyFromTheQuery"}
    )
    exchange = post(tmp_path / "a.json", service, url=url, json={"api_key": "in-the-body", "tools": [{"a": 1}]})
    assert exchange["request"]["url"] == "https://api.example/v1/x?q=1&key=REMOVED&sig=REMOVED"
    assert exchange["request"]["json"] == {"api_key": "REMOVED", "tools": [{"a": 1}]}
    text = (tmp_path / "a.json").read_text()
    for secret in ("some-password", "AIzaSy", "short", "fresh-token", "in-the-body"):
        assert secret not in text
    with replay(tmp_path / "a.json") as again, plain_client(again) as client:
        client.post("/v1/x?q=1&key=AnotherKey&sig=x", json={"api_key": "another", "tools": [{"a": 1}]})


def test_a_key_in_a_form_and_in_a_file(key: str, tmp_path: Path) -> None:
    exchange = post(tmp_path / "a.json", whole({}), data={"client_secret": key, "b": "1"})
    assert exchange["request"]["text"] == "client_secret=REMOVED&b=1"
    file = ("a.bin", b"\xff" + key.encode())
    exchange = post(tmp_path / "a.json", whole({}), headers={"X-Api-Key": key}, files={"f": file})
    assert key.encode() not in base64.b64decode(exchange["request"]["base64"])


def test_what_a_service_says_of_its_user(tmp_path: Path) -> None:
    organization, project = f"org-{secrets.token_hex(12)}", f"proj_{secrets.token_hex(12)}"
    account = f"{secrets.token_hex(4)}-4f4f"
    message = f"Limit reached in organization {organization} (project {project}) for {account}"
    owner = {"user_id": "u_7", "organization": "Some Company", "created_by": "user_0a1b2c3d4e5f6g7h8"}
    service = whole(
        {"error": {"message": message}, **owner},
        set_cookie="__cf_bm=cookievalue0123456789; path=/",
        openai_organization="some-company-1",
        openai_project=project,
        anthropic_organization_id=account,
        x_ratelimit_limit_project_tokens="500",
        x_session_token="abcdefgh",
        x_request_id="req_1",
        www_authenticate="Bearer",
    )  # fmt: skip
    reply = post(tmp_path / "a.json", service)["reply"]
    assert reply["headers"] == {
        "content-type": "application/json",
        "x-ratelimit-limit-project-tokens": "500",
        "x-request-id": "req_1",
        "www-authenticate": "Bearer",
    }
    text = json.dumps(reply)
    for secret in (organization, project, account, "u_7", "Some Company", "user_0a1b", "cookievalue"):
        assert secret not in text
    assert "Limit reached in organization REMOVEDxxx" in text


def test_new_keys_that_a_service_hands_out(tmp_path: Path) -> None:
    service = whole({"data": {"apiKey": "fresh-key-1", "client_secret": "fresh-2", "id": "key_1"}})
    reply = post(tmp_path / "a.json", service)["reply"]
    assert reply["json"] == {"data": {"apiKey": "REMOVEDxxxx", "client_secret": "REMOVED", "id": "key_1"}}


def test_what_the_caller_names(tmp_path: Path) -> None:
    path = made(tmp_path / "a.json", whole(completion("Ms Meyerhoff")), "I am Meyerhoff", secrets=["Meyerhoff"])
    assert "Meyerhoff" not in path.read_text()
    with replay(path, secrets=["Meyerhoff"]) as again:
        assert ask(again, SYNC, "I am Meyerhoff").choices[0].message.content == "Ms REMOVEDxx"
    with pytest.raises(ValueError, match="fewer than 8") as caught:
        replay(path, secrets=["Mey"])
    assert "Mey" not in str(caught.value)


def test_other_text_stays(tmp_path: Path) -> None:
    said = "user_AuthenticationServiceFactory, org-mode, REST keys: sk, ?token=none, org_chart"
    path = made(tmp_path / "a.json", whole(completion(said)), said)
    (exchange,) = exchanges(path)
    assert exchange["reply"]["json"]["choices"][0]["message"]["content"] == said
    assert exchange["request"]["json"]["messages"][0]["content"] == said


@both
def test_the_error_of_a_replay_shows_no_key(caller: Caller, key: str, tmp_path: Path) -> None:
    path = made(tmp_path / "a.json", whole())
    settings: Any = {"openai": {**SETTINGS["openai"], "api_key": key}}
    messages = [{"role": "user", "content": f"My key: {key}"}]
    with replay(path) as again, pytest.raises(UnmatchedRequest) as caught:
        caller.chat(settings, messages=messages, client=through(again, caller))
    assert "+" in str(caught.value)
    assert key not in str(caught.value)
    assert [place for place in hunt_error(caught.value, key) if "/testing/recording/" in place] == []
    assert hunt(again, key) == []
