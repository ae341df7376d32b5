"""Tokens that run out: fetched when a request is about to go, kept until shortly before their end.

A token comes from code that may block (a cloud's credential library, a file, a command). So a signature asks for it as
`Work`: the engines run that outside of the event loop, in a lane, where those who need a token at once wait for one.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Generator
from typing import Any, TypeAlias, cast

from onellm.call import Lane, Reply, Request, Work
from onellm.config import Secret
from onellm.errors import ConfigurationError

MARGIN = 300.0
"""Seconds before its end from which on a token is not used for a new request."""

Token: TypeAlias = str | tuple[str, float | None]
"""A token, or a token and when it ends, in seconds since 1970. One whose end is not known serves one attempt."""


class TokenSource:
    """Signs requests with a token of `fetch`: `Authorization: Bearer …`.

    `fetch` is called in a lane, when there is no token that lasts; never when the source is made. A 401 makes the
    token invalid: the request goes once more with a fresh one, unless the refused token was fresh itself.
    """

    def __init__(self, fetch: Callable[[], Token], name: str = "token", clock: Callable[[], float] = time.time) -> None:
        self._fetch = fetch
        self._name = name
        self._clock = clock
        self._lane = Lane(f"{name}-token")
        self._kept: tuple[Secret, float] | None = None
        self.last: Secret | None = None
        """The token that was fetched last, to be masked where a service repeats it."""

    def flow(self, request: Request) -> Generator[Request | Work[Secret], Any, None]:
        kept = self._lasting()
        token = kept or (yield self._work(None))
        bare = list(request.headers)
        request.headers.append(("Authorization", f"Bearer {token.reveal()}"))
        reply: Reply = yield request
        if reply.status == 401 and kept is not None:
            fresh = yield self._work(token)
            request.headers = [*bare, ("Authorization", f"Bearer {fresh.reveal()}")]
            yield request

    def _lasting(self) -> Secret | None:
        kept = self._kept
        return kept[0] if kept is not None and self._clock() < kept[1] - MARGIN else None

    def _work(self, refused: Secret | None) -> Work[Secret]:
        return Work(functools.partial(self._renewed, refused), self._lane)

    def _renewed(self, refused: Secret | None) -> Secret:
        """A token that is not the refused one. The lane is held: what another request fetched meanwhile will do."""
        known = self._lasting()
        if known is not None and known != refused:
            return known
        value: Any = self._fetch()
        token, ends = cast("tuple[Any, Any]", value if isinstance(value, tuple) else (value, None))
        del value
        if not isinstance(token, str):
            raise ConfigurationError(f"The {self._name} must be a text, not {type(token).__name__}.")
        secret = Secret(token, self._name)
        del token
        self.last = secret
        self._kept = None if ends is None else (secret, float(ends))
        return secret

    def __repr__(self) -> str:
        return f"TokenSource({self._name!r})"
