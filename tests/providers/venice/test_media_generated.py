"""Arguments generated from the signatures: what we do not refuse, Venice's OpenAPI file does not refuse either."""

from __future__ import annotations

import copy
import functools
import inspect
import json
import sys
import types
import typing
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, is_typeddict

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from onellm_providers.venice import Venice
from onellm_providers.venice.resources.audio import Audio
from onellm_providers.venice.resources.images import Images
from onellm_providers.venice.resources.video import Video

from onellm import InvalidRequestError, UnsupportedParameterError
from onellm.body import encode_body
from onellm.call import Call, Prepared
from onellm.resource import endpoint, stream
from tests.providers.venice.media import CLIP, PNG, SOUND, URL, Judge, contract, data_url

SLOW = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example)
FEW = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=SLOW)

METHODS: dict[str, tuple[type[Any], str]] = {
    "/image/generate": (Images, "generate"), "/images/generations": (Images, "generations"),
    "/image/edit": (Images, "edit"), "/image/multi-edit": (Images, "multi_edit"),
    "/image/upscale": (Images, "upscale"), "/image/background-remove": (Images, "remove_background"),
    "/audio/speech": (Audio, "speech"), "/audio/transcriptions": (Audio, "transcriptions"),
    "/audio/voices": (Audio, "voices"), "/audio/queue": (Audio, "queue"), "/audio/quote": (Audio, "quote"),
    "/audio/retrieve": (Audio, "retrieve"), "/audio/complete": (Audio, "complete"),
    "/video/queue": (Video, "queue"), "/video/quote": (Video, "quote"), "/video/retrieve": (Video, "retrieve"),
    "/video/complete": (Video, "complete"), "/video/transcriptions": (Video, "transcriptions"),
}  # fmt: skip
OPEN: dict[str, tuple[str, ...]] = {
    "/image/edit": ("aspect_ratio",), "/image/multi-edit": ("aspect_ratio", "modelId"), "/audio/speech": ("model",),
    "/audio/transcriptions": ("model",), "/audio/voices": ("model",), "/video/queue": ("aspect_ratio",),
    "/video/quote": ("aspect_ratio",),
}  # fmt: skip
"""Lists that Venice keeps adding to: the client takes any text there, and the service has the last word."""
BEYOND: dict[str, dict[str, Any]] = {"anon_user_id": {"type": "string"}, "transparent_background": {"type": "boolean"}}
"""Parameters that came after the file, which closes the bodies of images."""
UPSCALER = "topaz-video-upscale"
"""The one model whose requests the file does not describe: it refuses what the file requires."""


