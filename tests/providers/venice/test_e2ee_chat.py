"""Encrypted chats through both engines, over a socket: what leaves, what comes back, what is refused."""

from __future__ import annotations

import copy
import dataclasses
import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from onellm_providers.venice.e2ee import E2EE, AttestationError, AttestedKey, EncryptionError, Trust, verify
from onellm_providers.venice.e2ee.cipher import KeyPair, decrypt, encrypt
from onellm_providers.venice.simulator import tee

from onellm import CapabilityError, InvalidRequestError, OneLLMError, UnsupportedParameterError
from onellm.testing import Simulator, faults
from onellm.testing.simulator.values import Service
from tests.hunt import assert_clean, hunt
from tests.providers.venice.e2ee import ACI, CLASSIC, NONCE, delta_of, lying, trust, with_delta
from tests.providers.venice_schema import complaints
from tests.support import DONE, Caller, chunk, event, serve, streamed
from tests.surroundings import bare_environment
from tests.wire import both

PROMPT = "what-I-asked-in-confidence ☀"
MESSAGES = [{"role": "system", "content": "Be-a-discreet-gondolier"}, {"role": "user", "content": PROMPT}]
MODEL = f"venice/{CLASSIC}"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def settings(sim: Simulator, **more: Any) -> dict[str, Any]:
    """Settings that trust the simulator's machines."""
    base = {"base_url": sim.environ["VENICE_BASE_URL"], "api_key": "sim-key"}
    return {"venice": {**base, "tee_trust": trust(), **more}}


def key(model: str = CLASSIC) -> AttestedKey:
    return verify(tee.document(model, NONCE), nonce=NONCE, model=model, trust=trust())


def chats(sim: Simulator) -> list[Any]:
    return [request for request in sim.requests if request.path.endswith("/chat/completions")]


# -- what leaves and what comes back -----------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("model", [CLASSIC, ACI])
def test_a_whole_answer(caller: Caller, sim: Simulator, model: str) -> None:
    answer = caller.chat(settings(sim), f"venice/{model}", MESSAGES, e2ee=True, temperature=0.5)
    assert PROMPT in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens > 0
    assert [attempt.status for attempt in answer.meta.attempts] == [200, 200]
    assert answer.meta.provider == "venice"
    attested, chat = sim.requests
    assert attested.query["model"] == model
    assert len(attested.query["nonce"]) == 64
    assert chat.headers["x-venice-tee-model-pub-key"] == tee.key_of(model).public.hex()
    assert chat.headers["x-venice-tee-signing-algo"] == "ecdsa"
    assert chat.headers["x-venice-tee-client-pub-key"].startswith("04")
    assert len(chat.headers["x-venice-tee-client-pub-key"]) == 130


@both
@pytest.mark.parametrize("effort", ["none", "high"])
def test_a_stream(caller: Caller, sim: Simulator, effort: str) -> None:
    stream = caller.chat_stream(settings(sim), MODEL, MESSAGES, e2ee=True, reasoning_effort=effort)
    assert stream.error is None
    assert PROMPT in stream.text
    message = stream.final.choices[0].message
    assert message.content == stream.text
    assert bool(message.reasoning_content) is (effort == "high")
    assert stream.final.usage.total_tokens > 0
    assert len(stream.events) > 5


@both
def test_no_word_of_it_is_on_the_wire(caller: Caller, shared: Path) -> None:
    seen: list[bytes] = []

    def note(event: bytes) -> bytes:
        seen.append(event)
        return event

    with Simulator(services={"venice": lying(event=note)}) as sim:
        answer = caller.chat(settings(sim), MODEL, MESSAGES, e2ee=True, reasoning_effort="high")
        body = json.loads(chats(sim)[0].body)
        sent = b"".join(request.body + repr(sorted(request.headers.items())).encode() for request in sim.requests)
    assert complaints(shared, "ChatCompletionRequest", body) == []
    assert body["stream"] is True
    assert body["venice_parameters"] == {
        "enable_e2ee": True, "enable_web_search": "off", "include_venice_system_prompt": False,
    }  # fmt: skip
    pair = tee.key_of(CLASSIC)
    assert [decrypt(message["content"], pair) for message in body["messages"]] == [m["content"] for m in MESSAGES]
    words = [PROMPT.encode(), b"confidence", b"gondolier", answer.choices[0].message.content.encode(), b"simulated"]
    received = b"".join(seen)
    assert [word for word in words if word in sent or word in received] == []
    assert any(delta_of(each).get("reasoning_content") for each in seen)


