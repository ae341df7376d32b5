"""The model that knows nothing: the same answer to the same request, and every parameter honoured."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from onellm.testing.simulator import ServiceError
from onellm.testing.simulator.chat import EFFORT_TOKENS, Completion, complete, echo, prompt_tokens, tokens
from onellm.testing.simulator.chat_wire import chunks, whole

HELLO = "You said “Hello there”. This answer is simulated."
TIDE = {
    "type": "function",
    "function": {
        "name": "get_tide",
        "parameters": {"type": "object", "properties": {"port": {"type": "string"}}, "required": ["port"]},
    },
}
BOAT = {"type": "function", "function": {"name": "find_boat"}}
NOTE = {"type": "custom", "custom": {"name": "note"}}


def ask(text: str, **parameters: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], **parameters}


def said(body: dict[str, Any], **options: Any) -> list[str | None]:
    return [choice.content for choice in complete(body, **options).choices]


def calls(body: dict[str, Any], **options: Any) -> list[tuple[str, str]]:
    return [(call.name, call.arguments) for call in complete(body, **options).choices[0].calls]


class TestText:
    @pytest.mark.parametrize(
        "text", ["", "Hello there", "a  b\n\nc", '{"a": [1, 2.5]}', "größe “日本”\u2028 x", "_a b_"]
    )
    def test_tokens_are_the_text(self, text: str) -> None:
        assert "".join(tokens(text)) == text
        assert len(tokens("Hello there, you")) == 4

    def test_the_answer_holds_the_last_message(self) -> None:
        assert said(ask("Hello there")) == [HELLO] == [echo("Hello there")]
        history = [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}]
        assert said({"messages": [*history, {"role": "user", "content": [{"type": "text", "text": "three"}]}]}) == [
            echo("three")
        ]
        assert said({"messages": [*history, {"role": "tool", "content": "four"}]}) == [echo("four")]
        assert said({"messages": [{"role": "system", "content": "five"}]}) == [echo("")]

    def test_a_long_message_is_shortened(self) -> None:
        assert "“1 2 3 4 5 6 7 8 9 10 11 12 …”" in echo(" ".join(map(str, range(1, 100))))

    def test_a_number_of_words_is_given(self) -> None:
        assert len(echo("Write 250 words on the sea").split()) == 250

    def test_the_same_request_gives_the_same_answer(self) -> None:
        assert complete(ask("x", seed=3)) == complete(ask("x", seed=3))
        assert complete(ask("x")).id != complete(ask("y")).id

    def test_choices_and_seeds_differ(self) -> None:
        first, second = said(ask("x", n=2))
        assert first != second
        assert said(ask("x", seed=1)) == [second]
        assert said(ask("x", n=None)) == [first]

    @pytest.mark.parametrize(
        ("stop", "text"),
        [
            ("answer", "You said “x”. This "),
            (["simulated", "This"], "You said “x”. "),
            (["nowhere", ""], "You said “x”. This answer is simulated."),
            (None, "You said “x”. This answer is simulated."),
        ],
    )
    def test_stop(self, stop: Any, text: str) -> None:
        completion = complete(ask("x", stop=stop))
        assert [(choice.content, choice.finish_reason) for choice in completion.choices] == [(text, "stop")]

    @pytest.mark.parametrize(("limit", "text"), [(1, "You"), (3, "You said "), (5, "You said “x")])
    def test_limit(self, limit: int, text: str) -> None:
        completion = complete(ask("x"), limit=limit)
        assert (completion.choices[0].content, completion.choices[0].finish_reason) == (text, "length")
        assert completion.completion_tokens == limit

    def test_a_limit_that_suffices_is_no_end(self) -> None:
        exact = complete(ask("x")).completion_tokens
        assert complete(ask("x"), limit=exact).choices[0].finish_reason == "stop"

    def test_json_object(self) -> None:
        assert said(ask("give “json”", response_format={"type": "json_object"})) == ['{"echo":"give “json”"}']

    @pytest.mark.parametrize("wrapped", [True, False])
    def test_json_schema(self, wrapped: bool) -> None:
        schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}, "required": ["n"]}
        wanted = {"name": "x", "schema": schema} if wrapped else schema
        assert said(ask("x", response_format={"type": "json_schema", "json_schema": wanted})) == ['{"n":3}']

    def test_a_schema_without_instance_is_refused(self) -> None:
        schema = {"type": "string", "pattern": "^unlikely [0-9]+$"}
        with pytest.raises(ServiceError, match="no instance of this schema"):
            complete(ask("x", response_format={"type": "json_schema", "json_schema": {"schema": schema}}))

    @pytest.mark.parametrize("schema", [{"type": "object", "required": 3}, {"enum": []}, {"pattern": "("}, {"type": 3}])
    def test_what_is_no_schema_is_refused(self, schema: Any) -> None:
        with pytest.raises(ServiceError, match="no JSON Schema"):
            complete(ask("x", response_format={"type": "json_schema", "json_schema": {"schema": schema}}))


class TestTokens:
    def test_the_prompt_is_counted_by_the_rule(self) -> None:
        assert prompt_tokens(ask("Hello there")) == 4 + 2
        image = {"type": "image_url", "image_url": {"url": "https://x/y"}}
        assert (
            prompt_tokens({"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}, image]}]})
            == 4 + 1 + 85
        )
        assert prompt_tokens(ask("Hi", tools=[TIDE])) > 20

    @pytest.mark.parametrize("effort", EFFORT_TOKENS)
    def test_reasoning_counts_as_completion(self, effort: str) -> None:
        plain, completion = complete(ask("x")), complete(ask("x"), effort=effort)
        assert completion.reasoning_tokens == EFFORT_TOKENS[effort]
        assert completion.completion_tokens == plain.completion_tokens + EFFORT_TOKENS[effort]

    def test_reasoning_can_use_up_the_limit(self) -> None:
        (choice,) = complete(ask("get_tide", tools=[TIDE]), effort="low", limit=8).choices
        assert (choice.content, choice.calls, choice.finish_reason) == ("", (), "length")


class TestTools:
    def test_auto_calls_what_the_user_names(self) -> None:
        assert calls(ask("What is the weather?", tools=[TIDE, BOAT])) == []
        assert calls(ask("Use get_tide, please", tools=[TIDE, BOAT])) == [("get_tide", '{"port":"text"}')]
        assert calls(ask("get_tides", tools=[TIDE])) == []
        assert complete(ask("Use get_tide", tools=[TIDE])).choices[0].content is None

    def test_calls_in_parallel_or_not(self) -> None:
        both = ask("find_boat and get_tide", tools=[TIDE, BOAT])
        assert [name for name, _ in calls(both)] == ["get_tide", "find_boat"]
        assert [name for name, _ in calls(both | {"parallel_tool_calls": False})] == ["get_tide"]
        ids = [call.id for choice in complete(both | {"n": 2}).choices for call in choice.calls]
        assert len(set(ids)) == 4

    def test_choice(self) -> None:
        body = ask("find_boat", tools=[TIDE, BOAT])
        assert calls(body | {"tool_choice": "none"}) == []
        assert calls(body | {"tool_choice": "required"}) == [("find_boat", "{}")]
        assert calls(ask("x", tools=[TIDE, BOAT], tool_choice="required")) == [("get_tide", '{"port":"text"}')]
        named = {"type": "function", "function": {"name": "get_tide"}}
        assert calls(body | {"tool_choice": named}) == [("get_tide", '{"port":"text"}')]
        allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [named]}}
        assert calls(body | {"tool_choice": allowed}) == []

    def test_a_custom_tool(self) -> None:
        (call,) = complete(ask("x", tools=[NOTE], tool_choice="required")).choices[0].calls
        assert (call.name, call.arguments, call.custom) == ("note", "text", True)

    def test_a_tool_of_the_service_itself_is_not_called(self) -> None:
        assert calls(ask("web_search", tools=[{"type": "web_search"}], tool_choice="required")) == []

    def test_after_a_result_the_answer_is_text(self) -> None:
        body = ask("Use get_tide", tools=[TIDE])
        body["messages"] += [{"role": "assistant", "tool_calls": []}, {"role": "tool", "content": "high at 4"}]
        assert said(body) == [echo("high at 4")]

    def test_arguments_can_be_cut(self) -> None:
        (choice,) = complete(ask("get_tide find_boat", tools=[TIDE, BOAT]), limit=3).choices
        assert ([call.arguments for call in choice.calls], choice.finish_reason) == (['{"port'], "length")


def joined(sent: Iterable[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """The messages that a client would put together."""
    made: dict[int, dict[str, Any]] = {}
    for choice in (choice for chunk in sent for choice in chunk["choices"]):
        message = made.setdefault(choice["index"], {"content": "", "reasoning": "", "calls": {}, "finish_reason": None})
        delta = choice["delta"]
        message["content"] += delta.get("content") or ""
        message["reasoning"] += delta.get("reasoning_content", "")
        for part in delta.get("tool_calls", ()):
            call = message["calls"].setdefault(part["index"], {"name": "", "arguments": ""})
            inner = part.get("function") or part["custom"]
            call["name"] += inner.get("name", "")
            call["arguments"] += inner.get("arguments", "") + inner.get("input", "")
        message["finish_reason"] = choice["finish_reason"]
    return made


class TestWire:
    @pytest.mark.parametrize(
        ("body", "options"),
        [
            (ask("Hello there"), {}),
            (ask("Hello there", n=3, seed=2), {"effort": "minimal"}),
            (ask("get_tide, find_boat, note", tools=[TIDE, BOAT, NOTE], n=2), {}),
            (ask("Hello there"), {"limit": 2}),
        ],
    )
    def test_a_stream_is_the_same_answer_in_pieces(self, body: dict[str, Any], options: dict[str, Any]) -> None:
        completion = complete(body, **options)
        sent = chunks(completion, "m", reasons=True)
        assert len({(chunk["id"], chunk["created"], chunk["object"]) for chunk in sent}) == 1
        for choice in completion.choices:
            message = joined(sent)[choice.index]
            assert message["content"] == (choice.content or "")
            assert message["reasoning"] == choice.reasoning
            assert list(message["calls"].values()) == [{"name": c.name, "arguments": c.arguments} for c in choice.calls]
            assert message["finish_reason"] == choice.finish_reason

    def test_the_order_of_a_stream(self) -> None:
        deltas = [
            chunk["choices"][0]["delta"] for chunk in chunks(complete(ask("x"), effort="minimal"), "m", reasons=True)
        ]
        assert deltas[0] == {"role": "assistant", "content": ""}
        assert deltas[1] == {"reasoning_content": " let"}
        assert deltas[5] == {"content": "You"}
        assert deltas[-1] == {}
        assert [delta for delta in deltas if "role" in delta] == deltas[:1]

    def test_arguments_come_in_fragments_and_the_name_once(self) -> None:
        sent = chunks(complete(ask("get_tide", tools=[TIDE])), "m")
        parts = [part for chunk in sent for part in chunk["choices"][0]["delta"].get("tool_calls", ())]
        assert (parts[0]["id"][:5], parts[0]["type"], parts[0]["function"]["arguments"]) == ("call_", "function", "")
        assert len(parts) > 2
        assert all(part == {"index": 0, "function": {"arguments": part["function"]["arguments"]}} for part in parts[1:])

    def test_choices_come_by_turns(self) -> None:
        sent = chunks(complete(ask("x", n=2)), "m")
        assert [chunk["choices"][0]["index"] for chunk in sent[:4]] == [0, 1, 0, 1]

    def test_usage_comes_if_asked_for(self) -> None:
        completion = complete(ask("x"))
        assert all("usage" not in chunk for chunk in chunks(completion, "m"))
        *others, last = chunks(completion, "m", include_usage=True)
        assert all(chunk["usage"] is None for chunk in others)
        assert (last["choices"], last["usage"]) == ([], whole(completion, "m")["usage"])
        assert last["usage"]["total_tokens"] == completion.prompt_tokens + completion.completion_tokens

    @pytest.mark.parametrize("top", [0, 1, 3])
    def test_logprobs(self, top: int) -> None:
        completion = complete(ask("größe"))
        listed = whole(completion, "m", top_logprobs=top)["choices"][0]["logprobs"]["content"]
        assert "".join(bytes(entry["bytes"]).decode() for entry in listed) == completion.choices[0].content
        assert all(entry["logprob"] < 0 and len(entry["top_logprobs"]) == top for entry in listed)
        for entry in listed:
            ranked = [other["logprob"] for other in entry["top_logprobs"]]
            assert ranked == sorted(ranked, reverse=True)
        streamed = [chunk["choices"][0]["logprobs"] for chunk in chunks(completion, "m", top_logprobs=top)]
        assert [entry for part in streamed if part for entry in part["content"]] == listed
        assert whole(completion, "m")["choices"][0]["logprobs"] is None

    def test_reasoning_is_shown_where_the_service_shows_it(self) -> None:
        completion = complete(ask("x"), effort="minimal")
        assert whole(completion, "m", reasons=True)["choices"][0]["message"]["reasoning_content"] == " let me think let"
        assert "reasoning_content" not in json.dumps([whole(completion, "m"), *chunks(completion, "m")])

    def test_it_is_json(self) -> None:
        completion: Completion = complete(ask("x", n=2, tools=[TIDE]))
        assert json.loads(json.dumps(whole(completion, "m"))) == whole(completion, "m")
