"""The chain from a model's key to Intel's root: recorded attestations hold, and each link breaks by itself."""

from __future__ import annotations

import copy
import datetime
import json
import pickle
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import dcap_qvl  # type: ignore[import-untyped]
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from onellm_providers.venice.e2ee import INTEL_SGX_ROOT_CA, AttestationError, AttestedKey, Trust, verify
from onellm_providers.venice.e2ee.chain import check_chain
from onellm_providers.venice.e2ee.cipher import KeyPair
from onellm_providers.venice.e2ee.errors import Link
from onellm_providers.venice.e2ee.quote import parse_quote
from onellm_providers.venice.simulator import quotes, tee

from onellm import ConfigurationError
from tests.providers.venice.e2ee import ACI, CLASSIC, NONCE, RECORDED, Recorded, recorded, trust

names = pytest.mark.parametrize("name", RECORDED)


def check(case: Recorded, document: dict[str, Any] | None = None, **how: Any) -> AttestedKey:
    how = {"nonce": case.nonce, "model": case.document["model"], "at": case.at, **how}
    return verify(case.document if document is None else document, **how)


def broken(case: Recorded, document: dict[str, Any] | None = None, **how: Any) -> Link:
    """The link at which an attestation is refused."""
    with pytest.raises(AttestationError) as caught:
        check(case, document, **how)
    assert caught.value.link in str(caught.value)
    assert caught.value.code == "attestation"
    assert pickle.loads(pickle.dumps(caught.value)).link == caught.value.link
    assert caught.value.status is None
    return caught.value.link


# -- recorded attestations ---------------------------------------------------------------------------------------------


@names
def test_a_recorded_attestation_leads_to_intel(shared: Path, name: str) -> None:
    case = recorded(shared, name)
    key = check(case)
    assert key.model == case.document["model"]
    assert key.address == case.document["signing_address"].lower()
    assert key.nonce == case.nonce
    assert key.shape == ("aci/1" if name == "live_evidence" else "classic")
    assert len(key.measurements) == 8
    assert key.tcb_status is None
    assert key.verified_at == case.at.timestamp() < key.expires_at <= key.verified_at + 3600


def test_the_keys_stand_where_each_shape_has_them(shared: Path) -> None:
    gemma, glm, live = (recorded(shared, name) for name in RECORDED)
    assert check(gemma).public_key == gemma.document["signing_public_key"]
    assert check(glm).public_key == glm.document["signing_key"]
    keys = live.document["attestation"]["workload_keyset"]["e2ee_public_keys"]
    assert "signing_key" not in live.document
    assert check(live).public_key == keys[0]["public_key"] == "04" + keys[2]["public_key"]


@names
def test_measurements_are_those_that_the_service_reports(shared: Path, name: str) -> None:
    case = recorded(shared, name)
    said = case.document.get("server_verification", {}).get("tdx", {}).get("measurements", {})
    found = check(case).measurements
    assert {field: said[field] for field in found if field in said} == {f: v for f, v in found.items() if f in said}
    assert said or name == "live_evidence"


def test_the_root_is_the_one_in_every_quote(shared: Path) -> None:
    root = x509.load_pem_x509_certificate(INTEL_SGX_ROOT_CA.encode())
    for name in RECORDED:
        chain = parse_quote(recorded(shared, name).quote).certificates
        assert chain.removesuffix(b"\0").endswith(root.public_bytes(Encoding.PEM))


@names
def test_another_library_takes_the_quote_apart_alike(shared: Path, name: str) -> None:
    case = recorded(shared, name)
    ours = parse_quote(case.quote)
    theirs: Any = dcap_qvl.parse_quote(case.quote)
    assert ours.report_data == theirs.report.report_data
    assert ours.attributes == theirs.report.td_attributes
    assert ours.module_attributes == theirs.report.seam_attributes
    assert ours.module_signer == theirs.report.mr_signer_seam
    words = {"mrtd": "mr_td", "mrconfigid": "mr_config_id", "mrowner": "mr_owner", "mrownerconfig": "mr_owner_config"}
    for field, value in ours.measurements.items():
        assert value == getattr(theirs.report, words.get(field, field.replace("rtmr", "rt_mr"))).hex()


