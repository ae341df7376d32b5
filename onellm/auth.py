"""The ways to sign a request that more than one provider uses."""

from __future__ import annotations

from collections.abc import Generator

from onellm.call import Reply, Request
from onellm.config import Secret
from onellm.record import record


@record(frozen=True)
class KeyHeader:
    """Puts a key into one header: `Authorization: Bearer …` unless told otherwise."""

    secret: Secret
    header: str = "Authorization"
    prefix: str = "Bearer "

    def flow(self, request: Request) -> Generator[Request, Reply, None]:
        request.headers.append((self.header, self.prefix + self.secret.reveal()))
        yield request
