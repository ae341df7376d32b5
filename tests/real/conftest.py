"""A real llama-server with a tiny model on loopback, and both clients of OneLLM before it."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Unpack

import httpx
import pytest
from onellm_providers.llama_cpp import unload

import onellm
from onellm import ChatCompletionChunk, ChatCompletionResponse, ChatParams
from onellm.types.chat_params import MessageParam
from tests.both import Either, story
from tests.real.llama_server import BINARY

Messages = Sequence[MessageParam]
Format = Mapping[str, object] | None
Streamed = tuple[list[ChatCompletionChunk], ChatCompletionResponse]
MODEL = "llama_server/tiny-chat"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a llama-server with two slots of 2,048 tokens, which shift: only a limit ends a generation."""
    if not BINARY.exists():
        pytest.skip("there is no llama-server: `make test-real` builds it")
    from tests.real import tiny_model  # needs the extra `real`

    folder = tmp_path_factory.mktemp("llama")
    tiny_model.write(folder / "tiny-chat.gguf")
    with serving(folder / "tiny-chat.gguf", "-c 4096 -np 2 --context-shift --jinja --metrics --slots") as url:
        yield url


@contextmanager
def serving(model: Path, options: str) -> Iterator[str]:
    """The base URL of a llama-server that serves this model, under the name of its file, while this lasts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [str(BINARY), "-m", str(model), "-a", model.stem, *options.split()]
    command += ["--no-webui", "--host", "127.0.0.1", "--port", port]
    log = model.with_suffix(".log")
    with log.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file) as process:
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


def wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when `GET /health` answers 200; fail with the server's own words if it dies or takes half a minute."""
    for _ in range(300):
        try:
            if process.poll() is None and httpx.get(f"{url}/health").status_code == 200:
                return
        except httpx.TransportError:
            pass
        if process.poll() is not None:
            break
        time.sleep(0.1)
    pytest.fail(f"llama-server did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A models folder: two chat models and one for embeddings."""
    if find_spec("llama_cpp") is None:
        pytest.skip("there is no llama_cpp: `make test-real` gives it one")
    from tests.real import tiny_embedder, tiny_model  # need the extra `real`

    made = tmp_path_factory.mktemp("models")
    tiny_model.write(made / "tiny-chat.gguf")
    tiny_model.write(made / "other-chat.gguf")
    tiny_embedder.write(made / "tiny-embed.gguf")
    yield made
    unload()


@pytest.fixture
def told(folder: Path) -> Callable[..., Any]:
    """Callable[[Either], Awaitable[Any]]s a story on a client whose models lie in the folder."""

    def tell(kind: str, of: Callable[[Either], Awaitable[Any]], **settings: Any) -> Any:
        return story(kind, of, providers={"llama_cpp": {"models_dir": str(folder), **settings}})

    return tell


class Blocking:
    """What the tests do, through `OneLLM`."""

    def __init__(self, url: str) -> None:
        self.client = onellm.OneLLM(providers={"llama_server": {"base_url": url}})

    def whole(
        self, messages: Messages, response_format: Format = None, **params: Unpack[ChatParams]
    ) -> ChatCompletionResponse:
        """One answer."""
        create = self.client.chat.completions.create
        answer: ChatCompletionResponse = create(MODEL, messages, response_format=response_format, **params)
        return answer

    def streamed(self, messages: Messages, **params: Unpack[ChatParams]) -> Streamed:
        """All chunks of a stream, and the response that they make."""
        with self.client.chat.completions.create(MODEL, messages, stream=True, **params) as stream:
            return list(stream), stream.final()

    def left_early(self, messages: Messages, **params: Unpack[ChatParams]) -> list[ChatCompletionChunk]:
        """The first three chunks of a stream that is closed then."""
        stream = self.client.chat.completions.create(MODEL, messages, stream=True, **params)
        chunks = [next(stream) for _ in range(3)]
        stream.close()
        return chunks

    def close(self) -> None:
        """Close the client."""
        self.client.close()


class Async:
    """The same through `AsyncOneLLM`, in one event loop."""

    def __init__(self, url: str) -> None:
        self.client = onellm.AsyncOneLLM(providers={"llama_server": {"base_url": url}})
        self.runner = asyncio.Runner()

    def whole(
        self, messages: Messages, response_format: Format = None, **params: Unpack[ChatParams]
    ) -> ChatCompletionResponse:
        """One answer."""

        async def whole() -> ChatCompletionResponse:
            create = self.client.chat.completions.create
            answer: ChatCompletionResponse = await create(MODEL, messages, response_format=response_format, **params)
            return answer

        return self.runner.run(whole())

    def streamed(self, messages: Messages, **params: Unpack[ChatParams]) -> Streamed:
        """All chunks of a stream, and the response that they make."""

        async def streamed() -> Streamed:
            async with await self.client.chat.completions.create(MODEL, messages, stream=True, **params) as stream:
                return [chunk async for chunk in stream], await stream.final()

        return self.runner.run(streamed())

    def left_early(self, messages: Messages, **params: Unpack[ChatParams]) -> list[ChatCompletionChunk]:
        """The first three chunks of a stream that is closed then."""

        async def left_early() -> list[ChatCompletionChunk]:
            stream = await self.client.chat.completions.create(MODEL, messages, stream=True, **params)
            chunks = [await anext(stream) for _ in range(3)]
            await stream.close()
            return chunks

        return self.runner.run(left_early())

    def close(self) -> None:
        """Close the client and the loop."""
        self.runner.run(self.client.close())
        self.runner.close()


@pytest.fixture(params=[Blocking, Async])
def client(request: pytest.FixtureRequest, server: str) -> Iterator[Blocking | Async]:
    """Each test runs through both."""
    made = request.param(server)
    yield made
    made.close()