# -- one field changed -------------------------------------------------------------------------------------------------


def changed(case: Recorded, *path: Any, value: Any) -> dict[str, Any]:
    """The document with one field changed."""
    document = copy.deepcopy(case.document)
    holder: Any = document
    for step in path[:-1]:
        holder = holder[step]
    assert holder[path[-1]] != value
    holder[path[-1]] = value
    return document


ATTACKER = KeyPair(0xBAD)
KEYS: dict[str, list[tuple[Any, ...]]] = {
    "gemma_3_27b_p": [("signing_public_key",)],
    "glm_5_1": [("signing_public_key",), ("signing_key",)],
    "live_evidence": [("attestation", "workload_keyset", "e2ee_public_keys", place, "public_key") for place in (0, 2)],
}


@names
def test_a_swapped_key_is_refused(shared: Path, name: str) -> None:
    """The attack that clients miss which only compare the address with the quote."""
    case = recorded(shared, name)
    document = case.document
    for path in KEYS[name]:
        document = changed(Recorded(document, case.nonce, case.at), *path, value=ATTACKER.public.hex())
        if len(KEYS[name]) == 2:
            assert broken(case, changed(case, *path, value=ATTACKER.public.hex())) == "key", "contradicts the other"
    assert broken(case, document) == "address"


@names
def test_a_swapped_address_is_refused(shared: Path, name: str) -> None:
    from onellm_providers.venice.e2ee.cipher import address_of

    case = recorded(shared, name)
    assert broken(case, changed(case, "signing_address", value=address_of(ATTACKER.public))) == "address"


@names
def test_key_and_address_swapped_together_are_refused_by_the_quote(shared: Path, name: str) -> None:
    from onellm_providers.venice.e2ee.cipher import address_of

    case = recorded(shared, name)
    document = changed(case, "signing_address", value=address_of(ATTACKER.public))
    for path in KEYS[name]:
        document = changed(Recorded(document, case.nonce, case.at), *path, value=ATTACKER.public.hex())
    document.pop("server_verification", None)
    if name == "live_evidence":
        document["attestation"].pop("report_data")
        document["attestation"]["evidence"].pop("quote_report_data")
    assert broken(case, document) == "report_data"


@names
def test_an_old_attestation_is_refused(shared: Path, name: str) -> None:
    case = recorded(shared, name)
    assert broken(case, nonce="00" * 32) == "nonce"
    echoed = changed(case, "nonce", value="00" * 32)
    assert broken(case, echoed) == "nonce"
    if "request_nonce" in echoed:
        assert broken(case, changed(case, "request_nonce", value="00" * 32)) == "nonce"
        echoed["request_nonce"] = "00" * 32
    assert broken(case, echoed, nonce="00" * 32) == "report_data", "a replay that claims the new nonce"


@pytest.mark.parametrize("nonce", ["", "5a" * 16, "5A" * 32, "5a" * 33, "zz" * 32])
def test_a_nonce_that_is_not_32_bytes_proves_nothing(shared: Path, nonce: str) -> None:
    case = recorded(shared, "gemma_3_27b_p")
    assert broken(case, {**case.document, "nonce": nonce, "request_nonce": nonce}, nonce=nonce) == "nonce"


@names
def test_report_data_repeated_wrongly_beside_the_quote_is_refused(shared: Path, name: str) -> None:
    case = recorded(shared, name)
    places: list[tuple[str, ...]] = [("server_verification", "tdx", "reportData")]
    if name == "live_evidence":
        places = [("attestation", "report_data"), ("attestation", "evidence", "quote_report_data")]
    for path in places:
        assert broken(case, changed(case, *path, value="00" * 64)) == "report_data"


