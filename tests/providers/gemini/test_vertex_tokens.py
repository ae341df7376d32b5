"""Tokens of Google Cloud for real: google-auth against a token endpoint and a metadata server on loopback."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import google.oauth2.credentials
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt
from google.auth.compute_engine import _metadata

from onellm import AuthenticationError, ChatRequest, ConfigurationError, get_provider
from tests.hunt import assert_clean, hunt
from tests.providers.gemini.wire import NEW, answer
from tests.support import Caller
from tests.wire import USER, both

REQUEST = ChatRequest(model=NEW, messages=[USER])
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
PUBLIC = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


class Google:
    """What asks for tokens and answers chats: `asked` are the forms, `chats` the headers and paths."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.chats: list[tuple[str, dict[str, str]]] = []
        self.lasts, self.refuses = 3600, False
        google = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.path != "/token":
                    google.chats.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                    self.say(200, answer("Hi"))
                    return
                google.asked.append({name: value for name, (value,) in parse_qs(body.decode()).items()})
                if google.refuses:
                    self.say(400, {"error": "invalid_grant", "error_description": "Account not found."})
                else:
                    self.say(200, google.token())

            def do_GET(self) -> None:
                assert self.headers["metadata-flavor"] == "Google"
                where = urlsplit(self.path).path.removeprefix("/computeMetadata/v1/")
                if where.endswith("/token"):
                    google.asked.append({"metadata": where})
                    self.say(200, google.token())
                else:
                    known = {"email": "robot@p", "scopes": ["s"], "aliases": ["default"]}
                    self.say(200, known if "service-accounts" in where else {})

            def say(self, status: int, value: Any) -> None:
                out = json.dumps(value).encode()
                self.send_response(status)
                for name, each in (
                    ("Content-Type", "application/json"),
                    ("Metadata-Flavor", "Google"),
                    ("Content-Length", str(len(out))),
                ):
                    self.send_header(name, each)
                self.end_headers()
                self.wfile.write(out)

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}"

    def token(self) -> dict[str, Any]:
        return {"access_token": f"token-{len(self.asked)}", "expires_in": self.lasts, "token_type": "Bearer"}

    @property
    def signed(self) -> list[str]:
        """With what the chats were signed."""
        return [headers["authorization"] for _, headers in self.chats]


@pytest.fixture(name="google")
def google_(monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    made = Google()
    monkeypatch.setattr(google.oauth2.credentials, "_GOOGLE_OAUTH2_TOKEN_ENDPOINT", f"{made.url}/token")
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "VERTEX_PROJECT", "VERTEX_API_KEY", "GOOGLE_API_KEY",
        "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_QUOTA_PROJECT",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))


def account(google: Google, **more: Any) -> dict[str, Any]:
    """What the key file of a service account holds."""
    return {
        "type": "service_account",
        "project_id": "named",
        "private_key_id": "k1",
        "private_key": PRIVATE,
        "client_email": "robot@named.iam.gserviceaccount.com",
        "token_uri": f"{google.url}/token",
        **more,
    }


def user(google: Google, **more: Any) -> dict[str, Any]:
    """What gcloud writes for a user."""
    return {
        "type": "authorized_user",
        "client_id": "c",
        "client_secret": "client-secret",
        "refresh_token": "refresh-me",
        "token_uri": f"{google.url}/token",
        **more,
    }


