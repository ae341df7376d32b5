"""How much an answer may hold: up to the limit it is read, beyond it is a typed error that names the limit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onellm import BadResponseError, Connections
from tests.support import DONE, Caller, chunk, completion, event, serve, streamed, whole
from tests.surroundings import bare_environment

pytestmark = pytest.mark.security("S10")


@pytest.fixture(params=["sync", "async", "aiohttp"])
def caller(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Caller:
    bare_environment(monkeypatch, tmp_path)
    monkeypatch.setenv("ONELLM_TRANSPORT", "aiohttp" if request.param == "aiohttp" else "httpx")
    return Caller("sync" if request.param == "sync" else "async")


def fragment(arguments: str, index: int = 0, **more: Any) -> dict[str, Any]:
    """A chunk with a piece of a tool call's arguments."""
    call = {"index": index, "function": {"arguments": arguments}, **more}
    return {**chunk(), "choices": [{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": None}]}


def calls(size: int, count: int) -> list[bytes]:
    """The events of two tool calls whose arguments have so many bytes in all."""
    head = [fragment("", index, id=f"c{index}", type="function", function={"name": "f"}) for index in (0, 1)]
    pieces = [fragment("x" * (size // count), number % 2) for number in range(count)]
    return [*map(event, [*head, *pieces, chunk(finish="tool_calls")]), DONE]


@pytest.mark.parametrize(("size", "limits"), [(8 << 20, {}), (1000, {"max_arguments": 1000})], ids=["8 MB", "set"])
def test_the_arguments_of_all_tool_calls(caller: Caller, size: int, limits: dict[str, Any]) -> None:
    client = {"connections": Connections(**limits)}
    with serve(streamed(*calls(size, 4)), streamed(*calls(size + 4, 4))) as server:
        result = caller.chat_stream(server.provider(), client=client)
        assert result.error is None
        assert sum(len(call.function.arguments) for call in result.final.choices[0].message.tool_calls) == size
        result = caller.chat_stream(server.provider(), client=client)
        assert isinstance(result.error, BadResponseError)
        assert "max_arguments" in str(result.error)
        assert server.wait_closed(), "what else it says is not wanted"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("depth", "limits"), [(200, {}), (20, {"max_depth": 20})], ids=["200", "set"])
def test_the_nesting_of_json(caller: Caller, stream: bool, depth: int, limits: dict[str, Any]) -> None:
    """What brackets stand for within a text does not count."""

    def answer(levels: int) -> Any:
        deep: Any = "[{" * 500 + '\\"'
        for _ in range(levels - 1):
            deep = [deep]
        if stream:
            return streamed(event({**chunk("a"), "x_deep": deep}), event(chunk(finish="stop")), DONE)
        return whole(completion(x_deep=deep))

    def ask() -> None:
        client = {"connections": Connections(**limits)}
        if stream:
            result = caller.chat_stream(server.provider(), client=client, max_retries=0)
            if result.error is not None:
                raise result.error
        else:
            caller.chat(server.provider(), client=client, max_retries=0)

    with serve(answer(depth), answer(depth + 1)) as server:
        ask()
        with pytest.raises(BadResponseError, match="max_depth"):
            ask()


@pytest.mark.parametrize("kind", ["event of one line", "event of many lines"])
@pytest.mark.parametrize(("size", "limits"), [(4 << 20, {}), (1000, {"max_event": 1000})], ids=["4 MB", "set"])
def test_one_event(caller: Caller, kind: str, size: int, limits: dict[str, Any]) -> None:
    def answer(length: int) -> Any:
        body = json.dumps(chunk("a")).encode()
        padding = b" " * (length - len(body))
        if kind == "event of one line":
            last = b"data:" + body + padding + b"\n\n"
        else:
            last = b"data:" + body + b"\n" + b"data:" + padding + b"\n\n"
        return streamed(last, event(chunk(finish="stop")), DONE)

    client = {"connections": Connections(**limits)}
    with serve(answer(size - 10), answer(size + 10)) as server:
        assert caller.chat_stream(server.provider(), client=client, max_retries=0).text == "a"
        with pytest.raises(BadResponseError, match="max_event"):
            caller.chat_stream(server.provider(), client=client, max_retries=0)