@names
def test_report_data_changed_in_the_quote_is_refused(shared: Path, name: str) -> None:
    case = recorded(shared, name)
    for place in (568, 587, 588, 599, 600, 631):
        quote = bytearray(case.quote)
        quote[place] ^= 1
        assert broken(case, case.with_quote(bytes(quote))) == "report_data"


@names
def test_a_set_debug_bit_is_refused(shared: Path, name: str) -> None:
    case = recorded(shared, name)
    quote = bytearray(case.quote)
    quote[168] |= 1
    assert broken(case, case.with_quote(bytes(quote))) == "debug"


@names
def test_every_byte_of_the_quote_counts(shared: Path, name: str) -> None:
    case = recorded(shared, name)
    links: Counter[str] = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of certificates that are damaged
        for place in range(len(case.quote)):
            quote = bytearray(case.quote)
            quote[place] ^= 1 << (place % 8)
            with pytest.raises(AttestationError) as caught:
                check_chain(parse_quote(bytes(quote)), INTEL_SGX_ROOT_CA, case.at)
            links[caught.value.link] += 1
    assert set(links) == {"quote", "signature", "quoting_enclave", "certificates", "trust_anchor"}
    assert links["signature"] >= 600, "the machine's report"


@names
def test_a_quote_that_contradicts_its_copy_is_refused(shared: Path, name: str) -> None:
    case = recorded(shared, name)
    path = ("attestation", "evidence", "quote") if name == "live_evidence" else ("intel_quote",)
    if name == "glm_5_1":
        assert broken(case, {**case.document, "quote": "00"}) == "quote"
    else:
        assert broken(case, changed(case, *path, value="00")) == "quote"


@names
@pytest.mark.parametrize("length", [0, 47, 631, 635, 640, 763, 770, 1300, 4000, 4935])
def test_a_cut_quote_is_refused(shared: Path, name: str, length: int) -> None:
    case = recorded(shared, name)
    cut = case.quote[:length]
    assert broken(case, case.with_quote(cut or b"\0")) in ("quote", "report_data")


@pytest.mark.parametrize(
    ("field", "value", "link"),
    [
        ("verified", False, "claims"),
        ("verified", "true", "claims"),
        ("model", "another-model", "claims"),
        ("signing_address", None, "address"),
        ("signing_address", 5, "address"),
        ("signing_public_key", None, "key"),
        ("signing_public_key", "04" + "00" * 64, "key"),
        ("signing_public_key", "not hex", "key"),
        ("intel_quote", "not hex", "quote"),
    ],
)
def test_claims_that_are_none_are_refused(shared: Path, field: str, value: Any, link: Link) -> None:
    case = recorded(shared, "gemma_3_27b_p")
    assert broken(case, changed(case, field, value=value)) == link


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("tdx", "valid"), False),
        (("tdx", "crlCheck", "revoked"), True),
        (("signingAddressBinding", "bound"), False),
        (("nonceBinding", "bound"), False),
    ],
)
def test_what_the_service_itself_doubts_is_refused(shared: Path, path: tuple[str, ...], value: bool) -> None:
    case = recorded(shared, "glm_5_1")
    assert broken(case, changed(case, "server_verification", *path, value=value)) == "claims"


def test_nothing_at_all_is_refused(shared: Path) -> None:
    case = recorded(shared, "gemma_3_27b_p")
    assert broken(case, {}) == "claims"
    assert broken(case, {"verified": True, "model": case.document["model"], "nonce": case.nonce}) == "key"


def test_an_aci_attestation_ends_when_it_says(shared: Path) -> None:
    case = recorded(shared, "live_evidence")
    freshness = case.document["attestation"]["freshness"]
    assert check(case).expires_at == freshness["stale_after"]
    after = datetime.datetime.fromtimestamp(freshness["stale_after"] + 1, datetime.UTC)
    assert broken(case, at=after) == "freshness"
    keys = changed(case, "attestation", "workload_keyset", "keyset_epoch", "not_after", value=1)
    assert broken(case, keys) == "freshness"
    nonsenses: tuple[Any, ...] = ("soon", -1, 10**400, float("nan"), float("inf"), [], {})
    for nonsense in nonsenses:
        assert broken(case, changed(case, "attestation", "freshness", "stale_after", value=nonsense)) == "freshness"