class File:
    """Stands for FileInput in the signatures."""


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6)
numbers = st.one_of(st.integers(-3, 2000), st.floats(-3, 30, allow_nan=False, allow_infinity=False))
files = st.sampled_from([PNG, SOUND, URL, data_url(PNG), b"", "no file"])
noise = st.one_of(st.none(), st.booleans(), numbers, words, st.lists(numbers, max_size=2), st.just({"a": 1}))


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type, and now and then something else."""
    return st.one_of(exact(hint), exact(hint), exact(hint), noise)


def exact(hint: Any) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is File:
        return files
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.one_of([exact(each) for each in arguments])
    if origin is not None and issubclass(origin, Sequence):
        return st.lists(exact(arguments[0]), max_size=5)
    if is_typeddict(hint):
        hints = hints_of(hint)
        return st.fixed_dictionaries(
            {name: exact(hints[name]) for name in hint.__required_keys__},
            optional={name: values(hints[name]) for name in hint.__optional_keys__},
        )
    if origin in (typing.Required, typing.NotRequired):
        return exact(arguments[0])
    plain: Mapping[Any, st.SearchStrategy[Any]] = {
        str: words, int: st.integers(-3, 2000), float: numbers, bool: st.booleans(), type(None): st.none(),
    }  # fmt: skip
    return plain[hint]


@functools.cache
def hints_of(thing: Any) -> dict[str, Any]:
    """The types of a method's parameters, or of a TypedDict's fields."""
    names = {**vars(sys.modules[thing.__module__]), "FileInput": File}
    return typing.get_type_hints(thing, globalns=names, localns={"FileInput": File})


@functools.cache
def judge(shared: Path) -> Judge:
    """The file, with the lists opened that grow, and the parameters that came after it."""
    file = copy.deepcopy(contract(shared))
    found = Judge(file)
    for schema in file["components"]["schemas"].values():
        if schema.get("additionalProperties") is False and {"prompt", "image_url"} & set(schema.get("properties", {})):
            schema["properties"] |= BEYOND
    for path, names in OPEN.items():
        for content in file["paths"][path]["post"]["requestBody"]["content"].values():
            for name in names:
                _open(found, content["schema"], name)
    return found


def _open(found: Judge, schema: dict[str, Any], name: str) -> None:
    if "$ref" in schema:
        _open(found, found.file["components"]["schemas"][schema["$ref"].rpartition("/")[2]], name)
    for part in schema.get("allOf", ()):
        _open(found, part, name)
    schema.get("properties", {}).get(name, {}).pop("enum", None)


@functools.cache
def client() -> Venice:
    return Venice(api_key="k", base_url="http://127.0.0.1:1/v1")


def first_call(cls: type[Any], name: str, arguments: dict[str, Any]) -> Call[Any]:
    """The call that a method makes; of a flow, its first."""
    marked = inspect.getattr_static(cls, name)
    assert isinstance(marked, (endpoint, stream))
    op: Any = marked.method(client().resource(cls), **arguments)
    op = op.op if isinstance(op, Prepared) else op
    found: Call[Any] = next(op) if isinstance(op, Generator) else op
    return found


@st.composite
def arguments_of(draw: st.DrawFn, cls: type[Any], name: str) -> dict[str, Any]:
    """Arguments for a method: those that it needs, and some of the others."""
    method = inspect.getattr_static(cls, name).method
    hints = hints_of(method)
    given: dict[str, Any] = {}
    for parameter in list(inspect.signature(method).parameters.values())[1:]:
        if parameter.default is inspect.Parameter.empty or draw(st.booleans()):
            given[parameter.name] = draw(values(hints[parameter.name]))
    return given


@pytest.mark.parametrize("path", METHODS)
@FEW
@given(st.data())
def test_what_we_accept_the_file_accepts(shared: Path, path: str, data: st.DataObject) -> None:
    cls, name = METHODS[path]
    arguments = data.draw(arguments_of(cls, name))
    try:
        call = first_call(cls, name, arguments)
        kind, content = encode_body(call.body)  # type: ignore[arg-type]
    except (InvalidRequestError, UnsupportedParameterError):
        event("refused")
        return
    event("sent")
    assert call.url == f"http://127.0.0.1:1/v1{path}"
    assert kind is not None
    if not (b"topaz" in content and arguments["model"] == UPSCALER):
        assert judge(shared).body(path, kind, content) == [], (arguments, content[:500])


GOOD: dict[str, dict[str, Any]] = {
    "/image/generate": {"prompt": "x", "model": "m"}, "/images/generations": {"prompt": "x"},
    "/image/edit": {"image": URL, "prompt": "x"}, "/image/multi-edit": {"images": [URL], "prompt": "x"},
    "/image/upscale": {"image": PNG}, "/image/background-remove": {"image": URL}, "/audio/speech": {"input": "x"},
    "/audio/transcriptions": {"file": SOUND}, "/audio/voices": {"file": SOUND},
    "/audio/queue": {"prompt": "x", "model": "m"}, "/audio/quote": {"model": "m"},
    "/audio/retrieve": {"model": "m", "queue_id": "q"}, "/audio/complete": {"model": "m", "queue_id": "q"},
    "/video/queue": {"prompt": "x", "model": "m", "duration": "5s"}, "/video/quote": {"model": "m", "duration": "5s"},
    "/video/retrieve": {"model": "m", "queue_id": "q"}, "/video/complete": {"model": "m", "queue_id": "q"},
    "/video/transcriptions": {"url": CLIP},
}  # fmt: skip


@pytest.mark.parametrize("path", METHODS)
@FEW
@given(st.data())
def test_one_odd_value_among_good_ones(shared: Path, path: str, data: st.DataObject) -> None:
    """Most generated requests break several rules; here at most one is broken, so that most are sent."""
    cls, name = METHODS[path]
    hints = hints_of(inspect.getattr_static(cls, name).method)
    parameter = data.draw(st.sampled_from([each for each in hints if each != "return"]))
    arguments = {**GOOD[path], parameter: data.draw(values(hints[parameter]))}
    try:
        call = first_call(cls, name, arguments)
        kind, content = encode_body(call.body)  # type: ignore[arg-type]
    except (InvalidRequestError, UnsupportedParameterError):
        event("refused")
        return
    event("sent")
    assert kind is not None
    assert judge(shared).body(path, kind, content) == [], (arguments, content[:500])


@pytest.mark.parametrize("path", METHODS)
def test_the_good_ones_are_good(shared: Path, path: str) -> None:
    cls, name = METHODS[path]
    kind, content = encode_body(first_call(cls, name, GOOD[path]).body)  # type: ignore[arg-type]
    assert kind is not None
    assert judge(shared).body(path, kind, content) == []


@pytest.mark.parametrize("path", METHODS)
def test_every_property_of_the_file_is_a_parameter(shared: Path, path: str) -> None:
    """What the file has and the client has not, by name and with the reason."""
    cls, name = METHODS[path]
    found = Judge(contract(shared))
    schemas = found.file["paths"][path]["post"]["requestBody"]["content"].values()
    declared = {each for content in schemas for each in found.properties(content["schema"])}
    ours = set(inspect.signature(inspect.getattr_static(cls, name).method).parameters)
    left = {
        "inpaint": "disabled by the service", "modelId": "`model` stands for it", "image_url": "`image` takes URLs",
        "streaming": "`speech_stream` sets it",
    }  # fmt: skip
    ours |= {"image_url"} if path == "/image/background-remove" else set()
    assert {each for each in declared - ours if each not in left} == set()


def test_the_judge_complains(shared: Path) -> None:
    """The file is no judge that lets everything pass."""
    found = judge(shared)
    for path, arguments in GOOD.items():
        kind, content = encode_body(first_call(*METHODS[path], arguments).body)  # type: ignore[arg-type]
        assert kind is not None
        if kind != "application/json":
            continue
        body = json.loads(content)
        for field in body:
            broken = {**body, field: {"no": "such"}}
            assert found.body(path, kind, json.dumps(broken).encode()) or field == "image", (path, field)
