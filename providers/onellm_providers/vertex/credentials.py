"""Access tokens of Google Cloud, by google-auth (the extra `vertex`): a service account, or what the machine has.

google-auth may read files and ask the metadata server or Google's token endpoint, all blocking: it runs as `Work`.
"""

from __future__ import annotations

import datetime
import functools
import json
import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, cast

from onellm.call import Request, Work
from onellm.config import Secret
from onellm.decode.json import Table, table
from onellm.errors import AuthenticationError, ConfigurationError
from onellm.extras import Extra
from onellm.tokens import Token, TokenSource

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
FILE_VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"
QUOTA_HEADER = "x-goog-user-project"


class Fetcher:
    """Fetches a token whenever it is called; the credentials are found at the first call and kept.

    `given` is the path of a key file, what such a file holds as a Secret, or an object of google-auth; None stands for
    application default credentials.
    """

    def __init__(self, given: Any) -> None:
        self._given = given
        self._found: Any = None

    def __call__(self) -> Token:
        request = _request()
        from google.auth import exceptions

        try:
            if self._found is None:
                self._found = _find(self._given)
            self._found.refresh(request)
        except (exceptions.GoogleAuthError, OSError, ValueError) as error:
            raise AuthenticationError(
                f"Google Cloud gave no access token: {_told(error)}. Run `gcloud auth application-default login`, set "
                f"{FILE_VARIABLE}, or pass credentials or access_token.",
                provider="vertex",
            ) from _without_frames(error)
        return cast("str", self._found.token), _end(self._found.expiry)

    @functools.cached_property
    def project(self) -> str | None:
        """The project that the credentials name themselves. A key file is read for it, nothing is asked."""
        given = self._given
        named = getattr(given, "project_id", None)
        if isinstance(given, Secret):
            named = _parsed(given.reveal(), "The setting credentials").get("project_id")
        elif isinstance(given, (str, os.PathLike)):
            named = _read(given).get("project_id")
        elif given is None and (path := os.environ.get(FILE_VARIABLE)):
            named = _read(path).get("project_id")
        return named if isinstance(named, str) and named else None

    @property
    def quota_project(self) -> str | None:
        """The project that a user's calls count for, where the credentials name one."""
        named = getattr(self._found, "quota_project_id", None)
        return named if isinstance(named, str) and named else None

    def __repr__(self) -> str:
        return "Fetcher()"


class CloudTokens(TokenSource):
    """Signs with tokens of Google Cloud, and names the project that pays where the credentials tell one."""

    def __init__(self, fetcher: Fetcher, name: str) -> None:
        super().__init__(fetcher, name)
        self._fetcher = fetcher

    def flow(self, request: Request) -> Generator[Request | Work[Secret], Any, None]:
        inner, answer = super().flow(request), None
        while True:
            try:
                step = inner.send(answer)
            except StopIteration:
                return
            quota = self._fetcher.quota_project
            if isinstance(step, Request) and quota and all(name.lower() != QUOTA_HEADER for name, _ in step.headers):
                step.headers.append((QUOTA_HEADER, quota))
            answer = yield step


def _request() -> Callable[..., Any]:
    with Extra("vertex", "pass an access_token"):
        from google.auth.transport.requests import Request as Transport
    made: Callable[..., Any] = Transport()
    return made


def _find(given: Any) -> Any:
    import google.auth

    auth: Any = google.auth
    if given is None:
        return auth.default(scopes=SCOPES)[0]
    if isinstance(given, Secret):
        return _of_file(_parsed(given.reveal(), "The setting credentials"))
    return _of_file(_read(given)) if isinstance(given, (str, os.PathLike)) else given


def _of_file(content: Table) -> Any:
    """Credentials of what a file holds, by its `type`; of the rarer types google-auth tells which it is."""
    import google.auth
    from google.oauth2 import credentials, service_account

    auth = cast("Any", google.auth)
    users: Any = credentials.Credentials
    accounts: Any = service_account.Credentials
    if content.get("type") == "service_account":
        return accounts.from_service_account_info(content, scopes=SCOPES)
    if content.get("type") == "authorized_user":
        return users.from_authorized_user_info(content, scopes=SCOPES)
    return auth.load_credentials_from_dict(content, scopes=SCOPES)[0]


def _read(path: Any) -> Table:
    """What a key file holds. Raises ConfigurationError where it cannot be read."""
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigurationError(f"The key file {str(path)!r} cannot be read: {reason}.") from None
    return _parsed(text, f"The key file {str(path)!r}")


def _parsed(text: str, what: str) -> Table:
    try:
        return table(json.loads(text))
    except (ValueError, RecursionError):
        text = ""
    raise ConfigurationError(f"{what} holds no JSON object.")


def _told(error: Exception) -> str:
    """The message of an error of google-auth, whose further arguments repeat it with the whole answer."""
    return str(error.args[0] if error.args else error).rstrip(".")


def _without_frames(error: BaseException) -> BaseException:
    """The failure alone: the frames that it came through hold private keys and tokens as plain text."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def _end(expiry: datetime.datetime | None) -> float | None:
    """google-auth tells the end in UTC without saying so."""
    if expiry is None:
        return None
    return (expiry if expiry.tzinfo else expiry.replace(tzinfo=datetime.UTC)).timestamp()