def test_certificates_are_valid_for_their_time_only(shared: Path) -> None:
    case = recorded(shared, "gemma_3_27b_p")
    for year in (2017, 2034):
        assert broken(case, at=datetime.datetime(year, 6, 1, tzinfo=datetime.UTC)) == "certificates"


# -- what the caller trusts --------------------------------------------------------------------------------------------


def test_pinned_measurements(shared: Path) -> None:
    case = recorded(shared, "gemma_3_27b_p")
    found = check(case).measurements
    check(case, trust=Trust(measurements={"mrtd": {"00" * 48, found["mrtd"]}, "rtmr3": [found["rtmr3"]]}))
    assert broken(case, trust=Trust(measurements={"mrtd": {"00" * 48}})) == "measurements"
    assert broken(case, trust=Trust(measurements={"rtmr3": ()})) == "measurements"
    other = recorded(shared, "live_evidence")
    assert broken(other, trust=Trust(measurements={"rtmr3": {found["rtmr3"]}})) == "measurements"
    check(case, trust=Trust(measurements={"mrtd": found["mrtd"]}))  # one value by itself


@pytest.fixture
def collateral(shared: Path) -> str:
    path = shared / "recordings" / "venice-tee" / "collateral_gemma_3_27b_p.json"
    return path.read_text(encoding="utf-8")


def test_intels_word_on_the_platform(shared: Path, collateral: str) -> None:
    case = recorded(shared, "gemma_3_27b_p")
    assert check(case, trust=Trust(collateral=collateral)).tcb_status == "UpToDate"
    assert broken(case, trust=Trust(collateral=collateral, tcb_statuses=("Revoked",))) == "collateral"


@pytest.mark.parametrize("damage", ["{}", "", "no JSON", "expired", "signature", "another platform"])
def test_collateral_that_says_nothing_is_refused(shared: Path, collateral: str, damage: str) -> None:
    name, when = "gemma_3_27b_p", datetime.timedelta()
    value = json.loads(collateral)
    if damage == "expired":
        when = datetime.timedelta(days=60)
    elif damage == "signature":
        value["tcb_info_signature"] = "00" * 64
    elif damage == "another platform":
        name = "live_evidence"
    text = damage if damage in ("{}", "", "no JSON") else json.dumps(value)
    case = recorded(shared, name)
    assert broken(case, trust=Trust(collateral=text), at=case.at + when) == "collateral"


def test_the_library_agrees_on_the_signatures(shared: Path, collateral: str) -> None:
    """What breaks a signature for `dcap-qvl` breaks it here: the report, the enclave's report, the certificates."""
    case = recorded(shared, "gemma_3_27b_p")
    value = json.loads(collateral)
    value.pop("pck_certificate_chain")
    given = dcap_qvl.QuoteCollateralV3.from_json(json.dumps(value))
    now = int(case.at.timestamp())
    assert dcap_qvl.verify(case.quote, given, now).status == "UpToDate"
    for place in (184, 376, 600, 640, 700, 800, 1000, 1100, 1200, 1300):
        quote = bytearray(case.quote)
        quote[place] ^= 1
        with pytest.raises(ValueError, match=r"\w"):
            dcap_qvl.verify(bytes(quote), given, now)
        with pytest.raises(AttestationError):
            check_chain(parse_quote(bytes(quote)), INTEL_SGX_ROOT_CA, case.at)


