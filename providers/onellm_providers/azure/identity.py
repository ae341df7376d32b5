"""Entra tokens: from a callable of the user's, a credential of azure-identity, or as they are."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from onellm.auth import KeyHeader
from onellm.call import Auth
from onellm.config import Secret
from onellm.errors import AuthenticationError, ConfigurationError
from onellm.extras import Extra
from onellm.tokens import Token, TokenSource

SCOPE = "https://ai.azure.com/.default"
"""What a token must be for, in Azure's public cloud (Microsoft's pages on the v1 API and on errors, 2026)."""
CLASSIC_SCOPE = "https://cognitiveservices.azure.com/.default"
"""The same for the classic URLs (Microsoft's page on batches, 2026)."""
WAYS = ("token", "token_provider", "credential")
"""The settings that sign in the place of a key."""


def token_auth(settings: Mapping[str, Any], *, classic: bool = False) -> Auth | None:
    """What signs with a token; None where the settings have none.

    Raises ConfigurationError where they have more than one, or something that is none.
    """
    named = [name for name in WAYS if settings.get(name) is not None]
    if len(named) > 1:
        raise ConfigurationError(f"azure takes one of {', '.join(WAYS)}, not both {' and '.join(named)}.")
    if "token_provider" in named:
        provider = settings["token_provider"]
        if not callable(provider):
            raise ConfigurationError("azure: token_provider must be a function that returns a token.")
        return TokenSource(lambda: _as_token(provider()), "Azure token")
    if "credential" in named:
        scope = str(settings.get("scope") or (CLASSIC_SCOPE if classic else SCOPE))
        return TokenSource(_from_credential(settings["credential"], scope), "Azure token")
    token = settings.get("token")
    return KeyHeader(token) if isinstance(token, Secret) else None


def _as_token(value: Any) -> Token:
    """A token as it may come: a text, or azure-identity's AccessToken, which says when it ends."""
    if inspect.iscoroutine(value):
        value.close()
        raise ConfigurationError(
            "azure: tokens come from a function that blocks, and is called outside of the event loop; take that of "
            "azure.identity, not of azure.identity.aio."
        )
    ends = getattr(value, "expires_on", None)
    return value if ends is None else (value.token, float(ends))


def _from_credential(credential: Any, scope: str) -> Callable[[], Token]:
    if credential != "default" and not hasattr(credential, "get_token"):
        raise ConfigurationError("azure: credential must be 'default' or one of azure-identity's (with get_token).")
    made: list[Any] = [] if credential == "default" else [credential]

    def fetch() -> Token:
        if not made:
            made.append(_default())
        try:
            return _as_token(made[0].get_token(scope))
        except Exception as error:
            if any(cls.__module__.startswith("azure.core") for cls in type(error).__mro__):
                raise AuthenticationError(f"azure: no token for {scope}: {error}", provider="azure") from error
            raise

    return fetch


def _default() -> Any:
    with Extra("azure", "pass a token or token_provider"):
        from azure.identity import DefaultAzureCredential
    return DefaultAzureCredential()
