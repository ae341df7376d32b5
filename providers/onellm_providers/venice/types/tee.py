"""Attestations and signatures of trusted environments."""

from __future__ import annotations

from onellm.types.base import Result


class Attestation(Result):
    """What the machine says of itself, unchecked: `model_extra` has the evidence. `tee.verify` checks it."""

    verified: bool | None = None
    nonce: str | None = None
    model: str | None = None
    signing_address: str | None = None
    intel_quote: str | None = None


class Signature(Result):
    """A signature over `text`, by the key of `signing_address`."""

    text: str
    signature: str
    signing_address: str | None = None
    signing_algo: str | None = None
