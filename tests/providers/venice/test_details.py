"""The 25 hardest details by number, those beside media, encryption and wallets (section 6 of the notes).

Elsewhere: 3 in test_contract_watch.py, 14 in test_pages.py, 15 and 17 to 19 in test_errors.py, 16 and part of 21 in
test_resources.py; 5 to 13 and 20 among the tests of media, 22 among those of wallets, 23 and 24 among those of e2ee.
"""

from __future__ import annotations

from typing import Any

import pytest
from onellm_providers.venice.errors import VeniceAPIError

import onellm
from onellm import InvalidRequestError, StreamInterrupted, UnsupportedParameterError
from onellm.testing import faults
from tests.providers.venice.calls import HI, MODEL
from tests.providers.venice.media import Asker, Watched, both
from tests.support import DONE, Caller, chunk, completion, event, serve, streamed, whole


def asks(**params: Any) -> Any:
    return lambda venice: venice.chat.completions.create(MODEL, HI, **params)


@both
def test_detail_1_the_body_of_a_chat_is_closed(ask: Asker, venice: Watched) -> None:
    """Hard case HOST-04 too: `venice_parameters` nested, an unknown key only by `extra_body`, `seed` above 0."""
    for unknown in ({"foo": 1}, {"enable_web_serch": "on"}):
        with pytest.raises(UnsupportedParameterError):
            ask(venice.url, asks(**unknown))
    with pytest.raises(InvalidRequestError):
        ask(venice.url, asks(seed=0))
    assert venice.sim.requests == []
    ask(venice.url, asks(enable_web_search="auto", top_k=5, reasoning={"effort": "low"}, reasoning_effort="high"))
    assert venice.last.json() == {
        "model": MODEL, "messages": HI, "top_k": 5, "reasoning": {"effort": "low"}, "reasoning_effort": "high",
        "venice_parameters": {"enable_web_search": "auto"},
    }  # fmt: skip
    with serve(whole(completion())) as server:
        ask(server.url, asks(extra_body={"foo": 1}))
    assert server.requests[0].json["foo"] == 1


@both
@pytest.mark.parametrize(("given", "sent"), [(True, "on"), (False, "off"), ("auto", "auto")])
def test_detail_2_web_search_is_a_word(ask: Asker, venice: Watched, given: Any, sent: str) -> None:
    for params in ({"enable_web_search": given}, {"venice_parameters": {"enable_web_search": given}}):
        ask(venice.url, asks(**params))
        assert venice.last.json()["venice_parameters"] == {"enable_web_search": sent}


@both
def test_detail_2_in_both_places_is_refused(ask: Asker, venice: Watched) -> None:
    with pytest.raises(InvalidRequestError, match="given twice") as caught:
        ask(venice.url, asks(character_slug="a", venice_parameters={"character_slug": "b"}))
    assert caught.value.param == "character_slug"
    with pytest.raises(InvalidRequestError, match="must be a dict"):
        ask(venice.url, asks(character_slug="a", venice_parameters="b"))
    ask(venice.url, asks(character_slug=None, disable_thinking=True, venice_parameters={"character_slug": "b"}))
    assert venice.last.json()["venice_parameters"] == {"character_slug": "b", "disable_thinking": True}


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    "model", ["openai/whisper-large-v3", "default:enable_web_search=on&character_slug=x", "wai-Illustrious"]
)
def test_detail_4_a_model_reaches_the_wire_as_it_is(kind: str, model: str) -> None:
    with serve(whole(completion())) as server:
        Caller(kind).chat(server.provider(), f"venice/{model}")
    assert server.requests[0].json["model"] == model


@both
def test_detail_21_what_was_refused_unprocessed_is_sent_again(ask: Asker, venice: Watched) -> None:
    """A key is a purchase: repeated after 429, never after 500."""
    venice.sim.inject(faults.status(429))
    assert ask(venice.url, lambda v: v.api_keys.create(description="ci")).id
    assert len(venice.sim.requests) == 2


# -- detail 25: streams as hosts send them -----------------------------------------------------------------------------

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
CITED = {"web_search_citations": [{"title": "T", "url": "https://e.example"}]}
CUT = event(chunk("Grüße"))
STREAMS: dict[str, list[bytes]] = {
    "no space": [event(chunk("Hel")).replace(b"data: ", b"data:"), event(chunk("lo", "stop")), DONE],
    "crlf": [event(chunk("Hel")).replace(b"\n", b"\r\n"), event(chunk("lo", "stop")).replace(b"\n", b"\r\n"), DONE],
    "split utf-8": [event(chunk("Hel")), *(bytes([byte]) for byte in event(chunk("lo", "stop"))), DONE],
    "several lines": [event(chunk("Hel")), event(chunk("lo", "stop")).replace(b', "', b',\ndata: "'), DONE],
    "comments": [b": ping\n\n", event(chunk("Hel")), b": ping\n", event(chunk("lo", "stop")), DONE],
    "empty choices": [
        event({**chunk("x"), "choices": [], "venice_parameters": CITED}), event(chunk("Hel")),
        event(chunk("lo", "stop")), event({**chunk("x"), "choices": [], "usage": USAGE}), DONE,
    ],
    "no done": [event(chunk("Hel")), event(chunk("lo", "stop"))],
}  # fmt: skip


