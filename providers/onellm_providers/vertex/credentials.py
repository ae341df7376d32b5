"""Access tokens of Google Cloud, by google-auth (the extra `vertex`): a service account, or what the machine has.

google-auth may read files and ask the metadata server or Google's token endpoint, all blocking: it runs as `Work`.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from onellm.decode.json import table
from onellm.errors import AuthenticationError, ConfigurationError
from onellm.tokens import Token

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
Credentials = str | Mapping[str, Any] | None
"""The path of a JSON file, what such a file holds, an object of google-auth; or nothing: application default ones."""


class Fetcher:
    """Fetches a token whenever it is called; the credentials are found at the first call and kept."""

    def __init__(self, given: Any) -> None:
        self._given = given
        self._found: Any = None
        self.project: str | None = project_in(given)

    def __call__(self) -> Token:
        request = _request()
        from google.auth import exceptions

        try:
            if self._found is None:
                self._found = _find(self._given)
            self._found.refresh(request)
        except (exceptions.GoogleAuthError, OSError, ValueError) as error:
            raise AuthenticationError(
                f"Google Cloud gave no access token: {error}. Run `gcloud auth application-default login`, set "
                "GOOGLE_APPLICATION_CREDENTIALS, or pass credentials or access_token.",
                provider="vertex",
            ) from error
        return cast("str", self._found.token), _end(self._found.expiry)

    def __repr__(self) -> str:
        return "Fetcher()"


def project_in(given: Any) -> str | None:
    """The project that credentials name themselves, as far as that is known without reading a file."""
    named = table(given).get("project_id") or getattr(given, "project_id", None)
    return named if isinstance(named, str) and named else None


def _request() -> Callable[..., Any]:
    try:
        from google.auth.transport.requests import Request
    except ImportError as error:
        raise ConfigurationError(
            "Vertex AI's credentials need the extra 'vertex' of OneLLM, which is not installed "
            f"({error.name} is missing): run `python -m pip install 'google-auth[requests]'`, or pass an access_token."
        ) from error
    made: Callable[..., Any] = Request()
    return made


def _find(given: Any) -> Any:
    import google.auth

    auth: Any = google.auth
    if given is None:
        return auth.default(scopes=SCOPES)[0]
    if isinstance(given, str):
        return _of_file(json.loads(Path(given).read_text(encoding="utf-8")))
    return _of_file(given) if isinstance(given, Mapping) else given


def _of_file(content: Any) -> Any:
    """Credentials of what a file holds, by its `type`; of the rarer types google-auth tells which it is."""
    import google.auth
    from google.oauth2 import credentials, service_account

    info, auth = dict(table(content)), cast("Any", google.auth)
    users: Any = credentials.Credentials
    accounts: Any = service_account.Credentials
    if info.get("type") == "service_account":
        return accounts.from_service_account_info(info, scopes=SCOPES)
    if info.get("type") == "authorized_user":
        return users.from_authorized_user_info(info, scopes=SCOPES)
    return auth.load_credentials_from_dict(info, scopes=SCOPES)[0]


def _end(expiry: datetime.datetime | None) -> float | None:
    """google-auth tells the end in UTC without saying so."""
    if expiry is None:
        return None
    return (expiry if expiry.tzinfo else expiry.replace(tzinfo=datetime.UTC)).timestamp()
