"""`client.chat.completions` of the async client, with `parse` and `stream`, as the `openai` package has them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Unpack

from onellm.openai.events import Event, EventMaker
from onellm.openai.names import given
from onellm.openai.parsing import ParsedChoices, parsed
from onellm.resources.async_chat import AsyncChat, AsyncCompletions
from onellm.types.chat import ChatCompletionResponse

if TYPE_CHECKING:
    from onellm.async_engine import AsyncEngine
    from onellm.core import Core
    from onellm.resources.chat_streams import AsyncChatStream
    from onellm.types.chat_params import ChatParams, MessageParam, OutputOf


class AsyncParsingCompletions(AsyncCompletions):
    """`client.chat.completions`"""

    if not TYPE_CHECKING:  # the overloads of the base stay; NOT_GIVEN is taken out

        async def create(self, *args: Any, **params: Any) -> Any:
            return await super().create(*args, **given(params))

    async def parse(
        self,
        *,
        model: str,
        messages: Sequence[MessageParam],
        response_format: OutputOf[Any] | None = None,
        **params: Unpack[ChatParams],
    ) -> ParsedChoices:
        """A chat completion whose messages have `.parsed`: the value of the type given as `response_format`.

        Raises LengthFinishReasonError where the answer was cut, ContentFilterFinishReasonError where a filter stopped
        it; a message with a refusal has `parsed` None.
        """
        asked: Any = {**params, **({"response_format": response_format} if response_format else {})}
        create: Any = self.create
        answer: ChatCompletionResponse = await create(model=model, messages=messages, **asked)
        return parsed(answer)

    def stream(
        self,
        *,
        model: str,
        messages: Sequence[MessageParam],
        response_format: OutputOf[Any] | None = None,
        **params: Unpack[ChatParams],
    ) -> AsyncStreamManager:
        """A context manager of a stream of events: `content.delta`, `content.done`, tool calls' arguments, `chunk`."""
        asked: Any = {**params, **({"response_format": response_format} if response_format else {})}

        create: Any = self.create

        def opening() -> Coroutine[Any, Any, AsyncChatStream]:
            made: Coroutine[Any, Any, AsyncChatStream] = create(model=model, messages=messages, stream=True, **asked)
            return made

        return AsyncStreamManager(opening)


class AsyncParsingChat(AsyncChat):
    """`client.chat`"""

    def __init__(self, core: Core, engine: AsyncEngine) -> None:
        self.completions: AsyncParsingCompletions = AsyncParsingCompletions(core, engine)


class AsyncBeta:
    """`client.beta`"""

    def __init__(self, chat: AsyncParsingChat) -> None:
        self.chat = chat


class AsyncStreamManager:
    """Opens the stream on entry and closes it on exit."""

    def __init__(self, opening: Callable[[], Coroutine[Any, Any, AsyncChatStream]]) -> None:
        self._opening = opening

    async def __aenter__(self) -> AsyncEventStream:
        self._stream = AsyncEventStream(await self._opening())
        return self._stream

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stream.close()


class AsyncEventStream:
    """Events of a chat as they come."""

    def __init__(self, stream: AsyncChatStream) -> None:
        self._stream = stream
        self._maker = EventMaker()

    async def __aiter__(self) -> AsyncIterator[Event]:
        async for chunk in self._stream:
            for event in self._maker.events(chunk):
                yield event
        for event in self._maker.ends(await self._stream.final()):
            yield event

    async def until_done(self) -> AsyncEventStream:
        """Read the rest."""
        await self._stream.final()
        return self

    async def get_final_completion(self) -> ChatCompletionResponse:
        """Read the rest, and give the whole answer, its messages with `.parsed` where a type was asked for."""
        return parsed(await self._stream.final())

    @property
    def current_completion_snapshot(self) -> ChatCompletionResponse | None:
        """The answer as far as it came."""
        return self._stream.partial

    async def close(self) -> None:
        """Close the connection."""
        await self._stream.close()