@both
def test_each_attempt_has_fresh_keys(caller: Caller, sim: Simulator) -> None:
    sim.inject(faults.status(503), times=2, path="/chat/completions")
    sim.inject(faults.status(503), times=1, path="/tee/attestation")
    answer = caller.chat(settings(sim), MODEL, MESSAGES, e2ee=True, max_retries=5)
    assert PROMPT in answer.choices[0].message.content
    bodies = [json.loads(request.body) for request in chats(sim)]
    assert len(bodies) == 3
    blobs = [message["content"] for body in bodies for message in body["messages"]]
    assert len({blob[:130] for blob in blobs}) == 6, "an ephemeral key for each message of each attempt"
    pair = tee.key_of(CLASSIC)
    assert {decrypt(blob, pair) for blob in blobs} == {message["content"] for message in MESSAGES}
    assert len([request for request in sim.requests if "tee" in request.path]) == 2


@both
def test_each_chat_has_a_fresh_nonce_and_session(caller: Caller, sim: Simulator) -> None:
    for _ in range(2):
        caller.chat(settings(sim), MODEL, MESSAGES, e2ee=True)
    nonces = {request.query["nonce"] for request in sim.requests if "tee" in request.path}
    sessions = {request.headers["x-venice-tee-client-pub-key"] for request in chats(sim)}
    assert (len(nonces), len(sessions)) == (2, 2)


@both
def test_the_key_of_the_caller_shows_nowhere(caller: Caller, sim: Simulator) -> None:
    secret = f"sk-{secrets.token_urlsafe(24)}"
    answer = caller.chat(settings(sim, api_key=secret), MODEL, MESSAGES, e2ee=True)
    assert hunt(answer, secret) == []
    sim.inject(faults.status(500), times=None, path="/tee/attestation")
    with pytest.raises(OneLLMError, match="500") as caught:
        caller.chat(settings(sim, api_key=secret), MODEL, MESSAGES, e2ee=True, max_retries=0)
    assert_clean(caught.value, secret)
    assert all(request.headers["authorization"] == f"Bearer {secret}" for request in sim.requests)


# -- a key that was proven before --------------------------------------------------------------------------------------


@both
def test_a_proven_key_saves_the_attestation(caller: Caller, sim: Simulator) -> None:
    proven = key()
    assert json.loads(json.dumps(dataclasses.asdict(proven)))["public_key"] == proven.public_key, "plain data"
    answer = caller.chat(settings(sim, tee_trust=None), MODEL, MESSAGES, e2ee=E2EE(key=proven))
    assert PROMPT in answer.choices[0].message.content
    assert len(sim.requests) == 1


@both
@pytest.mark.parametrize("wrong", [{"expires_at": 1.0}, {"model": ACI}])
def test_a_key_of_another_time_or_model_is_refused(caller: Caller, sim: Simulator, wrong: Any) -> None:
    options = E2EE(key=dataclasses.replace(key(), **wrong))
    with pytest.raises(InvalidRequestError, match="attested key"):
        caller.chat(settings(sim), MODEL, MESSAGES, e2ee=options)
    assert sim.requests == []


@both
def test_trust_may_come_with_the_call(caller: Caller, sim: Simulator) -> None:
    providers = settings(sim, tee_trust=None)
    assert caller.chat(providers, MODEL, MESSAGES, e2ee=E2EE(trust=trust())).choices
    pinned = E2EE(trust=trust(measurements={"mrtd": {"00" * 48}}))
    with pytest.raises(AttestationError, match="mrtd"):
        caller.chat(settings(sim), MODEL, MESSAGES, e2ee=pinned)
    assert len(chats(sim)) == 1


