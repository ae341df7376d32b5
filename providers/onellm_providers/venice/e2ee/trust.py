"""What an attestation is judged by: the trust anchor, the code that is expected, the state of the platform."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

Measurement = Literal["mrtd", "mrconfigid", "mrowner", "mrownerconfig", "rtmr0", "rtmr1", "rtmr2", "rtmr3"]

INTEL_SGX_ROOT_CA = """\
-----BEGIN CERTIFICATE-----
MIICjzCCAjSgAwIBAgIUImUM1lqdNInzg7SVUr9QGzknBqwwCgYIKoZIzj0EAwIw
aDEaMBgGA1UEAwwRSW50ZWwgU0dYIFJvb3QgQ0ExGjAYBgNVBAoMEUludGVsIENv
cnBvcmF0aW9uMRQwEgYDVQQHDAtTYW50YSBDbGFyYTELMAkGA1UECAwCQ0ExCzAJ
BgNVBAYTAlVTMB4XDTE4MDUyMTEwNDUxMFoXDTQ5MTIzMTIzNTk1OVowaDEaMBgG
A1UEAwwRSW50ZWwgU0dYIFJvb3QgQ0ExGjAYBgNVBAoMEUludGVsIENvcnBvcmF0
aW9uMRQwEgYDVQQHDAtTYW50YSBDbGFyYTELMAkGA1UECAwCQ0ExCzAJBgNVBAYT
AlVTMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEC6nEwMDIYZOj/iPWsCzaEKi7
1OiOSLRFhWGjbnBVJfVnkY4u3IjkDYYL0MxO4mqsyYjlBalTVYxFP2sJBK5zlKOB
uzCBuDAfBgNVHSMEGDAWgBQiZQzWWp00ifODtJVSv1AbOScGrDBSBgNVHR8ESzBJ
MEegRaBDhkFodHRwczovL2NlcnRpZmljYXRlcy50cnVzdGVkc2VydmljZXMuaW50
ZWwuY29tL0ludGVsU0dYUm9vdENBLmRlcjAdBgNVHQ4EFgQUImUM1lqdNInzg7SV
Ur9QGzknBqwwDgYDVR0PAQH/BAQDAgEGMBIGA1UdEwEB/wQIMAYBAf8CAQEwCgYI
KoZIzj0EAwIDSQAwRgIhAOW/5QkR+S9CiSDcNoowLuPRLsWGf/Yi7GSX94BgwTwg
AiEA4J0lrHoMs+Xo5o/sX6O9QWxHRAvZUGOdRQ7cvqRXaqI=
-----END CERTIFICATE-----
"""
"""Intel SGX Root CA, as https://certificates.trustedservices.intel.com publishes it.

SHA-256 44:A0:19:6B:2B:99:F8:89:B8:E1:49:E9:5B:80:7A:35:0E:74:24:96:43:99:E8:85:A7:CB:B8:CC:FA:B6:74:D3.
"""


@dataclass(frozen=True)
class Trust:
    """What an attestation must lead to.

    `anchor` is the root certificate (PEM) at which the quote's certificates must end; without one, Intel's.
    `measurements` are the values that are accepted for what the machine runs, as lower-case hex, such as
    `{"mrtd": {"b24d…"}, "rtmr3": {"bb39…"}}`; without them any code in a genuine machine is accepted.
    `collateral` is Intel's current word on the platform (JSON text with TCB info, QE identity and revocation lists, as
    `dcap_qvl.get_collateral` fetches it); with it, revoked certificates and outdated platforms are refused.
    `tcb_statuses` are the platform states that are accepted then.
    """

    anchor: str = INTEL_SGX_ROOT_CA
    measurements: Mapping[Measurement, Collection[str]] = field(default_factory=dict["Measurement", Collection[str]])
    collateral: str | None = None
    tcb_statuses: Collection[str] = ("UpToDate",)