# -- machines that were made for it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [CLASSIC, ACI])
def test_simulated_machines_are_believed_through_their_own_anchor_only(model: str) -> None:
    document = tee.document(model, NONCE)
    key = verify(document, nonce=NONCE, model=model, trust=trust())
    assert key.public_key == tee.key_of(model).public.hex()
    assert key.shape == ("aci/1" if model == ACI else "classic")
    with pytest.raises(AttestationError) as caught:
        verify(document, nonce=NONCE, model=model)
    assert caught.value.link == "trust_anchor"


@pytest.mark.parametrize("name", RECORDED)
def test_a_real_machine_is_not_believed_through_another_anchor(shared: Path, name: str) -> None:
    assert broken(recorded(shared, name), trust=trust()) == "trust_anchor"


def forged(**machine: Any) -> Link:
    """The link at which a quote is refused that is signed all the way, of a machine that is not as it must be."""
    document = tee.document(CLASSIC, NONCE)
    report_data = bytes.fromhex(document["server_verification"]["tdx"]["reportData"])
    document["intel_quote"] = document["quote"] = quotes.make_quote(report_data, **machine).hex()
    with pytest.raises(AttestationError) as caught:
        verify(document, nonce=NONCE, trust=trust())
    return caught.value.link


@pytest.mark.parametrize("bits", [0x01, 0x02, 0x80])
def test_a_signed_debug_machine_is_refused(bits: int) -> None:
    assert forged(attributes=bytes([bits]) + quotes.ATTRIBUTES[1:]) == "debug"


def test_a_foreign_tdx_module_is_refused() -> None:
    assert forged(module_signer=b"\1" * 48) == "module"


def test_a_foreign_quoting_enclave_is_refused() -> None:
    """Who owns a platform can have its key sign any enclave; only Intel's may vouch for quotes."""
    assert forged(qe_signer=bytes(32)) == "quoting_enclave"
    assert forged(qe_flags=0x13) == "quoting_enclave"


def test_a_key_that_the_enclave_does_not_vouch_for_is_refused() -> None:
    quote = parse_quote(quotes.make_quote(bytes(64)))
    other = quotes.make_quote(bytes(64))
    at = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
    from dataclasses import replace

    with pytest.raises(AttestationError) as caught:
        check_chain(replace(parse_quote(other), qe_authentication=b"else"), quotes.trust_anchor(), at)
    assert caught.value.link == "quoting_enclave"
    strange = quotes.make_quote(bytes(64), attestation_key=b"\xff" * 64)
    with pytest.raises(AttestationError, match="P-256") as caught:
        check_chain(parse_quote(strange), quotes.trust_anchor(), at)
    assert caught.value.link == "signature"
    vouched = replace(quote, attestation_key=bytes(64))
    with pytest.raises(AttestationError) as caught:
        check_chain(vouched, quotes.trust_anchor(), at)
    assert caught.value.link == "quoting_enclave"


BEGIN, END = (datetime.datetime(year, 1, 1, tzinfo=datetime.UTC) for year in (2026, 2049))
ROOT = x509.load_pem_x509_certificate(quotes.ROOT.encode())


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def chains() -> dict[str, tuple[bytes, Link]]:
    authority = quotes.issue("Authority", "authority", ROOT, "root", ca=True)
    platform = quotes.issue("Platform", "platform", authority, "authority")
    second = quotes.issue("Second", "second", authority, "authority", ca=True)
    deep = quotes.issue("Platform", "platform", second, "second")
    leaf = quotes.issue("Leaf", "authority", ROOT, "root")
    return {
        "the root is missing": (pem(platform, authority), "trust_anchor"),
        "something follows": (pem(platform, authority, ROOT) + b"else", "certificates"),
        "only the root": (pem(ROOT), "certificates"),
        "too many": (pem(platform, authority, authority, authority, ROOT), "certificates"),
        "wrong order": (pem(authority, platform, ROOT), "certificates"),
        "an authority in the place of the platform": (pem(authority, ROOT), "certificates"),
        "issued by a certificate that is no authority": (
            pem(quotes.issue("Platform", "platform", leaf, "authority"), leaf, ROOT),
            "certificates",
        ),
        "a longer path than the authority may have": (pem(deep, second, authority, ROOT), "certificates"),
        "expired": (
            pem(quotes.issue("Platform", "platform", authority, "authority", until=2026), authority, ROOT),
            "certificates",
        ),
        "signed by another key": (
            pem(quotes.issue("Platform", "platform", authority, "second"), authority, ROOT),
            "certificates",
        ),
        "the key of another platform": (
            pem(quotes.issue("Platform", "second", authority, "authority"), authority, ROOT),
            "quoting_enclave",
        ),
        "no certificates": (b"", "certificates"),
    }


