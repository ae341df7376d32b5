"""Answers that OpenAI, Groq and OpenRouter really gave: our reading says what a plain reading of the bytes says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onellm import APIError, ChatCompletionResponse, ChatRequest, OneLLMError, Reply
from onellm.call import Call, StreamCall
from tests.providers.recordings import Exchange, chats, plain
from tests.support import serve, streamed, whole
from tests.wire import both, provider

FOLDERS = {"openai": "openai", "openai-llm-cli": "openai", "groq": "groq", "openrouter": "openrouter"}
OTHERS = ("deepseek", "mistral", "huggingface", "zai", "cerebras", "crusoe", "heroku", "snowflake")
UNSAID: dict[str, tuple[Any, ...]] = {"mistral": (None, [])}
"""What a recorded client wrote out that says nothing."""
folders = pytest.mark.parametrize("folder", FOLDERS)
pieces = pytest.mark.parametrize("size", [1 << 20, 997], ids=["whole", "pieces"])


def read(name: str, exchange: Exchange, size: int) -> tuple[ChatCompletionResponse, OneLLMError | None]:
    """The answer of a good reply, and the failure that ended its stream."""
    request = ChatRequest(model="m", messages=[{"role": "user", "content": "Hi"}])
    if not exchange.streamed:
        call = provider(name).chat(request)
        assert isinstance(call, Call)
        return call.parse(Reply(exchange.status, {}, exchange.body)), None
    stream = provider(name).chat_stream(request)
    assert isinstance(stream, StreamCall)
    decoder, assembler = stream.decoder(), stream.assembler()
    for start in range(0, len(exchange.body), size):
        for chunk in decoder.feed(exchange.body[start : start + size]):
            assembler.add(chunk)
    for chunk in decoder.close():
        assembler.add(chunk)
    return assembler.result(), decoder.failure


def agrees(answer: ChatCompletionResponse, exchange: Exchange) -> None:
    """Text, reasoning, tool calls, finish reason and usage are those of the recording."""
    expected = plain(exchange)
    if expected.error is not None:
        expected.usage = answer.usage and expected.usage  # it came with the error, and is in the error's body
    (choice,) = answer.choices
    message = choice.message
    calls = [
        (call.id, call.function.name, json.loads(call.function.arguments or "{}")) for call in message.tool_calls or []
    ]
    assert (message.content or "", message.reasoning_content or "") == (expected.text, expected.reasoning)
    assert calls == expected.tool_calls
    # One recorded stream ends whole without any finish reason.
    assert choice.finish_reason in (
        (expected.finish,) if expected.finish else ("tool_calls" if calls else "stop", None)
    )
    if expected.usage is None:
        assert answer.usage is None
        return
    assert answer.usage is not None
    dumped = answer.usage.model_dump()
    for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
        assert dumped[name] == expected.usage[name]
    if (cost := expected.usage.get("cost")) is not None:
        assert dumped["cost"] == cost


@folders
def test_the_recordings_hold_what_we_mean_to_judge(folder: str, shared: Path) -> None:
    found = chats(shared / "recordings" / folder)
    assert len(found) >= 6
    assert any(exchange.streamed for exchange in found)


@folders
@pieces
def test_a_recorded_answer_is_read_as_it_is(folder: str, size: int, shared: Path) -> None:
    for exchange in chats(shared / "recordings" / folder):
        expected = plain(exchange)
        if exchange.status >= 300:
            continue
        answer, failure = read(FOLDERS[folder], exchange, size)
        assert (failure is not None) is (expected.error is not None), exchange.label
        agrees(answer, exchange)


@folders
def test_a_recorded_error_is_typed_and_keeps_its_words(folder: str, shared: Path) -> None:
    for exchange in chats(shared / "recordings" / folder):
        expected = plain(exchange)
        if expected.error is None:
            continue
        if exchange.status >= 300:
            request = ChatRequest(model="m", messages=[{"role": "user", "content": "Hi"}])
            call = provider(FOLDERS[folder]).chat(request)
            assert isinstance(call, Call)
            failure: Any = call.error(Reply(exchange.status, {}, exchange.body))
        else:
            _, failure = read(FOLDERS[folder], exchange, 1 << 20)
        error = getattr(failure, "cause", None) or failure
        assert isinstance(error, APIError), exchange.label
        assert type(error) is not APIError, exchange.label
        assert expected.error["message"] in str(error)
        assert error.body["error"] == expected.error
        assert expected.usage is None or error.body["usage"] == expected.usage


@both
@folders
def test_a_recorded_answer_comes_through_the_engines(caller: Any, folder: str, shared: Path) -> None:
    name = FOLDERS[folder]
    for exchange in chats(shared / "recordings" / folder):
        if exchange.status >= 300 or plain(exchange).error is not None:
            continue
        with serve(streamed(exchange.body) if exchange.streamed else whole(exchange.body)) as server:
            if exchange.streamed:
                stream = caller.chat_stream(server.provider(), f"{name}/m")
                assert (stream.error, stream.text) == (None, plain(exchange).text)
                answer = stream.final
            else:
                answer = caller.chat(server.provider(), f"{name}/m")
        agrees(answer, exchange)


@pytest.mark.parametrize("folder", [*FOLDERS, *OTHERS])
def test_a_recorded_history_is_sent_as_it_was(folder: str, shared: Path) -> None:
    """What those clients sent with their tools and results, the service took; ours says the same."""
    for exchange in chats(shared / "recordings" / folder):
        asked = exchange.request
        params = {key: asked[key] for key in ("tools", "tool_choice") if key in asked}
        request = ChatRequest(model=asked["model"], messages=asked["messages"], **params)
        call = provider(FOLDERS.get(folder, folder)).chat(request)
        assert isinstance(call, Call)
        for mine, theirs in zip(call.json["messages"], asked["messages"], strict=True):
            said = {key: value for key, value in theirs.items() if value not in UNSAID.get(folder, (None,))}
            if "reasoning" not in mine:
                said.pop("reasoning", None)
            if "tool_calls" in said:
                said["tool_calls"] = [{key: item[key] for key in item if key != "index"} for item in said["tool_calls"]]
            assert (said.pop("content", None) or None) == (mine["content"] or None), exchange.label
            assert {"content": mine["content"], **said} == mine, exchange.label
