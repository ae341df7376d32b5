"""What is made of Cohere's answers and streams, by hard cases' ids, and of the recorded ones as its SDK reads them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import cohere
import httpx
import pytest
import yaml

from onellm import (
    AuthenticationError,
    BadResponseError,
    ChatCompletionResponse,
    ContextLengthError,
    InvalidRequestError,
    ModelNotFoundError,
    OneLLMError,
    OverloadedError,
    RateLimitError,
    Reply,
    ServerError,
    StreamInterrupted,
)
from onellm.decode.limits import Limits
from tests.providers.cohere.wire import MODEL, answer, both_ways, events, judge_event, read, sse, streamed
from tests.support import KEY, Caller, serve, whole
from tests.support import streamed as stream_of
from tests.wire import both, call, stream_call

CALLS = [
    {"id": "tide_0", "type": "function", "function": {"name": "tide", "arguments": '{"port":"Oban"}'}},
    {"id": "now_1", "type": "function", "function": {"name": "now", "arguments": "{}"}},
]
THINKING = {"type": "thinking", "thinking": "Need the tide."}
CITATION = {"start": 0, "end": 3, "text": "Let", "sources": [], "content_index": 1, "type": "TEXT_CONTENT"}
FULL = answer(
    THINKING, "Let me see. 日本", finish_reason="TOOL_CALL", tool_calls=CALLS, tool_plan="I look.", citations=[CITATION]
)


def settings(server: Any) -> dict[str, dict[str, str]]:
    return {"cohere": {"base_url": server.url.removesuffix("/v1"), "api_key": KEY}}


# -- answers -----------------------------------------------------------------------------------------------------------


def test_use_07_tokens_are_counted_and_billed_units_are_paid() -> None:
    usage = {
        "billed_units": {"input_tokens": 5.0, "output_tokens": 10.0},
        "tokens": {"input_tokens": 15, "output_tokens": 10},
    }
    found = both_ways(answer("Hi", usage=usage)).usage
    assert found is not None
    assert (found.prompt_tokens, found.completion_tokens, found.total_tokens) == (15, 10, 25)
    assert found.model_dump()["billed_units"] == usage["billed_units"]
    assert found.cost == pytest.approx((5 * 2.5 + 10 * 10) / 1e6)


def test_use_12_a_cost_that_is_not_known() -> None:
    units = {"input_tokens": 5, "output_tokens": 10, "search_units": 1}
    found = read(answer("Hi", usage={"billed_units": units})).usage
    assert found is not None
    assert (found.prompt_tokens, found.cost) == (5, None)
    assert "search_units" in found.cost_unknown


@pytest.mark.parametrize(
    ("word", "finish"),
    [
        ("COMPLETE", "stop"), ("STOP_SEQUENCE", "stop"), ("MAX_TOKENS", "length"), ("TOOL_CALL", "tool_calls"),
        ("ERROR", "error"), ("TIMEOUT", "error"), ("ERROR_TOXIC", "content_filter"), ("NEW", "error"),
    ],
)  # fmt: skip
def test_fin_04_finish_reasons(word: str, finish: str) -> None:
    said = answer("Hi", finish_reason=word)
    for found in (read(said), streamed(b"".join([*events(answer("Hi"))[:-1], _end(word)])).final):
        assert (found.choices[0].finish_reason, found.choices[0].native_finish_reason) == (finish, word)


def test_stc_06_calls_without_the_word_for_them() -> None:
    assert both_ways(answer(finish_reason="COMPLETE", tool_calls=CALLS)).choices[0].finish_reason == "tool_calls"


def test_the_error_of_a_stream_s_end_is_kept() -> None:
    data = b"".join([*events(answer("Hi"))[:-1], _end("ERROR", error="out of luck")])
    found = streamed(data).final
    assert found.choices[0].finish_reason == "error"
    assert found.model_dump()["error"] == "out of luck"


def test_log_probabilities() -> None:
    items = [
        {"text": "Hi", "token_ids": [1], "logprobs": [-0.5]},
        {"text": "日", "token_ids": [2, 3], "logprobs": [-1, -2]},
    ]
    found = read(answer("Hi日", logprobs=items)).choices[0].logprobs
    assert found is not None
    assert found.content is not None
    assert [(each.token, each.logprob) for each in found.content] == [("Hi", -0.5), ("日", -3)]
    assert found.content[1].model_dump()["token_ids"] == [2, 3]
    made = events(answer("Hi日", logprobs=items), size=2)
    for place, item in ((2, items[0]), (3, items[1])):
        value = json.loads(made[place].split(b"data: ")[1])
        made[place] = sse({**value, "logprobs": item})
    again = streamed(b"".join(made)).final.choices[0].logprobs
    assert again == found


def test_out_09_and_safe_cut_json_stays_as_it_is() -> None:
    found = both_ways(answer('{"a": "b', finish_reason="MAX_TOKENS"))
    assert (found.choices[0].message.content, found.choices[0].finish_reason) == ('{"a": "b', "length")


def test_citations_of_a_later_block_are_placed_in_the_whole_text() -> None:
    note = {"start": 0, "end": 2, "text": "It", "sources": [], "content_index": 1}
    plan = {"start": 0, "end": 1, "text": "I", "sources": [], "type": "PLAN"}
    found = both_ways(answer("Yes. ", "It is.", citations=[note, plan], tool_plan="I")).choices[0].message.model_dump()
    assert found["content"] == "Yes. It is."
    first, second = (each["citation"] for each in found["annotations"])
    assert found["content"][first["start_index"] : first["end_index"]] == "It"
    assert second == plan


def test_answers_that_are_none() -> None:
    for body in (b"[]", b"{}", b'{"message": "x"}'):
        with pytest.raises(BadResponseError):
            call("cohere").parse(Reply(200, {}, body))


# -- streams -----------------------------------------------------------------------------------------------------------


@both
def test_a_stream_cut_at_any_event_is_interrupted_with_what_came(caller: Caller) -> None:
    made = events(FULL)
    for cut, begun in itertools.product(range(1, len(made)), (0, 40)):
        rest = [made[cut][:begun]] if begun else []
        with serve(stream_of(*made[:cut], *rest)) as server:
            found = caller.chat_stream(settings(server), f"cohere/{MODEL}", max_retries=0)
        error = found.error
        assert isinstance(error, StreamInterrupted), (cut, begun)
        assert error.partial == streamed(b"".join(made[:cut])).final
        assert (error.partial.choices[0].message.content or "") == found.text


@both
def test_str_18_a_whole_stream_over_the_wire(caller: Caller) -> None:
    with serve(stream_of(*events(FULL), headers={"x-debug-trace-id": "t1"})) as server:
        found = caller.chat_stream(settings(server), f"cohere/{MODEL}")
    assert found.error is None
    message = found.final.choices[0].message
    assert (message.content, message.reasoning_content) == ("Let me see. 日本", "Need the tide.\n\nI look.")
    assert [each.function.arguments for each in message.tool_calls] == ['{"port":"Oban"}', "{}"]
    assert found.final.choices[0].finish_reason == "tool_calls"
    assert found.meta.request_id == "t1"
    sent = server.requests[0]
    assert (sent.path, sent.headers["authorization"], sent.json["stream"]) == ("/v2/chat", f"Bearer {KEY}", True)


def test_whole_and_streamed_are_one_answer() -> None:
    found = both_ways(FULL)
    assert found.id == "a1"
    assert found.model == MODEL


def test_str_01_bytes_cut_anywhere() -> None:
    data = b"".join(events(FULL))
    expected = streamed(FULL).final.model_dump()
    for cut in range(1, len(data), 7):
        asked = stream_call("cohere", model=MODEL)
        decoder, assembler = asked.decoder(), asked.assembler()
        for piece in (data[:cut], data[cut:]):
            for chunk in decoder.feed(piece):
                assembler.add(chunk)
        assert decoder.done
        assert assembler.result().model_dump() == expected


def test_str_02_separators_that_are_no_ends_of_lines() -> None:
    text = "a\u2028b\u2029c\u0085d\x0b"
    assert streamed(answer(text)).final.choices[0].message.content == text


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n"])
def test_str_03_ends_of_lines(ends: str) -> None:
    data = b"".join(events(FULL)).replace(b"\n", ends.encode())
    assert streamed(data).final.model_dump() == streamed(FULL).final.model_dump()


def test_str_04_no_space_comments_unknown_events_and_done() -> None:
    made = [event.replace(b"data: ", b"data:") for event in events(FULL)]
    noise = [b": hello\n\n", sse({"type": "debug", "prompt": "p"}), sse({"type": "brand_new", "x": 1})]
    data = b"".join(piece for event in made for piece in (*noise, event)) + b"data: [DONE]\n\n"
    assert streamed(data).final.model_dump() == streamed(FULL).final.model_dump()


def test_str_07_broken_json_is_a_hole() -> None:
    data = b"".join([*events(answer("Hello"))[:3], b'data: {"broken\n\n', *events(answer("Hello"))[3:]])
    found = streamed(data)
    assert isinstance(found.failure, BadResponseError)
    assert "broken" in found.failure.body
    assert found.final.choices[0].message.content == "Hel"


def test_citations_come_when_the_service_says_them() -> None:
    """Amid the text that they are about, so that a cut stream has those of its text."""
    made = events(answer("Tea at five.", "So it is.", citations=[CITATION, {**CITATION, "content_index": 0}]), size=20)
    end, second, first = made[-1], made[-3:-1], made[-5:-3]
    last = next(at for at, each in enumerate(made) if b'"So it' in each)
    data = b"".join([*made[:3], *second, *made[3:last], *made[last:-5], *first, end])
    found = streamed(data)
    assert found.failure is None
    told = [getattr(chunk.choices[0].delta, "annotations", None) for chunk in found.chunks]
    assert [at for at, each in enumerate(told) if each] == [2, 4]
    notes = found.final.choices[0].message.model_dump()["annotations"]
    assert [each["citation"]["start_index"] for each in notes] == [0, 12]
    cut = streamed(b"".join([*made[:3], *second])).final.choices[0].message.model_dump()
    assert cut["annotations"] == notes[:1]


@pytest.mark.parametrize("lacking", [None, "tool-call-end", "tool-call-delta", "content-delta"])
def test_events_without_a_number_are_about_the_latest(lacking: str | None) -> None:
    """The SDK's types do not require it."""
    made: list[bytes] = []
    for value in _values(events(FULL)):
        if lacking in (None, value["type"]):
            value.pop("index", None)
            judge_event(value)
        made.append(sse(value))
    found = streamed(b"".join(made))
    assert found.failure is None
    assert found.final.model_dump() == streamed(FULL).final.model_dump()


