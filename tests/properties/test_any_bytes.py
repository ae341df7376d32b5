"""Whatever bytes a service answers with, a call gives its result or one of our errors, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onellm import OneLLM, OneLLMError, RetryPolicy
from onellm.decode.ndjson import NDJSONDecoder
from onellm.decode.sse import SSEDecoder
from onellm.errors import BadResponseError
from tests.json_values import anything, spoilt
from tests.support import KEY, chunk, completion

HI: list[Any] = [{"role": "user", "content": "Hi"}]
WAV = b"RIFF\x24\0\0\0WAVEfmt "
PNG = b"\x89PNG\r\n\x1a\n"

CALLS: dict[str, Callable[[OneLLM], Any]] = {
    "chat": lambda client: client.chat.completions.create("openai/m", HI),
    "chat of a host that is mended": lambda client: client.chat.completions.create("groq/m", HI),
    "completion": lambda client: client.completions.create("openai/m", "Hi"),
    "response": lambda client: client.responses.create("openai/m", "Hi"),
    "embeddings": lambda client: client.embeddings.create("openai/m", ["Hi"]),
    "image": lambda client: client.images.generate("openai/m", "A cat"),
    "image edit": lambda client: client.images.edit("openai/m", PNG, "A cat"),
    "speech": lambda client: client.audio.speech.create("openai/m", "Hi", voice="alloy"),
    "transcription": lambda client: client.audio.transcriptions.create("openai/m", WAV),
    "moderation": lambda client: client.moderations.create("openai/m", "Hi"),
    "files": lambda client: client.files.list(provider="openai"),
    "batches": lambda client: client.batches.list(provider="openai"),
    "models": lambda client: client.models.list("openai"),
}
STREAMS: dict[str, Callable[[OneLLM], Any]] = {
    "chat": lambda client: client.chat.completions.create("openai/m", HI, stream=True),
    "chat as it comes": lambda client: client.chat.completions.create(
        "openai/m", HI, stream=True, stream_options={"include_usage": True}
    ),
    "chat of a host that is mended": lambda client: client.chat.completions.create("groq/m", HI, stream=True),
    "completion": lambda client: client.completions.create("openai/m", "Hi", stream=True),
    "response": lambda client: client.responses.create("openai/m", "Hi", stream=True),
    "image": lambda client: client.images.generate("openai/m", "A cat", stream=True),
    "transcription": lambda client: client.audio.transcriptions.create("openai/m", WAV, stream=True),
    "speech": lambda client: client.audio.speech.create("openai/m", "Hi", voice="alloy", stream=True),
}
TYPES = st.sampled_from(["application/json", "text/event-stream", "text/html", "", "audio/mpeg", "nonsense", "a/b;c="])
EVENT = {"type": "response.output_text.delta", "delta": "a", "item_id": "i", "output_index": 0, "content_index": 0}
lists = spoilt({"object": "list", "data": [{"id": "m", "embedding": [0.5], "index": 0, "b64_json": "aa"}], "usage": {}})
bodies = anything | spoilt(completion()) | lists | spoilt({"error": {"message": "m", "code": "c"}})
events = st.lists(
    anything | spoilt(chunk("a")) | spoilt(EVENT) | spoilt({"type": "image_generation.completed"}), max_size=4
)
names = st.sampled_from([b"", b"event: error\n", b"event: message\n", b"event: x\n", b": c\n", b"id: 1\nretry: 1\n"])
wire = st.lists(
    st.tuples(names, anything | spoilt(chunk("a")) | spoilt(EVENT), st.sampled_from([b"\n\n", b"\r\r", b"\n"])),
    max_size=4,
).map(lambda pieces: b"".join(name + b"data: " + payload + end for name, payload, end in pieces)) | st.binary(
    max_size=300
)
EXAMPLES = settings(max_examples=60, deadline=None, derandomize=True)


class Service(httpx.BaseTransport):
    """Answers with what it is told to."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.content = b""
        self.asked = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        return httpx.Response(self.status, headers=self.headers, content=self.content)


@pytest.fixture
def service() -> Service:
    return Service()


def client(service: Service) -> OneLLM:
    """A client of its own for each answer, since calls after a 429 take turns."""
    host = {"base_url": "http://host.test/v1", "api_key": KEY}
    return OneLLM(providers={"openai": host, "groq": host}, transport=service, max_retries=RetryPolicy(0))


@pytest.mark.parametrize("name", CALLS)
def test_a_whole_answer(name: str, service: Service) -> None:
    @EXAMPLES
    @given(
        st.just(200) | st.sampled_from([201, 204, 300, 307, 400, 401, 402, 404, 422, 429, 500, 503, 529]), TYPES, bodies
    )
    def check(status: int, kind: str, body: bytes) -> None:
        service.status, service.content, service.headers = status, body, {"content-type": kind} if kind else {}
        try:
            result = CALLS[name](client(service))
        except OneLLMError as error:
            said = str(error)
        else:
            assert status < 300
            said = repr(result)
        assert said

    check()
    assert service.asked, "nothing was refused before it was sent"


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream(name: str, service: Service) -> None:
    @EXAMPLES
    @given(st.just("text/event-stream") | TYPES, wire)
    def check(kind: str, body: bytes) -> None:
        service.status, service.content, service.headers = 200, body, {"content-type": kind} if kind else {}
        try:
            stream = STREAMS[name](client(service))
            for each in stream:
                assert repr(each)
            said = repr(stream.final())
        except OneLLMError as error:
            said = str(error)
        assert said

    check()
    assert service.asked, "nothing was refused before it was sent"


@EXAMPLES
@given(
    st.lists(st.binary(max_size=40) | st.sampled_from([b"data: ", b"\n", b"\r", b"\r\n", b"\xef\xbb\xbf", b"event:"]))
)
def test_lines_and_events(pieces: list[bytes]) -> None:
    for decoder in (SSEDecoder(), NDJSONDecoder()):
        try:
            for piece in pieces:
                decoder.feed(piece)
            decoder.close()
        except BadResponseError:
            continue
