"""Embeddings: base64 and floats, slices in order, and what is left where a slice fails."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import openai.types as sdk
import pytest

import onellm
from onellm.types.embedding import EmbeddingData, EmbeddingRequest, EmbeddingResponse
from tests.faces.asking import ask, both, call, sent, tell
from tests.support import KEY, serve, whole
from tests.wire import provider


def answer(vectors: list[Any], usage: Any = None, indexes: list[Any] | None = None) -> dict[str, Any]:
    rows = [
        {"object": "embedding", "index": place if indexes is None else indexes[place], "embedding": vector}
        for place, vector in enumerate(vectors)
    ]
    return {"object": "list", "data": rows, "model": "m", "usage": usage or {"prompt_tokens": 1, "total_tokens": 1}}


def packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


@both
@pytest.mark.parametrize("text", [True, False], ids=["base64", "float"])
def test_as_the_sdk_reads_it(kind: str, text: bool) -> None:
    vectors = [[0.5, -1.0], [0.25, 3.0]]
    with serve(whole(answer([packed(each) for each in vectors] if text else vectors))) as server:
        got = ask(kind, server, "embeddings.create", "openai/m", ["a", "b"])
        assert server.requests[0].json == {"model": "m", "input": ["a", "b"], "encoding_format": "base64"}
    judge = sdk.CreateEmbeddingResponse.model_validate(answer(vectors))
    assert got.model_dump(exclude_none=True) == judge.model_dump(exclude_none=True)
    assert got.vectors == vectors


def test_a_row_is_a_model_like_any_other() -> None:
    """The rows are made in a quick way of their own."""
    made = call("openai", "embed", EmbeddingRequest(model="m", input=["a", "b"]))
    got = made.parse(onellm.Reply(200, {}, json.dumps(answer([[1.0], [2.0]])).encode()))
    row, other = got.data
    assert row == EmbeddingData(embedding=[1.0], index=0)
    assert row != other
    assert row.model_dump() == {"embedding": [1.0], "index": 0, "object": "embedding"}
    assert EmbeddingResponse.model_validate_json(got.model_dump_json()).data == got.data
    assert pickle.loads(pickle.dumps(got)).data == got.data == copy.deepcopy(got).data
    changed = row.model_copy(update={"index": 7})
    assert (changed.index, row.index, row.model_fields_set) == (7, 0, {"embedding", "index", "object"})
    assert repr(row) == "EmbeddingData(embedding=[1.0], index=0, object='embedding')"


@both
def test_a_single_text_is_sent_as_a_list_of_one(kind: str) -> None:
    with serve(whole(answer([[1.0]]))) as server:
        got = ask(kind, server, "embeddings.create", "openai/m", "a")
        assert server.requests[0].json["input"] == ["a"]
    assert got.vectors == [[1.0]]


def test_indexes_count_and_else_the_order() -> None:
    made = call("openai", "embed", EmbeddingRequest(model="m", input=["a", "b", "c"]))
    shuffled = answer([[2.0], [0.0], [1.0]], indexes=[2, 0, 1])
    assert made.parse(onellm.Reply(200, {}, json.dumps(shuffled).encode())).vectors == [[0.0], [1.0], [2.0]]
    bare = answer([[0.0], [1.0], [2.0]], indexes=[None, None, None])
    got = made.parse(onellm.Reply(200, {}, json.dumps(bare).encode()))
    assert [(row.index, row.embedding) for row in got.data] == [(0, [0.0]), (1, [1.0]), (2, [2.0])]


@both
@pytest.mark.parametrize(
    "body",
    [answer([[1.0]]), answer([[1.0], [2.0], [3.0]]), answer([[1.0], [2.0]], indexes=[0, 0]), {"data": []}, b"[]"],
    ids=["too few", "too many", "one twice", "none", "no table"],
)
def test_not_as_many_vectors_as_inputs(kind: str, body: Any) -> None:
    with serve(whole(body)) as server, pytest.raises(onellm.BadResponseError):
        ask(kind, server, "embeddings.create", "openai/m", ["a", "b"], max_retries=0)


# -- more inputs than one call takes ---------------------------------------------------------------------------------


class Embedder(ThreadingHTTPServer):
    """A service that takes 2,048 inputs a call; the vector of the text "7" is [7.0]. Fails where `fails` is in it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sizes: list[int] = []
        self.fails: str | None = None

    def provider(self) -> dict[str, Any]:
        return {"openai": {"base_url": f"http://127.0.0.1:{self.server_port}/v1", "api_key": KEY}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server: Any = self.server
        texts = json.loads(self.rfile.read(int(self.headers["content-length"])))["input"]
        server.sizes.append(len(texts))
        if len(texts) > 2048 or server.fails in texts:
            status, body = 400, {"error": {"message": "no", "type": "invalid_request_error", "code": None}}
        else:
            usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
            status, body = 200, answer([packed([float(text)]) for text in texts], usage)
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def embedder() -> Iterator[Embedder]:
    with Embedder() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask_for(kind: str, embedder: Embedder, count: int) -> Any:
    texts = [str(number) for number in range(count)]
    return tell(
        kind,
        lambda client: client.embeddings.create("openai/m", texts),
        embedder,  # type: ignore[arg-type]
    )


@both
def test_ten_thousand_keep_order_and_count(kind: str, embedder: Embedder) -> None:
    got = ask_for(kind, embedder, 10_000)
    assert sorted(embedder.sizes) == [1808, 2048, 2048, 2048, 2048]
    assert [row.index for row in got.data] == list(range(10_000))
    assert got.vectors == [[float(number)] for number in range(10_000)]
    assert (got.usage.prompt_tokens, got.usage.total_tokens) == (10_000, 10_000)
    assert len(got.meta.attempts) == 5


@both
def test_a_failed_slice_loses_none_of_the_others(kind: str, embedder: Embedder) -> None:
    embedder.fails = "5000"
    with pytest.raises(onellm.InvalidRequestError) as caught:
        ask_for(kind, embedder, 10_000)
    came = {row.index: row.embedding for row in caught.value.partial.data}
    assert all(vector == [float(index)] for index, vector in came.items())
    assert set(range(4096)) <= came.keys(), "the slices before it had come"
    assert not came.keys() & set(range(4096, 6144))
    assert "inputs from number 4096 of 10000" in caught.value.__notes__[0]
    assert f"{len(came)} vectors" in caught.value.__notes__[0]
    if kind == "sync":
        assert len(embedder.sizes) == 3, "nothing is begun after the failure"


@both
def test_the_first_slice_fails(kind: str, embedder: Embedder) -> None:
    embedder.fails = "0"
    with pytest.raises(onellm.InvalidRequestError) as caught:
        ask_for(kind, embedder, 4096)
    came = caught.value.partial.data if caught.value.partial else []
    assert {row.index for row in came} in (set(), set(range(2048, 4096)))


# -- what is refused before anything is sent -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"input": []}, "input is empty"),
        ({"input": ""}, r"input\[0\] is empty"),
        ({"input": ["a", ""]}, r"input\[1\] is empty"),
        ({"input": ["a"], "dimensions": 0}, "dimensions must be 1 or more"),
        ({"input": ["a"], "encoding_format": "hex"}, "encoding_format"),
        ({"input": 7}, "input"),
    ],
    ids=str,
)
def test_refused_here(params: dict[str, Any], message: str) -> None:
    with pytest.raises(onellm.InvalidRequestError, match=message):
        provider("openai").embed(EmbeddingRequest(model="m", **params))


def test_old_models_take_no_dimensions() -> None:
    with pytest.raises(onellm.UnsupportedParameterError, match="text-embedding-ada-002 does not take dimensions"):
        provider("openai").embed(EmbeddingRequest(model="text-embedding-ada-002", input="a", dimensions=2))
    made = call("openai", "embed", EmbeddingRequest(model="text-embedding-3-small", input="a", dimensions=2))
    assert sent(made)["dimensions"] == 2
