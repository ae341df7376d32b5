"""`venice.tee`"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from onellm.call import Call, Flow, Reply
from onellm.decode.json import table
from onellm.resource import IO, endpoint
from onellm_providers.venice.resources.base import VeniceResource, reads, refuse
from onellm_providers.venice.tables.account import ATTESTATION_QUERY, SIGNATURE_QUERY
from onellm_providers.venice.types.tee import Attestation, Signature

if TYPE_CHECKING:
    from onellm_providers.venice.e2ee import AttestedKey, Trust

T = TypeVar("T")
NONCE = 32


class Tee(VeniceResource[IO]):
    """Models in trusted execution environments: what their machines attest. Not in Venice's OpenAPI file."""

    @endpoint
    def attestation(self, model: str, nonce: str | None = None) -> Call[Attestation]:
        """What a model's machine says of itself, unchecked: GET /tee/attestation.

        `nonce` is 64 hex digits that the answer must repeat; without one, fresh random ones. `verify` checks what is
        said.
        """
        return self._attestation(reads(Attestation), model, os.urandom(NONCE).hex() if nonce is None else nonce)

    @endpoint
    def verify(self, model: str, trust: Trust | None = None) -> Flow[AttestedKey]:
        """Ask for an attestation with a fresh nonce and check it from the key to the trust anchor (extra `e2ee`).

        `trust` says what the attestation is judged by: Intel's root, where nothing is given. The key that comes can be
        used for encrypted chats until it expires. Raises AttestationError with the link that broke.
        """
        from onellm_providers.venice.e2ee import attested_key

        attest = functools.partial(self._attestation, _document, model)
        return attested_key(attest, model, trust or self._service.settings.extra.get("tee_trust"))

    @endpoint
    def signature(self, model: str, request_id: str) -> Call[Signature]:
        """The machine's signature of one answer, by the id of its completion: GET /tee/signature."""
        query = refuse(SIGNATURE_QUERY, {"model": model, "request_id": request_id})
        return self._call("GET", "tee/signature", reads(Signature), query=query, model=model)

    def _attestation(self, parse: Callable[[Reply], T], model: str, nonce: str) -> Call[T]:
        query = refuse(ATTESTATION_QUERY, {"model": model, "nonce": nonce})
        return self._call("GET", "tee/attestation", parse, query=query, model=model)


def _document(reply: Reply) -> dict[str, Any]:
    document = table(json.loads(reply.body))
    if not document:
        raise ValueError("no attestation")
    return document
