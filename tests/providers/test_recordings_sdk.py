"""Answers that services really gave, read by us and by OpenAI's own SDK from the same bytes: both read the same.

That is text, tool calls, reasoning, finish reason and usage of every recorded chat completion, whole and streamed; and
of every refusal its status and body. `EXCEPTIONS` has what differs, and why.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.lib.streaming.chat import ChatCompletionStreamState

import onellm
from tests.providers.recordings import Exchange, chats, plain
from tests.support import KEY, Caller, serve, streamed, whole
from tests.wire import USER, both

FOLDERS = {
    "openai": "openai", "openai-llm-cli": "openai", "groq": "groq", "openrouter": "openrouter", "deepseek": "deepseek",
    "mistral": "mistral", "huggingface": "huggingface", "zai": "zai", "cerebras": "cerebras", "crusoe": "crusoe",
    "heroku": "heroku", "snowflake": "snowflake", "ollama": "openai_compatible",
}  # fmt: skip
"""Where each folder's answers go: the row of their host."""

NO_FINISH = "The host gives no finish reason; the SDK leaves it out, we say how a whole answer ends."
CACHED = "The host counts cached tokens under a name of its own, which the SDK keeps there; we read them too."
X_GROQ = "Groq gives usage in x_groq, which the SDK does not read."
TAGS = "The thoughts are in think tags at the start of the content, where the SDK leaves them."
IN_TAGS = object()

EXCEPTIONS: dict[str, dict[str, tuple[Any, Any, str]]] = {
    "test_tools_streaming_variant_b:0": {"finish": (None, "tool_calls", NO_FINISH)},
    "test_groq_model_thinking_part_iter:0": {
        "usage": (None, {"prompt_tokens": 21, "completion_tokens": 988, "total_tokens": 1009}, X_GROQ)
    },
    "test_groq_model_thinking_part_iter:1": {
        "usage": (None, {"prompt_tokens": 573, "completion_tokens": 1509, "total_tokens": 2082}, X_GROQ)
    },
    "test_snowflake_thinking_streaming:0": {
        "finish": (None, "stop", NO_FINISH),
        "reasoning": ("", "15 * 27 = 405", "The text is in reasoning_details alone."),
    },
    "test_snowflake_tool_calling:0": {"finish": ("", "tool_calls", NO_FINISH)},
    "test_snowflake_tool_calling:1": {"finish": ("", "stop", NO_FINISH)},
    "url_force_download-document-mistral]:0": {
        "usage": ({"num_cached_tokens": 32}, {"prompt_tokens_details": {"cached_tokens": 32}}, CACHED),
        "tool_calls": (
            [("35bC59XSm", None, "get_file", "{}")],
            [("35bC59XSm", "function", "get_file", "{}")],
            "Mistral leaves out the type; calls of functions are the only ones it has.",
        ),
    },
    "url_force_download-document-mistral]:2": {
        "usage": ({"num_cached_tokens": 48}, {"prompt_tokens_details": {"cached_tokens": 48}}, CACHED)
    },
    **{
        f"test_hf_model_thinking_part{label}": {
            "text": (IN_TAGS, IN_TAGS, TAGS),
            "reasoning": ("", IN_TAGS, TAGS),
            "usage": ({"cached_tokens": 0}, {"prompt_tokens_details": {"cached_tokens": 0}}, CACHED),
        }
        for label in (":0", ":1", "_iter:0")
    },
}
"""By the end of a recording's label: what differs, the SDK's value and ours (of usage: at least these), the reason."""

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
            name = FOLDERS[folder]
            answered, our_error = ours(caller, {name: {"base_url": server.url, "api_key": KEY}}, name, exchange)
        assert view(answered) == allowed(exchange, view(expected), view(answered)), exchange.label
        assert (our_error is None) is (their_error is None), exchange.label
        if our_error and their_error:
            said = our_error.body["error"]
            assert said == their_error.body, exchange.label
            assert str(said["message"]) in str(our_error)
            if isinstance(their_error, openai.APIStatusError):
                assert our_error.status == their_error.status_code == exchange.status


def allowed(exchange: Exchange, expected: Any, answered: Any) -> Any:
    """What we are to read: what the SDK read, but for the exceptions of this recording, which must be some."""
    found = next((fields for label, fields in EXCEPTIONS.items() if exchange.label.endswith(label)), {})
    wanted = dict(expected) if expected else expected
    for field, (theirs, ours, _) in found.items():
        if theirs is IN_TAGS:
            assert expected["text"].startswith("<think>")
        elif field == "usage" and theirs is not None:
            assert theirs.items() <= expected["usage"].items(), "it is an exception no more"
        else:
            assert expected[field] == theirs, "it is an exception no more"
        if ours is IN_TAGS:
            thoughts, _, said = expected["text"].removeprefix("<think>").partition("</think>")
            wanted[field] = said if field == "text" else thoughts
        elif field == "usage":
            assert ours.items() <= answered["usage"].items()
            wanted["usage"] = {**(expected["usage"] or answered["usage"]), **ours}
        else:
            wanted[field] = ours
    return wanted


def test_every_exception_is_about_a_recording(shared: Path) -> None:
    labels = [exchange.label for folder in FOLDERS for exchange in chats(shared / "recordings" / folder)]
    assert len(labels) >= 63
    for exception in (*EXCEPTIONS, WITHOUT_ANNOTATIONS):
        assert len([label for label in labels if label.endswith(exception)]) == 1


def test_usage_adds_up_and_cost_is_the_sum_of_its_parts(shared: Path) -> None:
    """Parts are no more than their whole, the total is prompt and completion, and what was reported is the cost."""
    costs = 0
    for folder, name in FOLDERS.items():
        for exchange in chats(shared / "recordings" / folder):
            answer = streamed(exchange.body) if exchange.streamed else whole(exchange.body, exchange.status)
            with serve(answer) as server:
                answered, _ = ours(Caller("sync"), {name: {"base_url": server.url, "api_key": KEY}}, name, exchange)
            if answered is None or answered.usage is None:
                continue
            usage = answered.usage
            prompt, said = usage.prompt_tokens_details, usage.completion_tokens_details
            cached = ((prompt.cached_tokens or 0) + (prompt.cache_write_tokens or 0)) if prompt else 0
            assert cached <= usage.prompt_tokens, exchange.label
            assert ((said.reasoning_tokens or 0) if said else 0) <= usage.completion_tokens, exchange.label
            assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens, exchange.label
            reported = (plain(exchange).usage or {}).get("cost")
            if reported is not None:
                costs += 1
                assert usage.cost == answered.meta.cost == reported, exchange.label
                parts = usage.cost_parts
                assert not parts or math.fsum(parts.values()) == pytest.approx(reported, rel=1e-9), exchange.label
    assert costs >= 5
