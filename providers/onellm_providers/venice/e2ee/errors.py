"""What goes wrong with attestations and encrypted chats. None of these is repeated: the answer would be the same."""

from __future__ import annotations

from typing import Literal

from onellm_providers.venice.errors import VeniceAPIError

Link = Literal[
    "claims", "nonce", "key", "address", "report_data", "quote", "debug", "module", "signature", "quoting_enclave",
    "certificates", "trust_anchor", "freshness", "measurements", "collateral",
]  # fmt: skip
"""The links of the chain from a key to the trust anchor, in the order in which docs/venice/e2ee.md explains them."""


class AttestationError(VeniceAPIError):
    """An attestation does not prove what it has to; nothing was encrypted and nothing was sent.

    `link` names the part of the chain that broke.
    """

    link: Link

    def __init__(self, link: Link, message: str) -> None:
        super().__init__(f"The attestation is refused ({link}): {message}", code="attestation", provider="venice")
        self.link = link


class EncryptionError(VeniceAPIError):
    """An encrypted chat was answered with something that is not encrypted, or whose tag does not fit."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="encryption", provider="venice")
