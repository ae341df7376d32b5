"""What type checkers see of chats, responses and the drop-in clients; mypy and pyright read this, nothing is called."""

from __future__ import annotations

from typing import TypedDict, assert_type

from pydantic import BaseModel, TypeAdapter

import onellm
from onellm import (
    AsyncChatStream,
    AsyncOneLLM,
    AsyncParsedChatStream,
    AsyncStream,
    ChatCompletion,
    ChatCompletionResponse,
    ChatStream,
    OneLLM,
    ParsedChatCompletion,
    ParsedChatStream,
    Response,
    ResponseEvent,
    ResponseObject,
    Stream,
    ToolRun,
)
from onellm.openai import AsyncOpenAI, OpenAI

HI = [{"role": "user", "content": "Hi"}]
SCHEMA: dict[str, object] = {"type": "json_object"}


class City(BaseModel):
    name: str


class Person(TypedDict):
    name: str


def whole(client: OneLLM, flag: bool) -> None:
    create = client.chat.completions.create
    assert_type(create("a/b", HI), ChatCompletionResponse)
    assert_type(create("a/b", HI, response_format=SCHEMA), ChatCompletionResponse)
    assert_type(create("a/b", HI, stream=False), ChatCompletionResponse)
    assert_type(create("a/b", HI, stream=True), ChatStream)
    assert_type(create("a/b", HI, stream=flag), ChatCompletionResponse | ChatStream)
    assert_type(create("a/b", HI, response_format=City), ParsedChatCompletion[City])
    assert_type(create("a/b", HI, response_format=City).parsed, City)
    assert_type(create("a/b", HI, response_format=Person).parsed, Person)
    assert_type(create("a/b", HI, response_format=list[City]).parsed, list[City])
    assert_type(create("a/b", HI, response_format=TypeAdapter(int)).parsed, int)
    assert_type(create("a/b", HI, response_format=City, stream=True), ParsedChatStream[City])
    assert_type(create("a/b", HI, response_format=City, stream=True).final().parsed, City)
    assert_type(client.chat.completions.run("a/b", HI, tools=[len], max_turns=2), ToolRun)
    assert_type(client.responses.create("a/b", "Hi"), ResponseObject)
    assert_type(client.responses.create("a/b", "Hi", stream=True), Stream[ResponseEvent, ResponseObject])
    assert_type(client.responses.retrieve("a/r"), ResponseObject)


async def awaited(client: AsyncOneLLM) -> None:
    create = client.chat.completions.create
    assert_type(await create("a/b", HI), ChatCompletionResponse)
    assert_type(await create("a/b", HI, stream=True), AsyncChatStream)
    assert_type(await create("a/b", HI, response_format=City), ParsedChatCompletion[City])
    assert_type(await create("a/b", HI, response_format=City, stream=True), AsyncParsedChatStream[City])
    assert_type(await client.chat.completions.run("a/b", HI, tools=[len]), ToolRun)
    assert_type(await client.responses.create("a/b", "Hi"), ResponseObject)
    assert_type(await client.responses.create("a/b", "Hi", stream=True), AsyncStream[ResponseEvent, ResponseObject])


async def faces() -> None:
    assert_type(ChatCompletion.create("a/b", HI), ChatCompletionResponse)
    assert_type(ChatCompletion.create("a/b", HI, stream=True), ChatStream)
    assert_type(ChatCompletion.create("a/b", HI, response_format=City).parsed, City)
    assert_type(ChatCompletion.create("a/b", HI, response_format=City, stream=True), ParsedChatStream[City])
    assert_type(await ChatCompletion.acreate("a/b", HI), ChatCompletionResponse)
    assert_type(await ChatCompletion.acreate("a/b", HI, stream=True), AsyncChatStream)
    assert_type((await ChatCompletion.acreate("a/b", HI, response_format=City)).parsed, City)
    assert_type(ChatCompletion.run("a/b", HI), ToolRun)
    assert_type(await ChatCompletion.arun("a/b", HI), ToolRun)
    assert_type(Response.create("a/b", "Hi"), ResponseObject)
    assert_type(Response.create("a/b", "Hi", stream=True), Stream[ResponseEvent, ResponseObject])
    assert_type(await Response.acreate("a/b", "Hi"), ResponseObject)


async def drop_in(client: OpenAI, awaiting: AsyncOpenAI) -> None:
    assert_type(client.chat.completions.create(model="m", messages=HI), ChatCompletionResponse)
    assert_type(client.chat.completions.create(model="m", messages=HI, stream=True), ChatStream)
    assert_type(await awaiting.chat.completions.create(model="m", messages=HI), ChatCompletionResponse)
    assert_type(client.with_options(timeout=3), OpenAI)


def wrong(client: OneLLM) -> None:
    """What must not pass: each ignore is an error if there is nothing to ignore (warn_unused_ignores)."""
    client.chat.completions.create("a/b", HI, temperatur=1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    client.chat.completions.create("a/b", HI, temperature="warm")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    client.responses.create("a/b", "Hi", max_tokens=1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    Response.create("a/b", "Hi", stream="yes")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]


def test_the_names_are_there() -> None:
    for name in ("ChatStream", "ParsedChatStream", "AsyncParsedChatStream", "ParsedChatCompletion", "ToolRun"):
        assert getattr(onellm, name) is not None
