"""What a real llama.cpp server answers comes out as OneLLM promises. Its text is noise: only its shape is asserted."""

import time

import httpx
import pydantic
import pytest

import onellm
from tests.real.conftest import Async, Blocking

pytestmark = pytest.mark.real

Client = Blocking | Async
HELLO = [{"role": "user", "content": "Hello"}]
LONG = [{"role": "user", "content": "word " * 5000}]


class Trip(pydantic.BaseModel, extra="forbid", strict=True):
    """What the model must answer, or call a tool with."""

    city: str = pydantic.Field(max_length=20)
    days: int


TOOL = {"type": "function", "function": {"name": "book", "parameters": Trip.model_json_schema()}}


def test_chat(client: Client) -> None:
    answer = client.whole(HELLO, max_tokens=8, seed=1)
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 8
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 8
    assert (answer.meta.provider, answer.meta.model) == ("llama_server", "tiny-chat")


def test_stream_with_usage(client: Client) -> None:
    chunks, answer = client.streamed(HELLO, max_tokens=8, seed=1)
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert answer.choices[0].message.content == text != ""
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 8
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 8


def test_a_stream_says_what_the_whole_answer_says(client: Client) -> None:
    whole = client.whole(HELLO, max_tokens=40, seed=2)
    _, streamed = client.streamed(HELLO, max_tokens=40, seed=2)
    assert streamed.choices[0].message.content == whole.choices[0].message.content


def test_n(client: Client) -> None:
    answer = client.whole(HELLO, n=2, max_tokens=8, seed=1)
    assert [choice.index for choice in answer.choices] == [0, 1]
    assert all(choice.message.content for choice in answer.choices)


def test_n_streamed(client: Client) -> None:
    """The server interleaves the choices, and sends a usage chunk at the end of each, while the other still goes on."""
    chunks, answer = client.streamed(HELLO, n=2, max_tokens=8, seed=1)
    for index in (0, 1):
        deltas = [choice.delta for chunk in chunks for choice in chunk.choices if choice.index == index]
        assert answer.choices[index].message.content == "".join(delta.content or "" for delta in deltas) != ""
        assert answer.choices[index].finish_reason == "length"


def test_more_choices_than_slots_are_refused_by_the_server(client: Client) -> None:
    with pytest.raises(onellm.InvalidRequestError, match="Field 'n'") as caught:
        client.whole(HELLO, n=3, max_tokens=8)
    assert caught.value.status == 400


def test_stop(client: Client) -> None:
    text = client.whole(HELLO, max_tokens=20, seed=3).choices[0].message.content or ""
    stopped = client.whole(HELLO, max_tokens=20, seed=3, stop=[text[8:11]])
    assert stopped.choices[0].message.content == text[: text.index(text[8:11])]
    assert stopped.choices[0].finish_reason == "stop"


def test_seed(client: Client) -> None:
    texts = [client.whole(HELLO, max_tokens=20, seed=seed).choices[0].message.content for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_logprobs(client: Client) -> None:
    choice = client.whole(HELLO, max_tokens=4, logprobs=True, top_logprobs=2).choices[0]
    assert choice.logprobs is not None
    tokens = choice.logprobs.content or []
    assert "".join(token.token for token in tokens) == choice.message.content
    assert all(token.logprob <= 0 and len(token.top_logprobs) == 2 for token in tokens)


def test_logprobs_streamed(client: Client) -> None:
    _, answer = client.streamed(HELLO, max_tokens=4, logprobs=True, top_logprobs=2)
    assert answer.choices[0].logprobs is not None
    tokens = answer.choices[0].logprobs.content or []
    assert "".join(token.token for token in tokens) == answer.choices[0].message.content


def test_json_schema(client: Client) -> None:
    wanted: dict[str, object] = {
        "type": "json_schema",
        "json_schema": {"name": "trip", "strict": True, "schema": Trip.model_json_schema()},
    }
    for seed in range(3):
        choice = client.whole(HELLO, max_tokens=400, seed=seed, response_format=wanted).choices[0]
        Trip.model_validate_json(choice.message.content or "")
        assert choice.finish_reason == "stop"


def test_required_tools_streamed(client: Client) -> None:
    several = 0
    for seed in range(5):
        chunks, answer = client.streamed(HELLO, tools=[TOOL], tool_choice="required", max_tokens=1500, seed=seed)
        calls = answer.choices[0].message.tool_calls or []
        assert len(chunks) > len(calls) > 0  # in pieces
        assert answer.choices[0].finish_reason == "tool_calls"
        assert len({call.id for call in calls}) == len(calls)
        for call in calls:
            assert call.function.name == "book"
            Trip.model_validate_json(call.function.arguments)
        several += len(calls) > 1
    assert several  # at least one answer called in parallel


def test_the_result_of_a_tool_goes_back(client: Client) -> None:
    asked = client.whole(
        HELLO, tools=[TOOL], tool_choice="required", max_tokens=1500, seed=1, parallel_tool_calls=False
    )
    message = asked.choices[0].message
    (call,) = message.tool_calls or []
    result = {"role": "tool", "tool_call_id": call.id, "content": "booked"}
    answer = client.whole([*HELLO, message, result], tools=[TOOL], max_tokens=8)
    assert answer.choices


def test_a_stream_left_early_frees_the_slot(client: Client, server: str) -> None:
    chunks = client.left_early(HELLO, max_tokens=1_000_000, extra_body={"ignore_eos": True})
    assert len(chunks) == 3
    deadline = time.monotonic() + 5
    while any(slot["is_processing"] for slot in httpx.get(server.removesuffix("/v1") + "/slots").json()):
        assert time.monotonic() < deadline, "the server still generates for a reader who left"
        time.sleep(0.01)
    assert client.whole(HELLO, max_tokens=8).choices


def test_a_400_is_an_invalid_request(client: Client) -> None:
    wanted: dict[str, object] = {
        "type": "json_schema",
        "json_schema": {"name": "trip", "schema": {"type": "nonsense"}},
    }
    with pytest.raises(onellm.InvalidRequestError, match="unrecognized type nonsense") as caught:
        client.whole(HELLO, max_tokens=8, response_format=wanted)
    assert not isinstance(caught.value, onellm.ContextLengthError)
    assert (caught.value.status, caught.value.provider, caught.value.model) == (400, "llama_server", "tiny-chat")


def test_context_overflow(client: Client) -> None:
    with pytest.raises(onellm.ContextLengthError, match="exceeds the available context size") as caught:
        client.whole(LONG, max_tokens=8)
    assert (caught.value.status, caught.value.type) == (400, "exceed_context_size_error")
    with pytest.raises(onellm.ContextLengthError):
        client.streamed(LONG, max_tokens=8)