def test_an_end_of_a_call_that_never_began_is_a_hole() -> None:
    found = streamed(b"".join([events(FULL)[0], sse({"type": "tool-call-end"})]))
    assert isinstance(found.failure, BadResponseError)


def test_events_without_a_delta_say_nothing() -> None:
    made: list[bytes] = []
    for value in _values(events(FULL)):
        made.append(sse(value))
        if value["type"] in ("tool-plan-delta", "tool-call-delta", "content-delta", "citation-start"):
            judge_event({**value, "delta": None})
            made.append(sse({**value, "delta": None}))
    found = streamed(b"".join(made))
    assert found.failure is None
    assert found.final.model_dump() == streamed(FULL).final.model_dump()


def test_an_error_event_ends_the_stream() -> None:
    for event in (b'event: error\ndata: {"message":"no more"}\n\n', b'data: {"type":"error","message":"no more"}\n\n'):
        found = streamed(b"".join([*events(answer("Hello"))[:3], event]))
        assert isinstance(found.failure, ServerError)
        assert "no more" in str(found.failure)


def test_stc_02_calls_and_content_are_numbered_apart() -> None:
    numbers = [
        (each.index, each.id)
        for chunk in streamed(FULL).chunks
        for each in chunk.choices[0].delta.tool_calls or ()
        if each.id
    ]
    assert numbers == [(0, "tide_0"), (1, "now_1")]


