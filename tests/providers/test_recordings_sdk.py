"""Answers that services really gave, read by us and by OpenAI's own SDK from the same bytes: both read the same.

That is text, tool calls, reasoning, finish reason and usage of every recorded chat completion, whole and streamed; and
of every refusal its status and body. `EXCEPTIONS` has what differs, and why.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.lib.streaming.chat import ChatCompletionStreamState

import onellm
from tests.providers.recordings import Exchange, chats
from tests.support import KEY, Caller, serve, streamed, whole
from tests.wire import USER, both

FOLDERS = {"openai": "openai", "openai-llm-cli": "openai", "groq": "groq", "openrouter": "openrouter"}

EXCEPTIONS: dict[str, tuple[str, Any, str]] = {
    "test_tools_streaming_variant_b:0": (
        "finish",
        "tool_calls",
        "The stream ends with [DONE] and no finish reason; the SDK leaves it out, we say that tools were called.",
    ),
    "test_groq_model_thinking_part_iter:0": (
        "usage",
        {"prompt_tokens": 21, "completion_tokens": 988, "total_tokens": 1009},
        "Groq gives it in x_groq, which the SDK does not read.",
    ),
    "test_groq_model_thinking_part_iter:1": (
        "usage",
        {"prompt_tokens": 573, "completion_tokens": 1509, "total_tokens": 2082},
        "As above.",
    ),
}
"""By the end of a recording's label: what differs, our value (of usage: at least this), and the reason."""

WITHOUT_ANNOTATIONS = "test_openrouter_web_search_annotations_stream:0"
"""OpenRouter's annotations have no `index`; the SDK cannot put such a list together, so it gets its chunks without."""


@pytest.fixture(scope="module")
def sdk() -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=KEY, base_url="http://127.0.0.1", max_retries=0) as client:
        yield client


def theirs(sdk: openai.OpenAI, exchange: Exchange) -> tuple[Any, openai.APIError | None]:
    """What the SDK makes of the answer: a completion, as far as it came, and the error that ended it."""
    messages: Any = [USER]
    create = sdk.chat.completions.create
    if not exchange.streamed:
        try:
            return create(model="m", messages=messages), None
        except openai.APIError as error:
            return None, error
    state: Any = ChatCompletionStreamState()
    try:
        for chunk in create(model="m", messages=messages, stream=True):
            if exchange.label.endswith(WITHOUT_ANNOTATIONS):
                for choice in chunk.choices:
                    (choice.delta.model_extra or {}).pop("annotations", None)
            state.handle_chunk(chunk)
    except openai.APIError as error:
        return state.current_completion_snapshot, error
    return state.get_final_completion(), None


def ours(caller: Caller, providers: Any, name: str, exchange: Exchange) -> tuple[Any, onellm.APIError | None]:
    """The same of us."""
    try:
        if not exchange.streamed:
            return caller.chat(providers, f"{name}/m"), None
        stream = caller.chat_stream(providers, f"{name}/m")
    except onellm.APIError as error:
        return error.partial, error
    if stream.error is None:
        return stream.final, None
    assert isinstance(stream.error, onellm.APIError), stream.error
    return stream.error.partial, stream.error


def view(completion: Any) -> dict[str, Any] | None:
    """What is compared. Said nothing is said nothing, whether it came as "" or not at all."""
    if completion is None:
        return None
    (choice,) = completion.choices
    message = choice.message
    return {
        "text": message.content or "",
        "reasoning": getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None) or "",
        "tool_calls": [
            (call.id, call.type, call.function.name, call.function.arguments) for call in message.tool_calls or []
        ],
        "finish": choice.finish_reason,
        "usage": completion.usage and there(completion.usage.model_dump()),
    }


def there(value: Any) -> Any:
    """The value without fields that are None."""
    if not isinstance(value, dict):
        return value
    return {name: there(item) for name, item in value.items() if item is not None}


@both
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_recorded_answer_reads_as_the_sdk_reads_it(
    caller: Caller, folder: str, sdk: openai.OpenAI, shared: Path
) -> None:
    for exchange in chats(shared / "recordings" / folder):
        answer = streamed(exchange.body) if exchange.streamed else whole(exchange.body, exchange.status)
        with serve(answer) as server:
            expected, their_error = theirs(sdk.with_options(base_url=server.url), exchange)
            answered, our_error = ours(caller, server.provider(), FOLDERS[folder], exchange)
        assert view(answered) == allowed(exchange, view(expected), view(answered)), exchange.label
        assert (our_error is None) is (their_error is None), exchange.label
        if our_error and their_error:
            said = our_error.body["error"]
            assert said == their_error.body, exchange.label
            assert str(said["message"]) in str(our_error)
            if isinstance(their_error, openai.APIStatusError):
                assert our_error.status == their_error.status_code == exchange.status


def allowed(exchange: Exchange, expected: Any, answered: Any) -> Any:
    """What we are to read: what the SDK read, but for the exception of this recording, which must be one."""
    for label, (field, value, _) in EXCEPTIONS.items():
        if exchange.label.endswith(label):
            assert expected[field] is None, "it is an exception no more"
            found = answered[field]
            assert found == value if isinstance(value, str) else value.items() <= found.items()
            return {**expected, field: found}
    return expected


def test_every_exception_is_about_a_recording(shared: Path) -> None:
    labels = [exchange.label for folder in FOLDERS for exchange in chats(shared / "recordings" / folder)]
    assert len(labels) >= 34
    for exception in (*EXCEPTIONS, WITHOUT_ANNOTATIONS):
        assert len([label for label in labels if label.endswith(exception)]) == 1