def saved(path: Path, content: dict[str, Any]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")
    return str(path)


def provider(google: Google, **settings: Any) -> Any:
    return get_provider("vertex", base_url=f"{google.url}/v1beta1", **settings)


@both
@pytest.mark.parametrize("given", ["table", "text", "path", "environment"])
def test_a_service_account_signs_for_its_token(
    caller: Caller, given: str, google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = account(google)
    path = saved(tmp_path / "key.json", content)
    if given == "environment":
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", path)
    ways: dict[str, Any] = {"table": content, "text": json.dumps(content, indent=2), "path": path}
    made = provider(google, **({"credentials": ways[given]} if given in ways else {}))
    for _ in range(2):
        assert caller.run(lambda: made.chat(REQUEST)).choices[0].message.content == "Hi"
    (form,) = google.asked
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    claims = jwt.decode(form["assertion"], certs=PUBLIC)  # type: ignore[no-untyped-call]
    assert claims["iss"] == content["client_email"]
    assert claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"
    assert claims["exp"] - claims["iat"] == 3600
    assert google.signed == ["Bearer token-1"] * 2
    assert all("/projects/named/locations/global/" in path for path, _ in google.chats)


@both
def test_a_token_that_is_about_to_end_is_fetched_anew(caller: Caller, google: Google) -> None:
    google.lasts = 60
    made = provider(google, credentials=account(google))
    for _ in range(2):
        caller.run(lambda: made.chat(REQUEST))
    assert google.signed == ["Bearer token-1", "Bearer token-2"]


@both
def test_a_user_of_gcloud_and_the_project_that_pays(
    caller: Caller, google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """google-genai sends the quota project of the credentials as x-goog-user-project."""
    saved(tmp_path / "gcloud" / "application_default_credentials.json", user(google, quota_project_id="payer"))
    caller.run(lambda: provider(google, project="p").chat(REQUEST))
    (form,) = google.asked
    assert form["grant_type"] == "refresh_token"
    assert form["refresh_token"] == "refresh-me"
    ((path, headers),) = google.chats
    assert "/projects/p/" in path
    assert (headers["authorization"], headers["x-goog-user-project"]) == ("Bearer token-1", "payer")
    own = provider(google, project="p", headers={"X-Goog-User-Project": "mine"})
    caller.run(lambda: own.chat(REQUEST))
    assert google.chats[-1][1]["x-goog-user-project"] == "mine"
    caller.run(lambda: provider(google, credentials=account(google)).chat(REQUEST))
    assert "x-goog-user-project" not in google.chats[-1][1]


@both
def test_the_metadata_server_of_a_machine_at_google(
    caller: Caller, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_metadata, "_GCE_METADATA_HOST", google.host)
    monkeypatch.setenv("GCE_METADATA_IP", google.host)
    made = provider(google, project="p")
    for _ in range(2):
        caller.run(lambda: made.chat(REQUEST))
    assert google.asked == [{"metadata": "instance/service-accounts/default/token"}]
    assert google.signed == ["Bearer token-1"] * 2


@both
def test_a_refused_account_is_told_with_what_to_do_and_no_frame_holds_its_key(caller: Caller, google: Google) -> None:
    google.refuses = True
    mark = secrets.token_urlsafe(24)
    made = provider(google, project="p", credentials=user(google, client_secret=mark, refresh_token=mark))
    assert hunt(made, mark) == []
    with pytest.raises(AuthenticationError, match="gcloud auth application-default login") as caught:
        caller.run(lambda: made.chat(REQUEST))
    assert "Account not found" in str(caught.value)
    assert_clean(caught.value, mark)
    assert google.chats == []


def test_no_setting_shows_a_credential(google: Google) -> None:
    mark = secrets.token_urlsafe(24)
    for settings in (
        {"credentials": account(google, private_key=mark)},
        {"credentials": json.dumps(account(google, private_key=mark), indent=1)},
        {"access_token": mark, "project": "p"},
    ):
        made = provider(google, **settings)
        assert hunt(made.settings, mark) == []
        assert hunt(made.chat(REQUEST), mark) == []
    assert provider(google, access_token=mark, project="p").chat(REQUEST).auth.secret.reveal() == mark


@pytest.mark.parametrize(("text", "message"), [(None, "cannot be read: No such file"), ("{", "holds no JSON")])
def test_a_key_file_that_is_none_is_told_with_its_path(
    text: str | None, message: str, google: Google, tmp_path: Path
) -> None:
    path = tmp_path / "key.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigurationError, match=message) as caught:
        provider(google, credentials=str(path)).chat(REQUEST)
    assert "key.json" in str(caught.value)


def test_a_project_that_is_given_asks_no_file_for_one(google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    assert "/projects/p/" in provider(google, project="p", access_token="t").chat(REQUEST).url