def test_tool_13_a_call_without_arguments() -> None:
    bare = [{"id": "n", "type": "function", "function": {"name": "now", "arguments": ""}}]
    found = both_ways(answer(finish_reason="TOOL_CALL", tool_calls=bare)).choices[0].message.tool_calls
    assert found is not None
    assert found[0].function.arguments == "{}"


def test_stc_12_one_head_and_the_role_once() -> None:
    chunks = streamed(FULL).chunks
    assert {(chunk.id, chunk.model, chunk.created) for chunk in chunks} == {("a1", MODEL, 0)}
    assert [chunk.choices[0].delta.role for chunk in chunks].count("assistant") == 1
    assert chunks[0].choices[0].delta.role == "assistant"


def test_stc_13_white_space_stays() -> None:
    text = " \n a  \t\n"
    assert both_ways(answer(text)).choices[0].message.content == text


def test_stc_08_usage_apart_where_the_caller_asks_for_it() -> None:
    chunks = streamed(FULL, stream_options={"include_usage": True}).chunks
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_arguments_beyond_the_limit() -> None:
    decoder: Any = stream_call("cohere").decoder()
    decoder.limit(Limits(arguments=5))
    decoder.feed(b"".join(events(FULL)))
    assert "max_arguments" in str(decoder.failure)


