"""What counts as a credential or as an id of ours: in headers, URLs, bodies and answers."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path
from urllib.parse import quote

import pytest

from onellm.testing import replay
from tests.testing.taping import no_trace_of, plain_client, post, random_key, whole


@pytest.fixture
def key() -> str:
    return random_key()


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
    owner = {"organization_id": "acme-7", "organization": "Some Company", "user_id": "user_0a1b2c3d4e5f6g7h8"}
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
    for secret in (organization, project, account, "acme-7", "user_0a1b", "cookievalue"):
        assert secret not in text
    assert "Limit reached in organization REMOVEDxxx" in text
    assert "Some Company" in text, "a model may say so: no id"


def test_new_keys_that_a_service_hands_out(tmp_path: Path) -> None:
    service = whole({"data": {"apiKey": "fresh-key-1", "client_secret": "fresh-2", "id": "key_1"}})
    reply = post(tmp_path / "a.json", service)["reply"]
    assert reply["json"] == {"data": {"apiKey": "REMOVEDxxxx", "client_secret": "REMOVED", "id": "key_1"}}
