"""What signs a call: an API key of Bedrock as a bearer, or an access key of AWS.

In this order: `credentials` or `aws_profile` among the settings; an API key; the access key in the environment; what
botocore finds, if it is installed: profiles, SSO, the roles of machines and containers. The last and a function as
`credentials` may read files and ask a network, so they are `Work`, done before the call and off the event loop.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, NoReturn

from onellm.auth import KeyHeader
from onellm.call import Auth, Lane, Request, Work
from onellm.config import Secret, Settings, variable
from onellm.errors import (
    APIError,
    AuthenticationError,
    ConfigurationError,
    MissingAPIKeyError,
    PermissionDeniedError,
)
from onellm.extras import Extra
from onellm.sigv4 import Credentials, SigV4

KEY = "AWS_BEARER_TOKEN_BEDROCK"
REGIONS = ("BEDROCK_REGION", "AWS_REGION", "AWS_DEFAULT_REGION")
SETTINGS = ("region", "aws_profile", "credentials")
HOST = re.compile(r"(?:^|[/.])(?P<service>bedrock[a-z-]*)\.(?P<region>[a-z]{2,4}(?:-[a-z]+)+-\d+)\.")
"""A host of the service, with its region."""
REGION = re.compile(r"[a-z0-9-]+")

_LANE = Lane("aws-credentials")
_sessions: dict[str, Any] = {}
"""botocore's sessions by profile: each keeps its credentials and renews them when they are due."""


@dataclass(frozen=True)
class Access:
    """Who signs, and for which region; a key with a base URL of the caller's needs none."""

    auth: Auth
    region: str


@dataclass(frozen=True)
class Later:
    """Signs with what is found when a call is sent, since finding it may block."""

    work: Work[Access]

    def flow(self, request: Request) -> Generator[Request | Work[Any], Any, None]:
        access = yield self.work
        yield from access.auth.flow(request)


def find_access(settings: Settings, service: str, region: str = "") -> Access | Work[Access]:
    """Who signs the calls to `service`, and where.

    The region is the one in the base URL, else in the settings, else `region`, else in the environment.
    Raises MissingAPIKeyError where no credential can be known, and ConfigurationError where no region is.
    """
    extra = settings.extra
    places = host_of(settings.base_url)[1], extra.get("region"), region, *map(variable, REGIONS)
    place = str(next(filter(None, places), ""))
    own = extra.get("credentials")
    if isinstance(own, Credentials):
        return Access(SigV4(own, named(place), service), place)
    if callable(own):
        return Work(lambda: _of_function(own, named(place), service), _LANE)
    if own is not None:
        raise ConfigurationError(
            f"{settings.label}: credentials is an onellm.sigv4.Credentials or a function that gives one, "
            f"no {type(own).__name__}."
        )
    profile = extra.get("aws_profile")
    if profile is None and settings.api_key is not None:
        return Access(KeyHeader(settings.api_key), place)
    if profile is None and (found := _in_environment()) is not None:
        return Access(SigV4(found, named(place), service), place)
    if profile is None and importlib.util.find_spec("botocore") is None:
        _missing(settings)
    return Work(lambda: _of_chain(settings, str(profile or ""), place, service), _LANE)


def named(region: str) -> str:
    """The region. Raises ConfigurationError where none is known."""
    if not region:
        raise ConfigurationError("Bedrock needs a region: set AWS_REGION, or pass region among the settings.")
    if REGION.fullmatch(region) is None:
        raise ConfigurationError(f"{region!r} is no region of AWS; one is written like us-east-1.")
    return region


def host_of(url: str) -> tuple[str, str]:
    """The service and the region that stand in a URL's host; two empty texts where they do not."""
    found = HOST.search(url.partition("://")[2].partition("/")[0])
    return (found["service"], found["region"]) if found else ("", "")


def shown(auth: Auth | None) -> Secret | None:
    """The secret that is sent as it is, so that an answer may repeat it."""
    if isinstance(auth, SigV4):
        return auth.credentials.session_token
    return auth.secret if isinstance(auth, KeyHeader) else None


def advice(auth: Auth | None) -> dict[type[APIError], str]:
    """What to do about a refusal of whoever signed."""
    said: dict[type[APIError], str] = {
        PermissionDeniedError: "See whether the account has access to this model in this region, and the right to it."
    }
    if isinstance(auth, SigV4):
        said[AuthenticationError] = (
            f"The access key {auth.credentials.access_key} was refused in {auth.region}: "
            "see whether it is right and its session has not expired, or log in anew."
        )
    return said


def is_given(settings: Settings) -> bool:
    """Whether there is something to sign with, as far as that shows without asking botocore."""
    own = settings.extra.keys() & {"credentials", "aws_profile"}
    return bool(own) or settings.api_key is not None or _in_environment() is not None


def _in_environment() -> Credentials | None:
    key, secret = variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")
    return Credentials(key, secret, variable("AWS_SESSION_TOKEN")) if key and secret else None


def _of_function(function: Callable[[], Any], region: str, service: str) -> Access:
    found = function()
    if not isinstance(found, Credentials):
        raise ConfigurationError("The setting credentials is a function that gave no onellm.sigv4.Credentials.")
    return Access(SigV4(found, region, service), region)


def _of_chain(settings: Settings, profile: str, region: str, service: str) -> Access:
    """What botocore finds: it is asked each time, since credentials of roles are renewed."""
    with Extra("bedrock"):
        from botocore.exceptions import BotoCoreError  # pyright: ignore[reportMissingTypeStubs]
        from botocore.session import Session  # pyright: ignore[reportMissingTypeStubs]
    failure = ""
    try:
        if profile not in _sessions:
            _sessions[profile] = Session(profile=profile or None)
        session = _sessions[profile]
        found = session.get_credentials()
        frozen = None if found is None else found.get_frozen_credentials()
        place = region or session.get_config_variable("region") or ""
    except BotoCoreError as error:
        failure, frozen, place = str(error), None, ""
    if failure:
        raise ConfigurationError(f"{settings.label}: AWS credentials could not be had: {failure}")
    if frozen is None:
        _missing(settings)
    credentials = Credentials(frozen.access_key, frozen.secret_key, frozen.token)
    return Access(SigV4(credentials, named(place), service), place)


def _missing(settings: Settings) -> NoReturn:
    name = settings.label
    raise MissingAPIKeyError(
        f"No API key for {name}. Set {settings.key_variable} or {KEY}, run `onellm auth set {name}`, "
        f'pass providers={{"{name}": {{"api_key": …}}}}, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. '
        "Profiles, SSO and roles need botocore (the extra 'bedrock'), and a login."
    )
