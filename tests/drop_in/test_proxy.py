"""The old `openai` module's objects, for frameworks that were written for them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from onellm import openai_proxy as openai
from tests.support import DONE, chunk, completion, event, serve, streamed, whole

HI: list[Any] = [{"role": "user", "content": "Hi"}]


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "api_key", "sk-0123456789abcdef")


def test_an_answer_is_a_dict_with_attributes() -> None:
    with serve(whole(completion("Hello"))) as host:
        answer = openai.ChatCompletion.create(model="gpt-4", messages=HI, api_base=host.url, request_timeout=5)
        request = host.requests[0]
    assert answer["choices"][0]["message"]["content"] == "Hello"
    assert answer.choices[0].message.content == "Hello"
    assert answer.usage.total_tokens == 5
    assert isinstance(answer, dict)
    with pytest.raises(AttributeError, match="gone"):
        getattr(answer, "gone")  # noqa: B009 - type checkers know that it is not there
    assert json.loads(request.body)["model"] == "gpt-4"
    assert request.headers["authorization"] == "Bearer sk-0123456789abcdef"


def test_module_settings_are_read_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(whole(completion("Hello"))) as host:
        monkeypatch.setattr(openai, "api_base", host.url)
        assert openai.ChatCompletion.create(engine="gpt-4", messages=HI).choices[0].message.content == "Hello"


def test_a_stream_gives_dicts() -> None:
    with serve(streamed(event(chunk("Hel")), event(chunk("lo", "stop")), DONE)) as host:
        pieces = list(openai.ChatCompletion.create(model="gpt-4", messages=HI, stream=True, api_base=host.url))
    assert "".join(piece["choices"][0]["delta"].get("content", "") for piece in pieces) == "Hello"
    assert pieces[-1].choices[0].finish_reason == "stop"


def test_async() -> None:
    async def main(url: str) -> None:
        answer = await openai.ChatCompletion.acreate(model="gpt-4", messages=HI, api_base=url)
        assert answer.choices[0].message.content == "Hello"
        stream = await openai.ChatCompletion.acreate(model="gpt-4", messages=HI, api_base=url, stream=True)
        assert "".join([piece.choices[0].delta.get("content", "") async for piece in stream]) == "Hi"

    with serve(whole(completion("Hello")), streamed(event(chunk("Hi", "stop")), DONE)) as host:
        asyncio.run(main(host.url))


def test_embeddings_and_text() -> None:
    vectors = {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": "AAAAPwAAgL8="}],
        "model": "e",
    }
    text = {"id": "c", "object": "text_completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "text": "Hello", "finish_reason": "stop", "logprobs": None}]}  # fmt: skip
    with serve(whole(vectors), whole(text), whole(vectors), whole(text)) as host:
        assert openai.Embedding.create(model="e", input="x", api_base=host.url)["data"][0]["embedding"] == [0.5, -1.0]
        assert openai.Completion.create(model="m", prompt="x", api_base=host.url).choices[0].text == "Hello"

        async def main() -> None:
            made = await openai.Embedding.acreate(model="e", input="x", api_base=host.url)
            assert made.data[0].embedding == [0.5, -1.0]
            said = await openai.Completion.acreate(model="m", prompt="x", api_base=host.url)
            assert said.choices[0].text == "Hello"

        asyncio.run(main())


def test_errors_have_their_old_names() -> None:
    with serve(whole({"error": {"message": "Bad key"}}, 401)) as host, pytest.raises(openai.AuthenticationError):
        openai.ChatCompletion.create(model="gpt-4", messages=HI, api_base=host.url)