# -- it fails closed ---------------------------------------------------------------------------------------------------

SYSTEM_PROMPT = "include_venice_system_prompt"
PNG = "data:image/png;base64,iVBORw0KGgo="
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


def user(content: Any, **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": content, **more}


@both
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"tools": [TOOL]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"stop": "word"}, "stop"),
        ({"logprobs": True}, "logprobs"),
        ({"web_search_options": {}}, "web_search_options"),
        ({"user": "me"}, "user"),
        ({"prompt_cache_key": "k"}, "prompt_cache_key"),
        ({"fallbacks": ["x"]}, "fallbacks"),
        ({"metadata": {"a": "b"}}, "metadata"),
        ({"extra_body": {"anything": 1}}, "extra_body.anything"),
        ({"something": 1}, "something"),
        ({"venice_parameters": {"enable_web_search": "on"}}, "venice_parameters.enable_web_search"),
        ({"venice_parameters": {"enable_web_search": True}}, "venice_parameters.enable_web_search"),
        ({"venice_parameters": {"enable_web_scraping": True}}, "venice_parameters.enable_web_scraping"),
        ({"venice_parameters": {"character_slug": "x"}}, "venice_parameters.character_slug"),
        ({"venice_parameters": {"enable_e2ee": False}}, "venice_parameters.enable_e2ee"),
        ({"venice_parameters": {SYSTEM_PROMPT: True}}, f"venice_parameters.{SYSTEM_PROMPT}"),
        ({"model": f"{MODEL}:enable_web_search=on"}, "model"),
        ({"messages": [user([{"type": "image_url", "image_url": {"url": PNG}}])]}, "messages[0].content"),
        ({"messages": [user([{"type": "file", "file": {"file_data": PNG}}])]}, "messages[0].content"),
        ({"messages": [user([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])]}, "messages[0].content"),
        (
            {"messages": [user([{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}])]},
            "messages[0].content",
        ),
        ({"messages": [user(None)]}, "messages[0].content"),
        ({"messages": [user("a", name="Ann")]}, "messages[0].name"),
        ({"messages": [user("a"), {"role": "assistant", "content": "b"}, user("c")]}, "messages[1].role"),
        ({"messages": [{"role": "developer", "content": "a"}]}, "messages[0].role"),
        ({"messages": [{"role": "tool", "content": "a", "tool_call_id": "1"}]}, "messages[0].role"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_cannot_be_encrypted_is_refused_before_any_call(
    caller: Caller, sim: Simulator, params: dict[str, Any], param: str, stream: bool
) -> None:
    params = {"model": MODEL, "messages": MESSAGES, **params}
    for unsupported in ("raise", "drop"):
        with pytest.raises(UnsupportedParameterError, match="encrypt") as caught:
            (caller.chat_stream if stream else caller.chat)(settings(sim), e2ee=True, unsupported=unsupported, **params)
        assert caught.value.param == param
    assert sim.requests == []


@both
def test_what_says_nothing_of_the_prompt_goes_along(caller: Caller, sim: Simulator) -> None:
    caller.chat(
        settings(sim), MODEL, [user([{"type": "text", "text": PROMPT}])], e2ee=True, seed=3, max_tokens=50, top_p=0.9,
        venice_parameters={"strip_thinking_response": True, "enable_web_search": False, "enable_x_search": False,
                           "character_slug": None, "enable_e2ee": True},
    )  # fmt: skip
    body = json.loads(chats(sim)[0].body)
    assert (body["seed"], body["max_completion_tokens"], body["top_p"]) == (3, 50, 0.9)
    assert body["venice_parameters"]["strip_thinking_response"] is True
    assert body["venice_parameters"]["enable_web_search"] == "off"
    assert decrypt(body["messages"][0]["content"], tee.key_of(CLASSIC)) == PROMPT


@both
def test_earlier_answers_travel_in_plaintext_only_where_the_caller_accepts_it(caller: Caller, sim: Simulator) -> None:
    first = caller.chat(settings(sim), MODEL, MESSAGES, e2ee=True)
    turns = [*MESSAGES, first.choices[0].message, user("And then?")]
    with pytest.raises(UnsupportedParameterError, match="plaintext_assistant"):
        caller.chat(settings(sim), MODEL, turns, e2ee=True)
    again = caller.chat(settings(sim), MODEL, turns, e2ee=E2EE(plaintext_assistant=True))
    assert "And then?" in again.choices[0].message.content
    sent = json.loads(chats(sim)[-1].body)["messages"]
    assert sent[2]["content"] == first.choices[0].message.content
    assert [decrypt(sent[place]["content"], tee.key_of(CLASSIC)) for place in (0, 1, 3)] == [
        *(message["content"] for message in MESSAGES), "And then?",
    ]  # fmt: skip
    calls = [*MESSAGES, {"role": "assistant", "content": "a", "tool_calls": [{"id": "1"}]}]
    with pytest.raises(UnsupportedParameterError):
        caller.chat(settings(sim), MODEL, calls, e2ee=E2EE(plaintext_assistant=True))


@pytest.mark.parametrize("given", [1, "yes", {"trust": None}])
def test_the_argument_is_a_switch_or_its_options(sim: Simulator, given: Any) -> None:
    with pytest.raises(InvalidRequestError, match="E2EE"):
        Caller("sync").chat(settings(sim), MODEL, MESSAGES, e2ee=given)
    with pytest.raises(InvalidRequestError, match="venice_parameters"):
        Caller("sync").chat(settings(sim), MODEL, MESSAGES, e2ee=True, venice_parameters=[1])
    assert sim.requests == []


@both
@pytest.mark.parametrize("off", [False, None])
def test_switched_off_it_is_a_chat_as_any_other(caller: Caller, sim: Simulator, off: Any) -> None:
    answer = caller.chat(settings(sim), MODEL, MESSAGES, e2ee=off, stop="never")
    assert PROMPT in answer.choices[0].message.content
    (request,) = sim.requests
    body = json.loads(request.body)
    assert "e2ee" not in body
    assert body["messages"] == MESSAGES
    assert not [name for name in request.headers if "tee" in name]


def test_other_providers_do_not_know_it() -> None:
    with pytest.raises(UnsupportedParameterError, match="e2ee"):
        Caller("sync").chat({"openai": {"api_key": "k"}}, "openai/m", MESSAGES, e2ee=True)


def test_a_model_that_is_known_not_to_encrypt_is_refused(sim: Simulator) -> None:
    import onellm

    with onellm.OneLLM(providers=settings(sim)) as client:
        client.list_models("venice")
        before = len(sim.requests)
        with pytest.raises(CapabilityError, match="e2ee") as caught:
            client.chat.completions.create("venice/venice-uncensored", MESSAGES, e2ee=True)
        assert caught.value.alternatives == (f"venice/{CLASSIC}", f"venice/{ACI}")
        assert len(sim.requests) == before


# -- a service that lies -----------------------------------------------------------------------------------------------


def refused(caller: Caller, service: Service, kind: type[Exception], stream: bool = False, **params: Any) -> Any:
    """The error of a chat with a service, and what had been sent."""
    with Simulator(services={"venice": service}) as sim:
        if stream:
            result = caller.chat_stream(settings(sim), MODEL, MESSAGES, e2ee=True, **params)
            error: Any = result.error
            assert isinstance(error, kind), error
        else:
            with pytest.raises(kind) as caught:
                caller.chat(settings(sim), MODEL, MESSAGES, e2ee=True, **params)
            error = caught.value
        return error, chats(sim)


def _other_quote(document: dict[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    quote = bytearray.fromhex(changed["quote"])
    quote[184] ^= 1
    changed["intel_quote"] = changed["quote"] = quote.hex()
    return changed


@both
@pytest.mark.parametrize(
    ("link", "lie"),
    [
        ("address", lambda d: {**d, "signing_key": KeyPair().public.hex()}),
        ("nonce", lambda d: tee.document(CLASSIC, "00" * 32)),
        ("claims", lambda d: {**d, "verified": False}),
        ("claims", lambda d: tee.document(ACI, d["nonce"])),
        ("signature", _other_quote),
    ],
)
def test_nothing_is_sent_to_a_machine_that_proves_nothing(caller: Caller, link: str, lie: Callable[[Any], Any]) -> None:
    error, sent = refused(caller, lying(document=lie), AttestationError)
    assert error.link == link
    assert sent == []


def the_third(change: Callable[[bytes], bytes | None]) -> Callable[[bytes], bytes | None]:
    """A change of the third event with a text."""
    count = 0

    def alter(event: bytes) -> bytes | None:
        nonlocal count
        if delta_of(event).get("content"):
            count += 1
            if count == 3:
                return change(event)
        return event

    return alter


def flipped(event: bytes) -> bytes:
    text = delta_of(event)["content"]
    return with_delta(event, content=text[:-1] + ("0" if text[-1] != "0" else "1"))


LIES: dict[str, tuple[str, Callable[[bytes], bytes | None]]] = {
    "plaintext": ("Plaintext", lambda event: with_delta(event, content="Hello")),
    "long plaintext": ("Plaintext", lambda event: with_delta(event, content="Hello " * 60)),
    "white space": ("Plaintext", lambda event: with_delta(event, content="\n")),
    "reasoning in plaintext": ("Plaintext", lambda event: with_delta(event, reasoning_content="I think")),
    "a refusal in plaintext": ("Plaintext", lambda event: with_delta(event, refusal="No")),
    "an unknown text": ("Plaintext", lambda event: with_delta(event, thought="I think")),
    "reasoning details": ("Plaintext", lambda event: with_delta(event, reasoning_details=[{"text": "I think"}])),
    "something else": ("annotations came in plaintext", lambda event: with_delta(event, annotations=[{"url": "u"}])),
    "tool calls": (
        "Tool calls",
        lambda event: with_delta(event, tool_calls=[{"index": 0, "id": "1", "function": {"name": "f"}}]),
    ),
    "a tag that does not fit": ("does not open", flipped),
    "for another key": ("does not open", lambda event: with_delta(event, content=encrypt("x", KeyPair().public))),
}


@both
@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_is_not_encrypted_is_no_answer(caller: Caller, lie: str) -> None:
    said, change = LIES[lie]
    error, sent = refused(caller, lying(event=the_third(change)), EncryptionError, stream=True)
    assert said in str(error)
    assert error.code == "encryption"
    assert error.partial.choices[0].message.content, "what had been opened is kept"
    assert len(sent) == 1, "and it is not asked again"
    error, _ = refused(caller, lying(event=the_third(change)), EncryptionError)
    assert said in str(error)


@both
def test_tokens_in_plaintext_are_no_answer(caller: Caller) -> None:
    def alter(event: bytes) -> bytes:
        value = json.loads(event.removeprefix(b"data: "))
        value["choices"][0]["logprobs"] = {"content": [{"token": "Hel", "logprob": -1, "top_logprobs": []}]}
        return b"data: " + json.dumps(value).encode() + b"\n\n"

    error, _ = refused(caller, lying(event=the_third(alter)), EncryptionError, stream=True)
    assert "logprobs" in str(error)


@both
def test_a_wholly_plaintext_stream_is_refused_when_it_opens(caller: Caller) -> None:
    with serve(streamed(event(chunk("Hello")), event(chunk(finish="stop")), DONE)) as server:
        for run in (caller.chat, caller.chat_stream):
            with pytest.raises(EncryptionError, match="Plaintext"):
                run(server.provider(), MODEL, MESSAGES, e2ee=E2EE(key=key()))
        assert len(server.requests) == 2


@both
def test_what_is_empty_is_no_plaintext(caller: Caller) -> None:
    empty: dict[str, Any] = {
        "annotations": [],
        "audio": None,
        "function_call": None,
        "refusal": None,
        "tool_calls": [],
        "thought": "",
    }
    with Simulator(services={"venice": lying(event=the_third(lambda event: with_delta(event, **empty)))}) as sim:
        answer = caller.chat(settings(sim), MODEL, MESSAGES, e2ee=True)
    assert PROMPT in answer.choices[0].message.content


@both
def test_an_answer_without_a_word_is_empty(caller: Caller) -> None:
    with serve(streamed(event(chunk("")), event(chunk(finish="stop")), DONE)) as server:
        answer = caller.chat(server.provider(), MODEL, MESSAGES, e2ee=E2EE(key=key()))
    assert answer.choices[0].message.content in ("", None)


@both
@pytest.mark.parametrize("fault", [faults.one_byte_writes(), faults.crlf(), faults.comments(), faults.missing_done()])
def test_odd_framing_does_no_harm(caller: Caller, sim: Simulator, fault: Any) -> None:
    sim.inject(fault, path="/chat/completions")
    assert PROMPT in caller.chat(settings(sim), MODEL, MESSAGES, e2ee=True).choices[0].message.content


@both
def test_a_stream_that_breaks_off_has_what_was_opened(caller: Caller, sim: Simulator) -> None:
    import onellm

    sim.inject(faults.end_after(4), path="/chat/completions")
    stream = caller.chat_stream(settings(sim), MODEL, MESSAGES, e2ee=True)
    assert isinstance(stream.error, onellm.StreamInterrupted)
    assert stream.error.partial.choices[0].message.content.startswith("You")


@both
@pytest.mark.parametrize("body", [b"[]", b"{}", b'"text"', b"<html>"])
def test_an_attestation_that_is_none(caller: Caller, body: bytes) -> None:
    import onellm
    from tests.support import whole

    with (
        serve(whole(body)) as server,
        pytest.raises((onellm.BadResponseError, AttestationError)),
    ):
        caller.chat(server.provider(), MODEL, MESSAGES, e2ee=True)


# -- extras and imports ------------------------------------------------------------------------------------------------


WITHOUT = """
import sys
sys.modules[{library!r}] = None
import onellm
from onellm_providers.venice.e2ee import Trust, verify
try:
    {call}
except onellm.ConfigurationError as error:
    print(error)
"""
CHAT = """onellm.OneLLM(providers={"venice": {"api_key": "k", "base_url": "http://127.0.0.1:9/v1"}}).chat.completions.create(
        "venice/e2ee-x", [{"role": "user", "content": "Hi"}], e2ee=True)"""


@pytest.mark.parametrize("library", ["cryptography", "Crypto"])
@pytest.mark.parametrize("call", [CHAT, "verify({}, nonce='')"])
def test_a_missing_library_is_named_with_its_extra(library: str, call: str) -> None:
    done = run(WITHOUT.format(library=library, call=call))
    assert f"({library}" in done
    assert "extra 'e2ee'" in done
    assert "pip install cryptography" in done


def test_a_missing_library_for_collateral_is_named() -> None:
    call = f"""from onellm_providers.venice.simulator import tee
    trust = Trust(anchor=tee.trust_anchor(), collateral="{{}}")
    verify(tee.document("{CLASSIC}", "{NONCE}"), nonce="{NONCE}", trust=trust)"""
    assert "dcap_qvl is missing" in run(WITHOUT.format(library="dcap_qvl", call=call))


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_nothing_cryptographic_is_loaded_before_it_is_needed() -> None:
    code = """
import sys
import onellm_providers.venice, onellm_providers.venice.e2ee, onellm_providers.venice.wallet
import onellm_providers.venice.simulator as simulator
simulator.routes()
print([n for n in sys.modules if n.split(".")[0] in ("cryptography", "Crypto", "dcap_qvl", "eth_account", "solders")])
"""
    assert run(code) == "[]"


def test_trust_is_a_value() -> None:
    assert Trust() == Trust()
    assert E2EE() == E2EE(trust=None, key=None, plaintext_assistant=False)
