"""Cases for all providers, as values, at each one that has a format of its own (at Azure, and in this process too)."""

from __future__ import annotations

import asyncio
import copy
import json
import re
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import unquote

import pytest

from onellm import AsyncOneLLM, ChatRequest, OneLLM, OneLLMError, Provider, Reply, get_provider
from onellm.call import Call, StreamCall, StreamWork, Work
from onellm.errors import CapabilityError, InvalidModelStringError, UnsupportedParameterError
from tests.hardcases.natives import NATIVES
from tests.providers.replicate import wire as replicate
from tests.support import KEY, Caller, serve, whole
from tests.switching.places import PLACES, Place
from tests.wire import USER, both, calling, result, tool, tool_call
from tests.wire import provider as wire_provider

MODELS = {**{each.name: each.model for each in NATIVES}, "llama_cpp": "some/model"}
SETTINGS: dict[str, dict[str, Any]] = {"bedrock": {"region": "us-east-1"}, "azure": {"resource": "acme"}}
CALLERS = [name for name in MODELS if name != "replicate"]
"""Those whose models call tools."""

everyone = pytest.mark.parametrize("name", MODELS)
"""Runs a test once for each."""
tool_callers = pytest.mark.parametrize("name", CALLERS)
"""Runs a test once for each that takes tools."""

IMAGE = "data:image/png;base64,iVBORw0KGgo="


def provider(name: str) -> Provider:
    return get_provider(name, api_key=KEY, **SETTINGS.get(name, {}))


def op(name: str, *messages: Any, model: str = "", **params: Any) -> Any:
    """The chat, as a value."""
    asked = ChatRequest(model=model or MODELS[name], messages=list(messages) or [USER], **params)
    made: Any = provider(name).chat(asked)
    if name == "replicate":
        return replicate.Played(made, replicate.model(), replicate.prediction()).calls[1]
    return made


def body(name: str, *messages: Any, **params: Any) -> dict[str, Any]:
    """What the provider makes of a chat."""
    return sent_by(op(name, *messages, **params))


def sent_by(made: Any) -> dict[str, Any]:
    """The body of a call, or what is computed in its place."""
    run: Any = getattr(made, "run", None)  # of work of this process
    found: dict[str, Any] = made.json if run is None else run.__self__.body
    return found


def attempt(name: str, *messages: Any, **params: Any) -> tuple[Any, str]:
    """The chat, or the words of its refusal."""
    try:
        return op(name, *messages, **params), ""
    except (UnsupportedParameterError, CapabilityError) as error:
        return None, str(error)


def tables(value: Any) -> Iterator[dict[str, Any]]:
    """Every table in a body."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from tables(each)


# -- tools -------------------------------------------------------------------------------------------------------------


@tool_callers
@pytest.mark.parametrize("empty", ["", None, "{}"])
def test_tool_13_no_arguments_are_an_empty_object(name: str, empty: Any) -> None:
    sent = body(name, USER, calling(tool_call(arguments=empty)), result(), tools=[tool()])
    found = [
        each[word]
        for each in tables(sent)
        for word in ("arguments", "args", "input")
        if each.get("name") == "f" and word in each
    ]
    assert found in ([{}], ["{}"])


@tool_callers
def test_tool_20_calling_this_tool(name: str) -> None:
    """Said in the service's words, or refused; never dropped in silence. A malformed choice is told here."""
    named = {"type": "function", "function": {"name": "f"}}
    given: dict[str, Any] = {"tools": [tool("f"), tool("g")]}
    chosen, refusal = attempt(name, tool_choice=named, **given)
    assert "tool_choice" in refusal or (chosen is not None and sent_by(chosen) != body(name, **given))
    with pytest.raises(OneLLMError, match="tool_choice"):
        body(name, tool_choice={"type": "function"}, **given)
    assert body(name, tool_choice={"type": "auto"}, **given) == body(name, tool_choice="auto", **given)


def test_tool_20_where_no_model_takes_tools() -> None:
    with pytest.raises(OneLLMError, match="tools"):
        body("replicate", tools=[tool()])


@tool_callers
def test_tool_39_strict_is_sent_or_told(name: str) -> None:
    """In the service's own way, or left out and named in `dropped_params`, or refused."""
    parameters = {"type": "object", "properties": {}, "additionalProperties": False}
    made, refusal = attempt(name, tools=[tool("f", parameters=parameters, strict=True)])
    if made is None:
        assert "strict" in refusal
        return
    plain = op(name, tools=[tool("f", parameters=parameters)])
    told = any("strict" in each for each in made.dropped)
    changed = sent_by(made) != sent_by(plain)
    assert told != changed