@pytest.mark.parametrize("which", sorted(chains()))
def test_a_chain_that_does_not_hold_is_refused(which: str) -> None:
    certificates, link = chains()[which]
    quote = parse_quote(quotes.make_quote(bytes(64), certificates=certificates))
    at = datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC)
    with pytest.raises(AttestationError) as caught:
        check_chain(quote, quotes.trust_anchor(), at)
    assert caught.value.link == link


def test_a_platform_key_on_another_curve_is_refused() -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    authority = quotes.issue("Authority", "authority", ROOT, "root", ca=True)
    model = quotes.issue("Platform", "platform", authority, "authority")
    builder = x509.CertificateBuilder(
        model.issuer, model.subject, ec.generate_private_key(ec.SECP384R1()).public_key(), 5,
        BEGIN, END, list(model.extensions),
    )  # fmt: skip
    strange = builder.sign(quotes.key_for("authority"), hashes.SHA256())
    quote = parse_quote(quotes.make_quote(bytes(64), certificates=pem(strange, authority, ROOT)))
    with pytest.raises(AttestationError, match="P-256"):
        check_chain(quote, quotes.trust_anchor(), datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC))


def test_an_authority_whose_key_is_not_for_certificates_is_refused() -> None:
    from cryptography.hazmat.primitives import hashes

    template = quotes.issue("Authority", "authority", ROOT, "root", ca=True)
    usage = quotes.issue("X", "x", ROOT, "root").extensions.get_extension_for_class(x509.KeyUsage)
    basics = template.extensions.get_extension_for_class(x509.BasicConstraints)
    builder = x509.CertificateBuilder(
        ROOT.subject, template.subject, template.public_key(), 5,
        BEGIN, END, [usage, basics],
    )  # fmt: skip
    authority = builder.sign(quotes.key_for("root"), hashes.SHA256())
    platform = quotes.issue("Platform", "platform", authority, "authority")
    quote = parse_quote(quotes.make_quote(bytes(64), certificates=pem(platform, authority, ROOT)))
    with pytest.raises(AttestationError, match="not for certificates"):
        check_chain(quote, quotes.trust_anchor(), datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC))


def test_an_anchor_that_is_none() -> None:
    with pytest.raises(ConfigurationError, match="PEM"):
        verify(tee.document(CLASSIC, NONCE), nonce=NONCE, trust=Trust(anchor="my root"))


@pytest.mark.parametrize(
    ("place", "value"), [(0, 5), (2, 3), (4, 0x00), (12, 0), (634, 1), (764, 7), (4990, 1)], ids=str
)
def test_quotes_of_another_kind_are_refused(place: int, value: int) -> None:
    quote = bytearray(quotes.make_quote(bytes(64)))
    if place == 4990:
        place = len(quote) - 1
    quote[place] = value
    with pytest.raises(AttestationError) as caught:
        parse_quote(bytes(quote))
    assert caught.value.link == "quote"


def test_something_between_the_parts_of_a_quote_is_refused() -> None:
    quote = bytearray(quotes.make_quote(bytes(64)))
    size = int.from_bytes(quote[632:636], "little")
    quote[632:636] = (size + 4).to_bytes(4, "little")
    with pytest.raises(AttestationError, match="after its parts"):
        parse_quote(bytes(quote))
