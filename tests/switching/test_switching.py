"""RSN-24, TOOL-12: one conversation with an image, thoughts and tool calls moves from provider to provider and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onellm import Reply
from tests.switching.places import PLACES, Place
from tests.wire import call, received_stream, stream_call, tool

PNG = "data:image/png;base64,iVBORw0KGgo="
TIDE = tool("tide", parameters={"type": "object", "properties": {"port": {"type": "string"}}, "required": ["port"]})
IDS = ("call_{}", "functions.tide:{}", "toolu_01A09q90qw90lq91784{}")
"""Ids as services give them; not all take the letters of all."""
LONGEST = 40
"""Letters of the longest id of a call that any service was sent: ids do not grow by moving."""


def secret_of(number: int) -> str:
    """Opaque state: twelve letters of base64, as some places want it."""
    return f"secret-{number:05}"


def asked(number: int) -> dict[str, Any]:
    """The caller's turn; the first shows an image."""
    text = {"type": "text", "text": f"What is the tide here? ({number})"}
    return {
        "role": "user",
        "content": [text, {"type": "image_url", "image_url": {"url": PNG}}] if not number else text["text"],
    }


def answered(place: Place, call_id: str, secret: str, *, streams: bool) -> Any:
    """The message that the place's bytes become."""
    if not streams:
        return (
            call(place.name, model=place.model).parse(Reply(200, {}, place.whole(call_id, secret))).choices[0].message
        )
    found = received_stream(place.name, place.stream(call_id, secret), model=place.model)
    assert found.failure is None
    return found.final.choices[0].message


def sent(place: Place, messages: list[Any], *, streams: bool) -> dict[str, Any]:
    """The body of the next request to the place."""
    make = stream_call if streams else call
    body: dict[str, Any] = make(place.name, messages, place.model, tools=[TIDE]).json
    return body


def ids_in(value: Any) -> list[str]:
    """Every id of a call or of its result, under whatever name the format has for it."""
    if isinstance(value, list):
        return [id for item in value for id in ids_in(item)]
    if not isinstance(value, dict):
        return []
    names = ("id", "tool_call_id", "tool_use_id", "toolUseId")
    own = [item for name, item in value.items() if name in names and isinstance(item, str)]
    return own + [id for item in value.values() for id in ids_in(item)]


def without_ids(value: Any) -> Any:
    """The value without the ids of calls, which may be written in other letters, and without what is null."""
    if isinstance(value, list):
        return [without_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    ids = ("id", "toolUseId")
    return {name: without_ids(item) for name, item in value.items() if name not in ids and item is not None}


def holds(value: Any, wanted: Any) -> bool:
    """Whether it is in the value as it is, at any depth."""
    if value == wanted:
        return True
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(holds(item, wanted) for item in items)


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("first", PLACES, ids=str)
def test_round_trip_through_every_place(shared: Path, first: Place, streams: bool) -> None:
    """Each target's judge accepts what it is sent; nobody sees another's state; each has its own again on return."""
    start = PLACES.index(first)
    route = [*PLACES[start:], *PLACES[:start], *PLACES[start:], *PLACES[:start]]
    messages: list[Any] = []
    for number, place in enumerate(route):
        messages.append(asked(number))
        before = json.dumps(messages)
        body = sent(place, messages, streams=streams)
        place.judge(shared, body)
        assert json.dumps(messages) == before
        text = json.dumps(body)
        for earlier, other in enumerate(route[:number]):
            belongs = other.name == place.name
            assert (secret_of(earlier) in text) == (belongs and other.keeps), (number, earlier)
            if belongs and other.kept is not None:
                kept = other.kept(IDS[earlier % len(IDS)].format(earlier), secret_of(earlier))
                assert holds(without_ids(body), without_ids(kept)), (number, earlier)
        assert "iVBORw0KGgo=" in text
        assert (
            max(map(len, ids_in(body.get("messages") or body.get("contents") or body["input"])), default=0) <= LONGEST
        )
        call_id = IDS[number % len(IDS)].format(number)
        message = answered(place, call_id, secret_of(number), streams=streams)
        assert message.tool_calls[0].id == call_id or not place.names_calls
        messages.append(json.loads(message.model_dump_json()))
        messages.append({"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "14:10"})


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_whole_and_streamed_answers_go_back_alike(shared: Path, place: Place) -> None:
    """Where an answer came from, bytes or a stream, does not show in the next request."""
    bodies: list[dict[str, Any]] = []
    for streams in (False, True):
        said = json.loads(answered(place, "call_1", secret_of(1), streams=streams).model_dump_json())
        messages = [asked(0), said, {"role": "tool", "tool_call_id": said["tool_calls"][0]["id"], "content": "14:10"}]
        bodies.append(sent(place, messages, streams=False))
        place.judge(shared, bodies[-1])
    assert bodies[0] == bodies[1]
    assert (secret_of(1) in json.dumps(bodies[0])) == place.keeps