# -- content -----------------------------------------------------------------------------------------------------------


def part(url: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": url}


@everyone
def test_mm_05_an_image_url_that_is_a_plain_text(name: str) -> None:
    """The same as a table, or the same refusal."""
    asked = [{"type": "text", "text": "What is it?"}]
    (one, refusal), (other, same) = (
        attempt(name, {"role": "user", "content": [*asked, part(url)]}) for url in (IMAGE, {"url": IMAGE})
    )
    assert refusal == same
    if one is None:
        assert "image" in refusal
        return
    assert sent_by(one) == sent_by(other)
    assert "iVBORw0KGgo" in repr(sent_by(one))


@everyone
def test_mm_12_texts_and_images_keep_their_order(name: str) -> None:
    """Or the mixture is refused; Ollama alone keeps images apart, in their own order."""
    images = [f"data:image/png;base64,iVBORw0KGgo{end}" for end in ("AAAA=", "BBBB=")]
    content = [{"type": "text", "text": "ONE"}, part({"url": images[0]}), {"type": "text", "text": "TWO"}]
    made, _ = attempt(name, {"role": "user", "content": [*content, part({"url": images[1]})]})
    if made is None:
        assert name in ("replicate", "llama_cpp")
        return
    sent = repr(sent_by(made))
    first, second = (sent.index(at) for at in ("iVBORw0KGgoAAA", "iVBORw0KGgoBBB"))
    assert first < second
    assert sent.index("ONE") < sent.index("TWO")
    if name != "ollama":
        assert sent.index("ONE") < first < sent.index("TWO") < second


@everyone
def test_mm_11_a_part_that_nobody_knows(name: str) -> None:
    """Refused with its place and type; dropped, and told, where that was asked for."""
    odd = {"role": "user", "content": [{"type": "text", "text": "T"}, {"type": "hologram", "hologram": {"url": "x"}}]}
    with pytest.raises(OneLLMError, match=r"content\[1\]") as caught:
        body(name, odd)
    assert "hologram" in str(caught.value)


@everyone
def test_msg_20_nothing_of_the_caller_is_changed(name: str) -> None:
    given: dict[str, Any] = {
        "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": [{"type": "text", "text": "T"}]}],
        "extra_headers": {} if name == "llama_cpp" else {"x-trace": "1"},
    }
    if name != "replicate":
        given["tools"] = [tool()]
        given["messages"] += [calling(tool_call()), result()]
    before = copy.deepcopy(given)
    messages = given["messages"]
    rest = {key: value for key, value in given.items() if key != "messages" and value}
    first = body(name, *messages, **rest)
    assert given == before
    assert body(name, *messages, **rest) == first


# -- state of others ---------------------------------------------------------------------------------------------------

SECRET = "c2VjcmV0LXN0YXRl"


def stateful(place: Place) -> dict[str, Any]:
    """An answer of that place, as a caller kept it."""
    chat = cast("Any", wire_provider(place.name).chat(ChatRequest(model=place.model, messages=[USER])))
    answer = chat.parse(Reply(200, {}, place.whole("call_1", SECRET)))
    kept: dict[str, Any] = json.loads(answer.choices[0].message.model_dump_json())
    return kept


@tool_callers
@pytest.mark.parametrize("place", [place for place in PLACES if place.keeps], ids=str)
def test_rsn_24_tool_12_what_another_provider_signed_stays_at_home(name: str, place: Place) -> None:
    turn = stateful(place)
    assert SECRET in json.dumps(turn)
    said = result(turn["tool_calls"][0]["id"])
    sent = body(name, USER, turn, said, tools=[tool("tide")], model=place.model if place.name == name else "")
    assert (SECRET in json.dumps(sent)) == (place.name == name)


# -- parameters and names ----------------------------------------------------------------------------------------------


@everyone
def test_par_04_nothing_is_made_up(name: str) -> None:
    words = {"temperature", "top_p", "top_k", "topp", "topk", "seed", "presence_penalty", "frequency_penalty", "stop"}
    sent = {key.lower() for each in tables(body(name)) for key in each}
    assert not sent & words


@everyone
def test_par_03_zero_is_a_value(name: str) -> None:
    if name == "replicate":  # whose model asks for more than 0; its other models have tests of their own
        with pytest.raises(OneLLMError, match="temperature"):
            body(name, temperature=0)
        return
    assert any(each.get("temperature") == 0 for each in tables(body(name, temperature=0)))


