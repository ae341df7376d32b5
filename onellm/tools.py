"""Running the tools that a model calls: functions in, messages out, and a loop with an end."""

from __future__ import annotations

import contextvars
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from onellm.errors import ConfigurationError, ToolLoopError
from onellm.types.function import FunctionTool, written

if TYPE_CHECKING:
    from onellm.types.chat import ChatCompletionResponse, ToolCall

Tool: TypeAlias = "Callable[..., Any] | FunctionTool"
MAX_TURNS = 10
PARALLEL = 8
"""How many sync tools of one answer run at the same time."""


class ToolRun(NamedTuple):
    """What a loop came to: the last answer, and the whole conversation with it."""

    response: ChatCompletionResponse
    messages: list[Any]


def run_tools(
    response: ChatCompletionResponse,
    tools: Iterable[Tool | Mapping[str, Any]],
    messages: list[Any] | None = None,
    *,
    choice: int = 0,
) -> list[dict[str, Any]]:
    """Run the tools that the answer calls, several at once, and give the messages that follow: the answer, the results.

    The messages are appended to `messages` too, if it is given. An unknown name, arguments that do not fit and what a
    tool raises become the result, for the model to read. Without tool calls the answer alone is given. Raises
    ConfigurationError for a tool that is async (`arun_tools` runs those too).
    """
    functions = by_name(tools)
    for function in functions.values():
        if function.is_async:
            raise ConfigurationError(f"The tool {function.name} is async; use arun_tools.")
    calls = _calls(response, choice)
    if len(calls) < 2:
        results = [_run(call, functions) for call in calls]
    else:
        with ThreadPoolExecutor(min(PARALLEL, len(calls)), thread_name_prefix="onellm-tool") as pool:
            started = [pool.submit(contextvars.copy_context().run, _run, call, functions) for call in calls]
            results = [each.result() for each in started]
    return _told(response, choice, calls, results, messages)


async def arun_tools(
    response: ChatCompletionResponse,
    tools: Iterable[Tool | Mapping[str, Any]],
    messages: list[Any] | None = None,
    *,
    choice: int = 0,
) -> list[dict[str, Any]]:
    """`run_tools`, async: async tools run on this loop, sync ones in threads, all at once."""
    import asyncio

    functions = by_name(tools)
    calls = _calls(response, choice)

    async def run(call: ToolCall) -> str:
        function = functions.get(call.function.name)
        if function is None or not function.is_async:
            return await asyncio.to_thread(_run, call, functions)
        try:
            return written(await function.function(**function.read(call.function.arguments)))
        except Exception as error:  # noqa: BLE001 - whatever a tool raises is told to the model
            return _failed(error)

    results = await asyncio.gather(*map(run, calls))
    return _told(response, choice, calls, results, messages)


def by_name(tools: Iterable[Tool | Mapping[str, Any]]) -> dict[str, FunctionTool]:
    """The functions among the tools; what is a plain dict is run by nobody here."""
    made = [_tool(tool) for tool in tools if not isinstance(tool, Mapping)]
    names = [tool.name for tool in made]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ConfigurationError(f"Several tools are called {', '.join(sorted(twice))}; names must differ.")
    return dict(zip(names, made, strict=True))


def _tool(tool: Tool) -> FunctionTool:
    return tool if isinstance(tool, FunctionTool) else FunctionTool(tool)


def _calls(response: ChatCompletionResponse, choice: int) -> Sequence[ToolCall]:
    return response.choices[choice].message.tool_calls or ()


def _run(call: ToolCall, functions: Mapping[str, FunctionTool]) -> str:
    function = functions.get(call.function.name)
    if function is None:
        return f"Error: there is no tool {call.function.name!r}; these are: {', '.join(functions)}."
    try:
        return written(function.function(**function.read(call.function.arguments)))
    except Exception as error:  # noqa: BLE001 - whatever a tool raises is told to the model
        return _failed(error)


def _failed(error: Exception) -> str:
    return f"Error: {type(error).__name__}: {error}"


def _told(
    response: ChatCompletionResponse,
    choice: int,
    calls: Sequence[ToolCall],
    results: Sequence[str],
    messages: list[Any] | None,
) -> list[dict[str, Any]]:
    said = response.choices[choice].message.model_dump(exclude_none=True)
    following: list[dict[str, Any]] = [said]
    for call, result in zip(calls, results, strict=True):
        following.append({"role": "tool", "tool_call_id": call.id, "content": result})
    if messages is not None:
        messages.extend(following)
    return following


# -- the loop: one text for both worlds ------------------------------------------------------------------------------

Turn: TypeAlias = "Generator[list[Any] | ChatCompletionResponse, Any, ToolRun]"


def _turns(messages: Sequence[Any], max_turns: int) -> Turn:
    """Asks with what it yields as a list, runs the tools of what it yields as an answer."""
    if max_turns < 1:
        raise ConfigurationError("max_turns must be 1 or more.")
    conversation = list(messages)
    response: ChatCompletionResponse | None = None
    for _ in range(max_turns):
        response = cast("ChatCompletionResponse", (yield conversation))
        if not response.choices[0].message.tool_calls:
            conversation.append(response.choices[0].message.model_dump(exclude_none=True))
            return ToolRun(response, conversation)
        conversation += yield response
    raise ToolLoopError(
        f"The model still calls tools after {max_turns} turns; raise max_turns, or look at error.messages.",
        messages=conversation,
        response=response,
    )


def run_loop(
    create: Callable[[list[Any]], ChatCompletionResponse],
    messages: Sequence[Any],
    tools: Sequence[Tool | Mapping[str, Any]],
    max_turns: int = MAX_TURNS,
) -> ToolRun:
    """Ask, run the tools, ask again, until the model answers without calling any."""
    turns = _turns(messages, max_turns)
    try:
        step = next(turns)
        while True:
            step = turns.send(create(step) if isinstance(step, list) else run_tools(step, tools))
    except StopIteration as finished:
        return cast("ToolRun", finished.value)


async def arun_loop(
    create: Callable[[list[Any]], Awaitable[ChatCompletionResponse]],
    messages: Sequence[Any],
    tools: Sequence[Tool | Mapping[str, Any]],
    max_turns: int = MAX_TURNS,
) -> ToolRun:
    """`run_loop`, async."""
    turns = _turns(messages, max_turns)
    try:
        step = next(turns)
        while True:
            step = turns.send(await create(step) if isinstance(step, list) else await arun_tools(step, tools))
    except StopIteration as finished:
        return cast("ToolRun", finished.value)
