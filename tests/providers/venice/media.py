"""What the tests of Venice's media share: both clients, files, and a simulator whose whole traffic is judged."""

from __future__ import annotations

import asyncio
import base64
import copy
import email
import email.policy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from onellm_providers.venice import AsyncVenice, Venice
from onellm_providers.venice.simulator import routes
from onellm_providers.venice.simulator.media import MP3, png, wav
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from onellm.testing.simulator import Simulator, simulator
from onellm.testing.simulator.values import Answer, Route, Service, ServiceError, SimReply, SimRequest
from tests.providers.venice_schema import document
from tests.support import Streamed

PNG, WAV, SOUND = png(), wav(), MP3
SMALL = png(8, 8)
URL = "https://example.com/picture.png"
FAST = 0.02
"""Seconds between two questions how far a job is."""
CLIP = "https://www.youtube.com/watch?v=abcdefghijk"

# -- both clients ----------------------------------------------------------------------------------------------------


class Asker:
    """Asks one of the clients, so that a test is written once and runs in both worlds."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __call__(self, base_url: str, ask: Callable[[Any], Any], key: str = "sim-key", **options: Any) -> Any:
        """What `ask` gets from a client; a stream is read to its end."""
        if self.kind == "sync":
            with Venice(api_key=key, base_url=base_url, **options) as client:
                found = ask(client)
                return Streamed(list(found), final=found.final()) if hasattr(found, "final") else found

        async def main() -> Any:
            async with AsyncVenice(api_key=key, base_url=base_url, **options) as awaiting:
                found = await ask(awaiting)
                if hasattr(found, "final"):
                    return Streamed([piece async for piece in found], final=await found.final())
                return found

        return asyncio.run(main())


both = pytest.mark.parametrize("ask", [Asker("sync"), Asker("async")], ids=["sync", "async"])

# -- the contract ----------------------------------------------------------------------------------------------------


def contract(shared: Path) -> dict[str, Any]:
    """The OpenAPI file with its aspect ratios as they are written in YAML 1.2: "16:9" rather than 969 sixtieths."""
    if shared not in _READ:
        value = copy.deepcopy(document(shared))
        _mend(value)
        _READ[shared] = value
    return _READ[shared]


_READ: dict[Path, dict[str, Any]] = {}


def _mend(value: Any) -> None:
    if isinstance(value, dict):
        if value.get("type") == "string" and "enum" in value:
            value["enum"] = [f"{each // 60}:{each % 60}" if isinstance(each, int) else each for each in value["enum"]]
        for each in value.values():
            _mend(each)
    elif isinstance(value, list):
        for each in value:
            _mend(each)


@dataclass
class Judge:
    """The OpenAPI file as a judge of requests and answers."""

    file: dict[str, Any]
    registry: Registry[Any] = field(init=False)
    checkers: dict[tuple[str, ...], Any] = field(default_factory=dict[tuple[str, ...], Any])

    def __post_init__(self) -> None:
        resource: Resource[Any] = Resource.from_contents(self.file, default_specification=DRAFT4)
        self.registry = Registry().with_resource("urn:mended", resource)

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """An operation of the file."""
        found: dict[str, Any] | None = self.file["paths"].get(path, {}).get(method.lower())
        return found

    def complaints(self, value: Any, *place: str) -> list[str]:
        """What the schema at this place of the file has against a value."""
        pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in place)
        checker: Any = OAS30Validator({"$ref": f"urn:mended#/{pointer}"}, registry=self.registry)
        return [
            f"{'/'.join(map(str, each.absolute_path))}: {each.message[:300]}" for each in checker.iter_errors(value)
        ]

    def body(self, path: str, content_type: str, content: bytes, method: str = "POST") -> list[str]:
        """What the file has against a body."""
        kind = content_type.partition(";")[0]
        place = ("paths", path, method.lower(), "requestBody", "content", kind, "schema")
        if kind == "application/json":
            return self.complaints(json.loads(content), *place)
        declared = self.file["paths"][path][method.lower()]["requestBody"]["content"]
        assert kind in declared, f"{path} takes no {kind}"
        return self.complaints(form(content_type, content, self.properties(declared[kind]["schema"])), *place)

    def query(self, method: str, path: str, query: Mapping[str, str]) -> list[str]:
        """What the file has against a query, whose values are read as their schemas want them."""
        operation = self.operation(method, path)
        assert operation is not None
        found: list[str] = []
        declared = {
            each["name"]: (number, each["schema"])
            for number, each in enumerate(operation.get("parameters", ()))
            if each["in"] == "query"
        }
        for name, text in query.items():
            if name not in declared:
                found.append(f"the query {name} is not declared")
                continue
            number, schema = declared[name]
            value = [text] if schema.get("type") == "array" else _typed(text, schema.get("type"))
            found += self.complaints(value, "paths", path, method.lower(), "parameters", str(number), "schema")
        return found

    def properties(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The properties of a schema, those behind `$ref` and `allOf` too."""
        if "$ref" in schema:
            return self.properties(self.file["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        found = dict(schema.get("properties", {}))
        for part in schema.get("allOf", ()):
            found = {**self.properties(part), **found}
        return found

    def answer(self, method: str, path: str, status: int, content_type: str, content: bytes) -> list[str]:
        """What the file has against an answer."""
        operation = self.operation(method, path)
        assert operation is not None
        if str(status) not in operation["responses"]:
            return [f"status {status} is not declared"]
        kind = content_type.partition(";")[0]
        declared = operation["responses"][str(status)].get("content", {})
        if kind not in declared:
            return [f"{kind} is not declared for {status}"]
        if kind != "application/json":
            return []
        place = ("paths", path, method.lower(), "responses", str(status), "content", kind, "schema")
        return self.complaints(json.loads(content), *place)


def form(content_type: str, content: bytes, properties: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A multipart body as a value: texts as their property's type, files as texts, repeated names as lists."""
    head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode()
    message = email.message_from_bytes(head + content, policy=email.policy.HTTP)
    found: dict[str, Any] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        assert isinstance(name, str)
        assert isinstance(payload, bytes)
        schema = (properties or {}).get(name, {})
        is_file = part.get_filename() is not None
        value: Any = payload.decode("latin-1") if is_file else _typed(payload.decode(), schema.get("type"))
        if schema.get("type") == "array" or name == "images":
            found.setdefault(name, []).append(value)
        else:
            assert name not in found
            found[name] = value
    return found


def _typed(text: str, kind: str | None) -> Any:
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return json.loads(text) if kind in ("number", "integer") else text


# -- the simulator, watched ------------------------------------------------------------------------------------------


@dataclass
class Exchange:
    """A request and its answer."""

    path: str
    request: SimRequest
    status: int
    content_type: str
    content: bytes


EVENTS = "text/event-stream"
"""Streams, which the file does not describe."""
NOT_IN_THE_FILE = re.compile(r"/audio/voice-changer/.*|.*/files/\{token\}|/tee/.*|/decisions")
"""Operations that the file does not have: see `BEYOND_THE_FILE`, and the hosts of download links."""


@dataclass
class Watched:
    """A simulated Venice, with every exchange."""

    sim: Simulator
    judge: Judge
    exchanges: list[Exchange]

    @property
    def url(self) -> str:
        return self.sim.base_url("venice")

    @property
    def last(self) -> SimRequest:
        return self.sim.requests[-1]

    @property
    def body(self) -> Any:
        """The body of the last request, whichever way it went."""
        kind = self.last.headers["content-type"]
        if kind == "application/json":
            return self.last.json()
        declared = (
            (self.judge.operation("POST", self.exchanges[-1].path) or {}).get("requestBody", {}).get("content", {})
        )
        schema = declared.get("multipart/form-data", {}).get("schema", {})
        return form(kind, self.last.body, self.judge.properties(schema))

    def hits(self, path: str) -> int:
        """How often this path was asked for."""
        return sum(request.path.endswith(path) for request in self.sim.requests)

    def verdict(self) -> Iterator[str]:
        """What the file has against what was sent and answered."""
        for each in self.exchanges:
            if NOT_IN_THE_FILE.fullmatch(each.path):
                continue
            method, body = each.request.method, each.request.body
            found: list[str] = []
            undeclared = each.status in (401, 402) and each.path.endswith("/quote")  # though the file wants a key there
            if each.content_type != EVENTS and not undeclared:
                found += self.judge.answer(method, each.path, each.status, each.content_type, each.content)
            if each.status < 300:
                found += self.judge.query(method, each.path, each.request.query)
            if body and each.status < 300 and not _is_exempt(each.path, body):
                found += self.judge.body(each.path, each.request.headers["content-type"], body, method)
            said = (f"{method} {each.path} {each.status}: {complaint}" for complaint in found)
            yield from (each for each in said if not DEPARTURES.match(each))


DEPARTURES = re.compile(r"POST /embeddings 200: data/\d+/embedding: '")
"""What the file takes and does not describe: embeddings in base64."""
BEYOND = (b'"ipAllowlist"', b'"anon_user_id"', b'"transparent_background"')
"""Parameters that the file does not have."""


def _is_exempt(path: str, body: bytes) -> bool:
    """topaz-video-upscale refuses the prompt and duration that the file requires; some parameters came after it."""
    if any(name in body for name in BEYOND):
        return True
    return path in ("/video/queue", "/video/quote") and b'"topaz-video-upscale"' in body


def watching(service: Service, exchanges: list[Exchange]) -> Service:
    """The service with its exchanges noted."""

    def watched(route: Route) -> Route:
        def answer(request: SimRequest) -> Answer:
            try:
                given = route.answer(request)
            except ServiceError as refused:
                note(route, request, service.error(refused))
                raise
            note(route, request, given)
            return given

        return replace(route, answer=answer)

    def note(route: Route, request: SimRequest, given: Answer) -> None:
        content = given.body if isinstance(given, SimReply) else b"".join(given.events)
        kind = {name.lower(): value for name, value in given.headers.items()}.get("content-type", "")
        if not kind and not isinstance(given, SimReply):
            kind = EVENTS
        exchanges.append(Exchange(route.path, request, given.status, kind, content))

    return replace(service, routes=[watched(each) for each in service.routes])


@contextmanager
def watched_venice(shared: Path) -> Iterator[Watched]:
    """A simulated Venice; at the end the file has nothing against what was sent and answered."""
    exchanges: list[Exchange] = []
    with simulator(services={"venice": watching(routes(), exchanges)}) as sim:
        watched = Watched(sim, Judge(contract(shared)), exchanges)
        yield watched
        assert list(watched.verdict()) == []


def data_url(content: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
