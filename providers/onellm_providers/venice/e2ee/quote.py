"""An Intel TDX quote, version 4, taken apart.

Layout: Intel TDX DCAP Quoting Library API, appendix "Version 4 Quote Format". Numbers are little-endian.

    0     header, 48 bytes: version, attestation key type, TEE type, …, QE vendor
    48    TD report, 584 bytes
    632   length of the signature data, then these:
          signature of header and report, 64; attestation key, 64; certification data of type 6:
              QE report, 384; its signature, 64; authentication data; certification data of type 5: certificates (PEM)
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from onellm_providers.venice.e2ee.errors import AttestationError
from onellm_providers.venice.e2ee.trust import Measurement

HEADER = 48
SIGNED = 632
VERSION = 4
ECDSA_P256 = 2
TDX = 0x81
INTEL_QE_VENDOR = bytes.fromhex("939a7233f79c4ca9940a0db3957f0607")

MEASURED: dict[Measurement, int] = {
    "mrtd": 184, "mrconfigid": 232, "mrowner": 280, "mrownerconfig": 328,
    "rtmr0": 376, "rtmr1": 424, "rtmr2": 472, "rtmr3": 520,
}  # fmt: skip
"""Where the measurements stand in the quote, 48 bytes each."""


@dataclass(frozen=True)
class Quote:
    """The parts of a quote. `signed` is what the attestation key signs, `qe_report` what the platform's key signs."""

    signed: bytes
    signature: bytes
    attestation_key: bytes
    qe_report: bytes
    qe_signature: bytes
    qe_authentication: bytes
    certificates: bytes

    @property
    def report_data(self) -> bytes:
        """The 64 bytes that the machine put under the quote: address, zeros, nonce."""
        return self.signed[568:632]

    @property
    def attributes(self) -> bytes:
        """TD attributes. Bit 0 is the debug bit."""
        return self.signed[168:176]

    @property
    def module_signer(self) -> bytes:
        """MRSIGNERSEAM; zero for Intel's own TDX module."""
        return self.signed[112:160]

    @property
    def module_attributes(self) -> bytes:
        """SEAMATTRIBUTES; zero for a production module."""
        return self.signed[160:168]

    @property
    def measurements(self) -> dict[Measurement, str]:
        """What the machine runs, as hex."""
        return {name: self.signed[at : at + 48].hex() for name, at in MEASURED.items()}


def parse_quote(data: bytes) -> Quote:
    """The parts of a quote. Raises AttestationError where it is no TDX quote of version 4 or holds anything else."""
    if len(data) < SIGNED + 4:
        raise AttestationError("quote", f"{len(data)} bytes are too short for a TDX quote.")
    version, key_type, tee = struct.unpack_from("<HHI", data)
    if (version, key_type, tee) != (VERSION, ECDSA_P256, TDX):
        raise AttestationError("quote", f"version {version}, key type {key_type}, TEE {tee:#x}: no TDX quote v4.")
    if data[12:28] != INTEL_QE_VENDOR:
        raise AttestationError("quote", "the quoting enclave is not Intel's.")
    reader = _Reader(data, SIGNED)
    signature_data = _Reader(reader.sized("<I"))
    if any(reader.rest()):
        raise AttestationError("quote", "there is something after its end.")
    signature, key = signature_data.take(64), signature_data.take(64)
    report = _Reader(signature_data.certification(6))
    signature_data.finish()
    qe_report, qe_signature = report.take(384), report.take(64)
    authentication = report.sized("<H")
    certificates = report.certification(5)
    report.finish()
    return Quote(data[:SIGNED], signature, key, qe_report, qe_signature, authentication, certificates)


class _Reader:
    """Reads bytes in order; more than there is raises."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self._at = at

    def take(self, size: int) -> bytes:
        if self._at + size > len(self._data):
            raise AttestationError("quote", "it is cut short.")
        self._at += size
        return self._data[self._at - size : self._at]

    def sized(self, size: str) -> bytes:
        """A number in this format, and so many bytes."""
        (length,) = struct.unpack(size, self.take(struct.calcsize(size)))
        return self.take(length)

    def certification(self, kind: int) -> bytes:
        """Certification data of this type."""
        (found,) = struct.unpack("<H", self.take(2))
        if found != kind:
            raise AttestationError("quote", f"certification data of type {found} where {kind} must be.")
        return self.sized("<I")

    def rest(self) -> bytes:
        return self._data[self._at :]

    def finish(self) -> None:
        if self.rest():
            raise AttestationError("quote", "there is something after its parts.")