# -- errors ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "invalid request: x", InvalidRequestError),
        (
            400,
            "too many tokens: size limit exceeded by 5 tokens. Try using shorter or fewer inputs.",
            ContextLengthError,
        ),
        (
            400,
            "too many tokens: total number of tokens in the prompt cannot exceed 9 - received 10.",
            ContextLengthError,
        ),
        (400, "too many tokens: max tokens must be less than or equal to 9", InvalidRequestError),
        (401, "invalid api token", AuthenticationError),
        (404, "model 'x' not found", ModelNotFoundError),
        (422, "unprocessable", InvalidRequestError),
        (429, "slow down", RateLimitError),
        (498, "invalid token", AuthenticationError),
        (500, "oops", ServerError),
        (503, "busy", OverloadedError),
        (504, "late", ServerError),
    ],
)
def test_err_01_bodies(status: int, message: str, kind: type[OneLLMError]) -> None:
    reply = Reply(status, {"x-debug-trace-id": "t1"}, json.dumps({"id": "u", "message": message}).encode())
    error = call("cohere").error(reply)
    assert type(error) is kind
    assert message in str(error)
    assert (error.status, error.request_id) == (status, "t1")  # ERR-15


@both
def test_str_12_13_refusals_of_a_stream(caller: Caller) -> None:
    for status in (200, 429):
        with serve(whole({"message": "slow down"}, status)) as server:
            found: Any = None
            try:
                found = caller.chat_stream(settings(server), f"cohere/{MODEL}", max_retries=0).error
            except OneLLMError as error:
                found = error
        assert isinstance(found, RateLimitError if status == 429 else BadResponseError)


# -- recordings --------------------------------------------------------------------------------------------------------


def _recorded(folder: Any) -> Iterator[tuple[dict[str, Any], bytes]]:
    for path in sorted((folder / "recordings/cohere").glob("*.yaml")):
        for each in yaml.safe_load(path.read_text())["interactions"]:
            if each["request"]["uri"].endswith("/v2/chat"):
                yield each["request"]["parsed_body"], json.dumps(each["response"]["parsed_body"]).encode()


def test_recorded_answers_are_read_as_the_sdk_reads_them(shared: Any) -> None:
    recorded = list(_recorded(shared))
    assert len(recorded) >= 5
    for asked, said in recorded:
        transport = httpx.MockTransport(lambda request, said=said: httpx.Response(200, content=said))
        with httpx.Client(transport=transport) as client:
            theirs = cohere.ClientV2("k", httpx_client=client).chat(model=asked["model"], messages=asked["messages"])
        _same(theirs, call("cohere", model=asked["model"]).parse(Reply(200, {}, said)))
        again = both_ways(json.loads(said))
        assert (again.choices[0].message.content or "") == "".join(
            getattr(each, "text", "") for each in theirs.message.content or ()
        )


def _same(theirs: Any, ours: ChatCompletionResponse) -> None:
    message, usage = ours.choices[0].message, ours.usage
    assert usage is not None
    assert ours.id == theirs.id
    assert ours.choices[0].native_finish_reason == theirs.finish_reason
    assert (message.content or "") == "".join(each.text for each in theirs.message.content or ())
    assert message.reasoning_content == theirs.message.tool_plan
    found = [(each.id, each.function.name, each.function.arguments) for each in message.tool_calls or ()]
    assert found == [(each.id, each.function.name, each.function.arguments) for each in theirs.message.tool_calls or ()]
    assert (usage.prompt_tokens, usage.completion_tokens) == (
        theirs.usage.tokens.input_tokens,
        theirs.usage.tokens.output_tokens,
    )


def _end(word: str, **more: Any) -> bytes:
    usage = answer()["usage"]
    return sse({"type": "message-end", "delta": {"finish_reason": word, "usage": usage, **more}})


def _values(made: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(each.split(b"data: ")[1]) for each in made]
