"""An object in the shape of the old `openai` module, for frameworks that want `openai.ChatCompletion.create`.

    from onellm import openai_proxy as openai

    openai.api_key = "…"                       # of the provider that the model names, else of OpenAI
    answer = openai.ChatCompletion.create(model="gpt-4o-mini", messages=[…])
    answer["choices"][0]["message"]["content"] == answer.choices[0].message.content

Results are dicts whose entries are attributes too. `api_base` and `request_timeout` are what they were there.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Iterator
from typing import Any

from onellm.openai.async_client import AsyncOpenAI
from onellm.openai.client import OpenAI
from onellm.openai.names import APIError, AuthenticationError, RateLimitError

__all__ = [
    "APIError",
    "AuthenticationError",
    "ChatCompletion",
    "Completion",
    "Embedding",
    "OldObject",
    "RateLimitError",
]

api_key: str | None = None
api_base: str | None = None
organization: str | None = None

RENAMED = {"api_base": "base_url", "request_timeout": "timeout", "engine": "model"}


class OldObject(dict[str, Any]):
    """A dict whose entries are attributes too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    @classmethod
    def of(cls, value: Any) -> Any:
        """The value with every table in it made such an object."""
        if isinstance(value, dict):
            return cls({name: cls.of(item) for name, item in value.items()})  # pyright: ignore[reportUnknownVariableType]
        return [cls.of(item) for item in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]


def _old(result: Any) -> Any:
    return OldObject.of(result.model_dump(exclude_none=True))


def _asked(params: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What makes the client, and what the call is asked with."""
    asked = {RENAMED.get(name, name): value for name, value in params.items()}
    key, base = asked.pop("api_key", None) or api_key, asked.pop("base_url", None) or api_base
    made = {"api_key": key, "base_url": base, "organization": asked.pop("organization", None) or organization}
    return {name: value for name, value in made.items() if value is not None}, asked


@functools.lru_cache(maxsize=16)
def _client(kind: type[Any], **made: str) -> Any:
    """One client for the same settings, so that its connections are used again."""
    return kind(**made)


def _each(stream: Any) -> Iterator[Any]:
    with stream:
        for chunk in stream:
            yield _old(chunk)


async def _aeach(stream: Any) -> AsyncIterator[Any]:
    async with stream:
        async for chunk in stream:
            yield _old(chunk)


class ChatCompletion:
    """`openai.ChatCompletion`"""

    @classmethod
    def create(cls, **params: Any) -> Any:
        """A chat completion; with `stream=True` an iterator of chunks. Errors are those of `onellm`."""
        made, asked = _asked(params)
        answer: Any = _client(OpenAI, **made).chat.completions.create(**asked)
        return _each(answer) if asked.get("stream") else _old(answer)

    @classmethod
    async def acreate(cls, **params: Any) -> Any:
        """`create`, async."""
        made, asked = _asked(params)
        answer: Any = await _client(AsyncOpenAI, **made).chat.completions.create(**asked)
        return _aeach(answer) if asked.get("stream") else _old(answer)


class Completion:
    """`openai.Completion`"""

    @classmethod
    def create(cls, **params: Any) -> Any:
        """A text completion; with `stream=True` an iterator of chunks."""
        made, asked = _asked(params)
        answer: Any = _client(OpenAI, **made).completions.create(**asked)
        return _each(answer) if asked.get("stream") else _old(answer)

    @classmethod
    async def acreate(cls, **params: Any) -> Any:
        """`create`, async."""
        made, asked = _asked(params)
        answer: Any = await _client(AsyncOpenAI, **made).completions.create(**asked)
        return _aeach(answer) if asked.get("stream") else _old(answer)


class Embedding:
    """`openai.Embedding`"""

    @classmethod
    def create(cls, **params: Any) -> Any:
        """Embeddings."""
        made, asked = _asked(params)
        return _old(_client(OpenAI, **made).embeddings.create(**asked))

    @classmethod
    async def acreate(cls, **params: Any) -> Any:
        """`create`, async."""
        made, asked = _asked(params)
        return _old(await _client(AsyncOpenAI, **made).embeddings.create(**asked))