@everyone
def test_par_13_none_is_nothing(name: str) -> None:
    nothing = dict.fromkeys(("tools", "tool_choice", "parallel_tool_calls", "stop", "seed", "temperature", "nonsense"))
    assert body(name, **nothing) == body(name)


@everyone
def test_url_01_the_name_goes_as_it_is(name: str) -> None:
    if name == "replicate":
        assert "/models/a/b/predictions" in op(name, model="a/b").url
        return
    made = op(name, model="a/b:c-1.5")
    if isinstance(made, Work):
        assert made.origin == (name, "a/b:c-1.5")
        return
    assert "a/b:c-1.5" in unquote(made.url) or made.json["model"] == "a/b:c-1.5"


@everyone
def test_url_09_a_name_without_a_model(name: str) -> None:
    with OneLLM(providers={name: {"api_key": KEY, **SETTINGS.get(name, {})}}) as client:
        with pytest.raises(InvalidModelStringError, match=name):
            client.chat.completions.create(f"{name}/", [USER])
        with pytest.raises(OneLLMError, match=name):
            client.chat.completions.create(f"{name[:-1]}/m", [USER])


@everyone
def test_url_03_a_base_url_with_and_without_its_slash(name: str) -> None:
    if name == "llama_cpp":
        pytest.skip("no wire, no URL")
    settings = {key: value for key, value in SETTINGS.get(name, {}).items() if key != "resource"}
    urls: list[str] = []
    for base in ("https://h.example/openai/v1", "https://h.example/openai/v1/"):
        made: Any = get_provider(name, api_key=KEY, base_url=base, **settings).chat(
            ChatRequest(model=MODELS[name], messages=[USER])
        )
        urls.append((next(made) if name == "replicate" else made).url)
    assert urls[0] == urls[1]
    path = urls[0].removeprefix("https://")
    assert "//" not in path
    assert path.count("openai") == 1
    assert not re.search(r"/v\d\w*/(.*/)?v\d\w*/", path)


# -- other operations --------------------------------------------------------------------------------------------------

EMBEDDED: dict[str, Any] = {
    "azure": {
        "object": "list", "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1},
        "data": [{"object": "embedding", "index": at, "embedding": [float(at)]} for at in (2, 0, 1)],
    },
    "cohere": {"id": "e", "embeddings": {"float": [[0.0], [1.0], [2.0]]}, "texts": ["a", "b", "c"]},
    "ollama": {"model": "m", "embeddings": [[0.0], [1.0], [2.0]], "prompt_eval_count": 3},
}  # fmt: skip
embedders = pytest.mark.parametrize("name", EMBEDDED)


@both
@embedders
def test_emb_01_the_order_of_vectors(caller: Caller, name: str) -> None:
    """By their index, where they have one; else as they come, numbered."""
    with serve(whole(EMBEDDED[name])) as server:
        providers = {name: {"base_url": server.url, "api_key": KEY}}
        if caller.kind == "sync":
            with OneLLM(providers=providers) as client:
                found = client.embeddings.create(f"{name}/m", ["a", "b", "c"])
        else:
            found = asyncio.run(_embed(providers, name))
    assert [(each.index, each.embedding) for each in found.data] == [(0, [0.0]), (1, [1.0]), (2, [2.0])]


async def _embed(providers: Any, name: str) -> Any:
    async with AsyncOneLLM(providers=providers) as client:
        return await client.embeddings.create(f"{name}/m", ["a", "b", "c"])


azure_alone = pytest.mark.parametrize("asked", ["text", "srt", "vtt"])


@azure_alone
def test_img_04_transcripts_at_azure_are_texts(asked: Any) -> None:
    with (
        serve(whole(b"1\nHello there", content_type="text/plain")) as server,
        OneLLM(providers={"azure": {"base_url": server.url, "api_key": KEY}}) as client,
    ):
        file = ("a.wav", b"RIFF")
        found: Any = client.audio.transcriptions.create("azure/whisper-1", file, response_format=asked)
    assert "1\nHello there" in (found, getattr(found, "text", None))


@everyone
def test_what_a_chat_is(name: str) -> None:
    """One of the values that engines know; the tests above look into them."""
    made = provider(name).chat_stream(ChatRequest(model=MODELS[name], messages=[USER]))
    assert name == "replicate" or isinstance(made, StreamWork if name == "llama_cpp" else StreamCall)
    assert isinstance(op(name), Work if name == "llama_cpp" else Call)
