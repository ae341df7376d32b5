"""The Responses API in the simulator, judged by OpenAI's own schema and SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types.responses import ResponseStreamEvent
from openapi_schema_validator import OAS31Validator
from pydantic import TypeAdapter
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from onellm.testing.simulator import Simulator, simulator

TOOL = {"type": "function", "name": "tide", "parameters": {"type": "object", "properties": {}}, "strict": False}
A_NUMBER = {
    "type": "object",
    "properties": {"a": {"type": "integer"}},
    "required": ["a"],
    "additionalProperties": False,
}
SCHEMA = {"type": "json_schema", "name": "n", "schema": A_NUMBER}
REQUESTS: dict[str, dict[str, Any]] = {
    "text": {"input": "Hello"},
    "items": {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}], "instructions": "Be."},
    "cut": {"input": "Say 100 words please", "max_output_tokens": 16},
    "reasoning": {"input": "Hello", "reasoning": {"effort": "low"}},
    "a call": {"input": "What does tide say?", "tools": [TOOL]},
    "a custom call": {"input": "Use shell", "tools": [{"type": "custom", "name": "shell"}]},
    "a forced call": {"input": "x", "tools": [TOOL], "tool_choice": {"type": "function", "name": "tide"}},
    "schema": {"input": "x", "text": {"format": SCHEMA}},
    "after a call": {
        "input": [
            {"role": "user", "content": "tide?"},
            {"type": "function_call", "call_id": "c", "name": "tide", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "high"},
        ],
        "tools": [TOOL],
    },
}


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with simulator() as running:
        yield running


@pytest.fixture(scope="module")
def sdk(sim: Simulator) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key="sim-key", base_url=sim.base_url("openai"), max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def schema(shared: Path) -> Any:
    document = json.loads((shared / "specs" / "openai.json").read_text())
    registry: Any = Registry().with_resource("urn:openai", DRAFT202012.create_resource(document))
    return OAS31Validator({"$ref": "urn:openai#/components/schemas/Response"}, registry=registry)


@pytest.mark.parametrize("case", REQUESTS)
def test_an_answer_is_a_response(case: str, sdk: openai.OpenAI, schema: Any) -> None:
    raw = sdk.responses.with_raw_response.create(model="gpt-4o-mini", **REQUESTS[case])
    for error in schema.iter_errors(json.loads(raw.text)):
        raise error
    response = raw.parse()
    kinds = [item.type for item in response.output]
    expected = {"a call": "function_call", "a forced call": "function_call", "a custom call": "custom_tool_call"}
    assert kinds[-1] == expected.get(case, "message")
    assert response.status == ("incomplete" if case == "cut" else "completed")
    if case == "schema":
        assert json.loads(response.output_text).keys() == {"a"}


@pytest.mark.parametrize("case", REQUESTS)
def test_a_stream_says_the_same(case: str, sdk: openai.OpenAI) -> None:
    whole = sdk.responses.create(model="gpt-4o-mini", **REQUESTS[case])
    adapter: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    text = ""
    events = list(sdk.responses.create(model="gpt-4o-mini", stream=True, **REQUESTS[case]))
    for number, event in enumerate(events):
        adapter.validate_python(event.model_dump())
        assert event.sequence_number == number
        if event.type == "response.output_text.delta":
            text += event.delta
    last: Any = events[-1]
    assert last.type == f"response.{whole.status}"
    assert last.response.output == whole.output
    assert last.response.id.startswith("resp_")
    assert text == whole.output_text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"input": "x", "max_tokens": 3}, openai.BadRequestError),
        ({"input": "x", "previous_response_id": "resp_1"}, openai.BadRequestError),
        ({"input": [{"role": "robot", "content": "x"}]}, openai.BadRequestError),
        ({"input": "x", "model": "gone"}, openai.NotFoundError),
    ],
)
def test_what_it_refuses(body: dict[str, Any], kind: type[Exception], sdk: openai.OpenAI) -> None:
    create: Any = sdk.responses.create
    extra = {name: body[name] for name in body if name == "max_tokens"}
    with pytest.raises(kind):
        create(**{"model": "gpt-4o-mini", **{n: v for n, v in body.items() if n not in extra}}, extra_body=extra)