@both
@pytest.mark.parametrize("name", STREAMS)
def test_detail_25_a_stream_survives(ask: Asker, name: str) -> None:
    with serve(streamed(*STREAMS[name])) as server:
        found = ask(server.url, asks(stream=True))
    assert found.text == "Hello"
    assert found.final.choices[0].finish_reason == "stop"
    if name == "empty choices":
        assert found.final.usage.total_tokens == 5


@both
def test_detail_25_letters_cut_in_two_and_thoughts_first(ask: Asker) -> None:
    thought = chunk()
    thought["choices"][0]["delta"] = {"reasoning_content": "Hm."}
    pieces = [event(thought), CUT[:60], CUT[60:], event(chunk("!", "stop")), DONE]
    with serve(streamed(*pieces)) as server:
        found = ask(server.url, asks(stream=True))
    assert found.text == "Grüße!"
    assert found.final.choices[0].message.reasoning_content == "Hm."


@both
def test_detail_25_errors_and_early_ends(ask: Asker) -> None:
    with serve(streamed(event({"error": "Inference processing failed"}))) as server, pytest.raises(VeniceAPIError):
        ask(server.url, asks(stream=True), max_retries=0)
    with serve(streamed(event(chunk("Hel")))) as server, pytest.raises(StreamInterrupted) as caught:
        ask(server.url, asks(stream=True))
    assert caught.value.partial.choices[0].message.content == "Hel"


# -- the same for responses --------------------------------------------------------------------------------------------


def told(kind: str, **fields: Any) -> bytes:
    return event({"type": kind, **fields})


MESSAGE = {"type": "message", "id": "m1", "status": "completed", "role": "assistant"}
BEGUN = {"id": "r1", "object": "response", "status": "in_progress", "output": [], "model": MODEL}
ENDED = {**BEGUN, "status": "completed", "output": [{**MESSAGE, "content": [{"type": "output_text", "text": "Hello"}]}]}
START = [told("response.created", response=BEGUN), told("response.output_text.delta", output_index=0, delta="Hel")]


def responds(venice: Any) -> Any:
    return venice.responses.create(MODEL, "Hi", stream=True)


@both
@pytest.mark.parametrize("end", [[DONE], []], ids=["done", "no done"])
def test_a_streamed_response(ask: Asker, end: list[bytes]) -> None:
    odd = told("response.new_thing", novelty=1)
    with serve(streamed(*START, odd, told("response.completed", response=ENDED), *end)) as server:
        found = ask(server.url, responds)
    assert [each.type for each in found.events][-2:] == ["response.new_thing", "response.completed"]
    assert found.events[-2].novelty == 1
    assert (found.final.output_text, found.final.status) == ("Hello", "completed")


@both
def test_a_streamed_response_that_breaks_off(ask: Asker) -> None:
    with serve(streamed(*START)) as server, pytest.raises(StreamInterrupted) as caught:
        ask(server.url, responds)
    assert caught.value.partial.output_text == "Hel"
    assert caught.value.partial.id == "r1"


@both
@pytest.mark.parametrize(
    "bad",
    [
        event({"error": "Inference processing failed"}),
        told("error", error={"message": "Rate limit exceeded", "code": "rate_limit_exceeded"}),
        b"event: error\ndata: nonsense\n\n",
    ],
)
def test_an_error_inside_a_streamed_response(ask: Asker, bad: bytes) -> None:
    with serve(streamed(*START, bad)) as server, pytest.raises(VeniceAPIError) as caught:
        ask(server.url, responds, max_retries=0)
    assert caught.value.partial.output_text == "Hel"


@both
def test_a_streamed_response_that_is_none(ask: Asker) -> None:
    with serve(streamed(*START, b"data: nonsense\n\n")) as server, pytest.raises(onellm.BadResponseError):
        ask(server.url, responds, max_retries=0)
    with serve(streamed(*START, b"data: " + b"x" * 40_000_000)) as server, pytest.raises(onellm.BadResponseError):
        ask(server.url, responds, max_retries=0)


@both
def test_a_response_of_an_encrypted_model_is_refused(ask: Asker, venice: Watched) -> None:
    with pytest.raises(VeniceAPIError, match="E2EE"):
        ask(venice.url, lambda v: v.responses.create("e2ee-venice-uncensored-2", "Hi"))
