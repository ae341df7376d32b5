"""The canonical values of chat: nothing unknown is lost, null is tolerated, meta stays out, state rides along."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from onellm import (
    ChatCompletionChunk,
    ChatCompletionResponse,
    ChatRequest,
    InvalidRequestError,
    Message,
    Meta,
    ToolCall,
)
from onellm.types.request import ModelRequest
from tests.wire import USER, result, sent_messages

CALL: dict[str, Any] = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOKEN: dict[str, Any] = {
    "token": "H",
    "logprob": -0.5,
    "bytes": [72],
    "top_logprobs": [{"token": "H", "logprob": -0.5}],
}
USAGE: dict[str, Any] = {
    "prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "prompt_tokens_details": {"cached_tokens": 1},
    "completion_tokens_details": {"reasoning_tokens": 1},
}  # fmt: skip
WHOLE: dict[str, Any] = {
    "id": "c", "object": "chat.completion", "created": 1, "model": "m", "usage": USAGE,
    "choices": [{
        "index": 0, "finish_reason": "tool_calls", "logprobs": {"content": [TOKEN]},
        "message": {"role": "assistant", "content": "H", "tool_calls": [CALL], "provider_state": {"acme": {"s": [1]}}},
    }],
}  # fmt: skip
CHUNK: dict[str, Any] = {
    "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "usage": USAGE,
    "choices": [{
        "index": 0, "finish_reason": None, "logprobs": {"content": [TOKEN]},
        "delta": {"role": "assistant", "content": "H", "tool_calls": [{"index": 0, **CALL}]},
    }],
}  # fmt: skip
PLACES = [
    (), ("usage",), ("usage", "prompt_tokens_details"), ("usage", "completion_tokens_details"), ("choices", 0),
    ("choices", 0, "logprobs"), ("choices", 0, "logprobs", "content", 0),
    ("choices", 0, "logprobs", "content", 0, "top_logprobs", 0),
]  # fmt: skip
IN_MESSAGE = [(), ("tool_calls", 0), ("tool_calls", 0, "function")]
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
unknown = st.dictionaries(st.text(min_size=1, max_size=8).map(lambda name: f"x_{name}"), values, max_size=3)
kinds = pytest.mark.parametrize(
    ("model", "sample", "message"),
    [(ChatCompletionResponse, WHOLE, "message"), (ChatCompletionChunk, CHUNK, "delta")],
    ids=["whole", "chunk"],
)


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    """The value at a place."""
    for step in path:
        value = value[step]
    return value


@kinds
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_unknown_fields_survive_at_every_level(model: Any, sample: dict[str, Any], message: str, data: Any) -> None:
    body = json.loads(json.dumps(sample))
    paths = [*PLACES, *(("choices", 0, message, *path) for path in IN_MESSAGE)]
    given_at = {
        path: data.draw(unknown) for path in data.draw(st.lists(st.sampled_from(paths), unique=True, min_size=1))
    }
    for path, extra in given_at.items():
        at(body, path).update(extra)
    dumped = json.loads(model.model_validate_json(json.dumps(body)).model_dump_json())
    for path, extra in given_at.items():
        assert at(dumped, path).items() >= extra.items()
    again = json.loads(model.model_validate_json(json.dumps(dumped)).model_dump_json())
    assert again == dumped


@kinds
def test_what_is_known_is_dumped_as_it_came(model: Any, sample: dict[str, Any], message: str) -> None:
    assert model.model_validate(sample).model_dump(exclude_none=True, exclude_unset=True, mode="json") == _without_none(
        sample
    )


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(item) for name, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value


@kinds
def test_meta_is_neither_dumped_nor_compared(model: Any, sample: dict[str, Any], message: str) -> None:
    first, second = model.model_validate(sample), model.model_validate(sample)
    first.attach(Meta(provider="venice", model="m", dropped_params=("top_k",)))
    assert (first.meta.provider, first.dropped_params) == ("venice", ("top_k",))
    assert (second.meta.provider, second.dropped_params, second.meta.attempts) == ("", (), ())
    assert first == second
    assert "venice" not in first.model_dump_json()
    assert "meta" not in first.model_dump()
    assert "meta" not in model.model_json_schema()["properties"]
    first.attach(Meta(cost=None))
    assert first.meta.cost is None


def test_the_cost_of_the_usage_is_the_cost_of_the_meta() -> None:
    answer = ChatCompletionResponse.model_validate({**WHOLE, "usage": {**USAGE, "cost": 0.25}})
    answer.attach(Meta())
    assert answer.meta.cost == 0.25


def test_a_copy_and_a_pickle_keep_what_the_answer_says() -> None:
    answer = ChatCompletionResponse.model_validate({**WHOLE, "x_extra": 1})
    answer.attach(Meta(provider="venice"))
    for clone in (answer.model_copy(deep=True), pickle.loads(pickle.dumps(answer))):
        assert clone == answer
        assert clone.model_extra == {"x_extra": 1}
        assert clone.meta.provider in ("", "venice")


def test_provider_state_goes_round() -> None:
    """Through JSON and back, to its owner word for word and to nobody else."""
    state: dict[str, Any] = {
        "openrouter": {"reasoning_details": [{"type": "x", "data": "AA==", "index": 0}]},
        "other": {"s": "…"},
    }
    message = Message(content="Hi", provider_state=state)
    for copy in (message, Message.model_validate_json(message.model_dump_json()), message.model_dump(mode="json")):
        sent = sent_messages("openrouter", USER, copy, USER)[1]
        assert sent == {"role": "assistant", "content": "Hi", **state["openrouter"]}
        assert sent_messages("openai", USER, copy, USER)[1] == {"role": "assistant", "content": "Hi"}


def test_the_message_of_an_answer_is_the_next_turn() -> None:
    answer = ChatCompletionResponse.model_validate_json(json.dumps(WHOLE))
    history = [USER, answer.choices[0].message, result()]
    expected = {"role": "assistant", "content": "H", "tool_calls": [CALL]}
    assert sent_messages("openai", *history) == [USER, expected, result()]
    assert history[1] is answer.choices[0].message  # the caller's list holds what it held


def test_a_message_of_another_library_is_taken_too() -> None:
    class Foreign:
        def model_dump(self, *, exclude_none: bool = False) -> dict[str, Any]:
            return {"role": "assistant", "content": "Hi", **({} if exclude_none else {"refusal": None})}

    assert sent_messages("openai", Foreign(), USER)[0] == {"role": "assistant", "content": "Hi"}


def test_a_custom_call_has_its_input_and_an_empty_function() -> None:
    call = ToolCall.model_validate({"id": "c", "type": "custom", "custom": {"name": "n", "input": "x = 1"}})
    assert call.custom is not None
    assert (call.type, call.custom.name, call.custom.input, call.function.name) == ("custom", "n", "x = 1", "")
    other = ToolCall(id="d")
    other.function.name = "mine"
    assert ToolCall(id="e").function.name == ""  # a default is nobody's


@kinds
@pytest.mark.parametrize(
    "path",
    [("usage",), ("usage", "prompt_tokens_details"), ("usage", "completion_tokens_details"), ("choices", 0, "logprobs"),
     ("choices", 0, "logprobs", "content"), ("choices", 0, "logprobs", "content", 0, "top_logprobs"),
     ("choices", 0, "logprobs", "content", 0, "bytes"), ("choices", 0, "finish_reason"), ("service_tier",),
     ("system_fingerprint",), ("usage", "prompt_tokens_details", "cached_tokens")],
    ids=lambda path: ".".join(map(str, path)),
)  # fmt: skip
def test_null_is_tolerated(model: Any, sample: dict[str, Any], message: str, path: tuple[str | int, ...]) -> None:
    body = json.loads(json.dumps(sample))
    at(body, path[:-1])[path[-1]] = None
    assert model.model_validate_json(json.dumps(body)).choices[0].index == 0


@pytest.mark.parametrize("name", ["content", "refusal", "reasoning_content", "tool_calls", "provider_state"])
def test_null_is_tolerated_in_a_message(name: str) -> None:
    assert getattr(Message.model_validate({"role": "assistant", name: None}), name) is None


def test_a_request_tells_the_wrong_type_and_keeps_the_value_to_itself() -> None:
    wrong: dict[str, Any] = {"temperature": "private text"}
    with pytest.raises(InvalidRequestError) as caught:
        ChatRequest(model="m", messages=[USER], **wrong)
    assert caught.value.param == "temperature"
    assert "private" not in f"{caught.value} {caught.value.__dict__} {caught.value.__cause__}"
    with pytest.raises(InvalidRequestError):
        ChatRequest(messages=[USER])  # type: ignore[call-arg,unused-ignore]


def test_a_request_keeps_unknown_parameters_and_leaves_out_none() -> None:
    given: dict[str, Any] = {"temperature": 0, "seed": None, "top_k": None, "own": 1, "stop": ("a", "b")}
    request = ChatRequest(model="m", messages=[USER], **given)
    assert request.parameters() == {"temperature": 0, "own": 1, "stop": ["a", "b"]}


def test_parameters_with_values_of_their_own() -> None:
    """A plugin's request may have defaults; what was set later counts as well."""

    class Drawing(ModelRequest):
        width: int = 512
        size: list[int] = Field(default_factory=lambda: [1])
        seed: int | None = None
        quality: str | None = None

    own: dict[str, Any] = {"own": 2}
    drawing = Drawing(model="m", seed=None, **own)
    assert drawing.parameters() == {"width": 512, "size": [1], "own": 2}
    drawing.seed, drawing.own = 0, None  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    assert list(drawing.parameters().items()) == [("seed", 0), ("size", [1]), ("width", 512)]
    assert drawing.model_copy(update={"quality": "high"}).parameters()["quality"] == "high"
