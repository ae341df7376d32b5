"""`client.chat.completions` with `parse` and `stream`, as the `openai` package has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Unpack

from onellm.openai.events import Event, EventMaker
from onellm.openai.names import given
from onellm.openai.parsing import ParsedChoices, parsed
from onellm.resources.chat import Chat, Completions
from onellm.types.chat import ChatCompletionResponse

if TYPE_CHECKING:
    from onellm.core import Core
    from onellm.engine import Engine
    from onellm.resources.chat_streams import ChatStream
    from onellm.types.chat_params import ChatParams, MessageParam, OutputOf


class ParsingCompletions(Completions):
    """`client.chat.completions`"""

    if not TYPE_CHECKING:  # the overloads of the base stay; NOT_GIVEN is taken out

        def create(self, *args: Any, **params: Any) -> Any:
            return super().create(*args, **given(params))

    def parse(
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
        answer: ChatCompletionResponse = create(model=model, messages=messages, **asked)
        return parsed(answer)

    def stream(
        self,
        *,
        model: str,
        messages: Sequence[MessageParam],
        response_format: OutputOf[Any] | None = None,
        **params: Unpack[ChatParams],
    ) -> StreamManager:
        """A context manager of a stream of events: `content.delta`, `content.done`, tool calls' arguments, `chunk`."""
        asked: Any = {**params, **({"response_format": response_format} if response_format else {})}

        create: Any = self.create

        def opening() -> ChatStream:
            made: ChatStream = create(model=model, messages=messages, stream=True, **asked)
            return made

        return StreamManager(opening)


class ParsingChat(Chat):
    """`client.chat`"""

    def __init__(self, core: Core, engine: Engine) -> None:
        self.completions: ParsingCompletions = ParsingCompletions(core, engine)


class Beta:
    """`client.beta`"""

    def __init__(self, chat: ParsingChat) -> None:
        self.chat = chat


class StreamManager:
    """Opens the stream on entry and closes it on exit."""

    def __init__(self, opening: Callable[[], ChatStream]) -> None:
        self._opening = opening

    def __enter__(self) -> EventStream:
        self._stream = EventStream(self._opening())
        return self._stream

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stream.close()


class EventStream:
    """Events of a chat as they come."""

    def __init__(self, stream: ChatStream) -> None:
        self._stream = stream
        self._maker = EventMaker()

    def __iter__(self) -> Iterator[Event]:
        for chunk in self._stream:
            yield from self._maker.events(chunk)
        yield from self._maker.ends(self._stream.final())

    def until_done(self) -> EventStream:
        """Read the rest."""
        self._stream.final()
        return self

    def get_final_completion(self) -> ChatCompletionResponse:
        """Read the rest, and give the whole answer, its messages with `.parsed` where a type was asked for."""
        return parsed(self._stream.final())

    @property
    def current_completion_snapshot(self) -> ChatCompletionResponse | None:
        """The answer as far as it came."""
        return self._stream.partial

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()
