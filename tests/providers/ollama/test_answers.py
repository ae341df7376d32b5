"""What is made of Ollama's answers and streams, by hard cases' ids."""

from __future__ import annotations

import itertools
import json
from typing import Any

import ollama
import pytest
from onellm_providers.ollama.types import ModelDetails

from onellm import (
    APIConnectionError,
    AuthenticationError,
    BadResponseError,
    CompletionRequest,
    InvalidRequestError,
    ModelNotFoundError,
    OneLLM,
    OneLLMError,
    OverloadedError,
    RateLimitError,
    Reply,
    ServerError,
    StreamInterrupted,
    get_provider,
)
from onellm.decode.limits import Limits
from tests.providers.ollama.wire import MODEL, TIME, answer, both_ways, lines, read, streamed
from tests.support import Caller, serve, whole
from tests.support import streamed as stream_of
from tests.wire import both, call, stream_call

CALLS: list[dict[str, Any]] = [
    {"function": {"name": "tide", "arguments": {"port": "Oban"}}},
    {"function": {"name": "tide", "arguments": {"port": "Oban"}}},
]
FULL = answer("Let me see. 日本", thinking="Tide first.", tool_calls=CALLS)
NDJSON = {"content-type": "application/x-ndjson"}


def settings(server: Any) -> dict[str, dict[str, str]]:
    return {"ollama": {"base_url": server.url.removesuffix("/v1")}}


# -- answers -----------------------------------------------------------------------------------------------------------


def test_the_parts_of_an_answer() -> None:
    found = both_ways(FULL)
    message = found.choices[0].message
    assert (message.content, message.reasoning_content) == ("Let me see. 日本", "Tide first.")
    assert (found.model, found.created) == (MODEL, 1763629200 + 365 * 86400)
    assert found.usage is not None
    assert (found.usage.prompt_tokens, found.usage.completion_tokens, found.usage.total_tokens) == (48, 33, 81)
    assert found.model_dump()["total_duration"] == 9


def test_it_is_what_the_client_reads() -> None:
    theirs = ollama.ChatResponse.model_validate(FULL)
    ours = read(FULL)
    message = ours.choices[0].message
    assert (message.content, message.reasoning_content) == (theirs.message.content, theirs.message.thinking)
    assert [(each.function.name, json.loads(each.function.arguments)) for each in message.tool_calls or ()] == [
        (each.function.name, each.function.arguments) for each in theirs.message.tool_calls or ()
    ]
    assert ours.usage is not None
    assert (ours.usage.prompt_tokens, ours.usage.completion_tokens) == (theirs.prompt_eval_count, theirs.eval_count)
    assert ours.choices[0].native_finish_reason == theirs.done_reason


def test_tool_07_ids_are_made_distinct_and_stable() -> None:
    ids = [each.id for each in both_ways(FULL).choices[0].message.tool_calls or ()]
    assert len(set(ids)) == 2
    later = [
        each.id for each in read({**FULL, "created_at": "2026-11-20T09:00:07Z"}).choices[0].message.tool_calls or ()
    ]
    assert not set(ids) & set(later)
    given = answer(tool_calls=[{"id": "call_x", **CALLS[0]}])
    assert both_ways(given).choices[0].message.tool_calls[0].id == "call_x"  # type: ignore[index]


def test_tool_16_arguments_are_a_text() -> None:
    use = [{"function": {"name": "f", "arguments": {"a": "é"}}}, {"function": {"name": "g", "arguments": {}}}]
    found = both_ways(answer(tool_calls=use)).choices[0].message.tool_calls or []
    assert [each.function.arguments for each in found] == ['{"a": "é"}', "{}"]


@pytest.mark.parametrize("each_line", [True, False], ids=["STC-03-lines", "STC-03-one-line"])
def test_stc_03_calls_that_all_have_the_number_0(each_line: bool) -> None:
    use = [{"function": {**each["function"], "index": 0}} for each in CALLS]
    made = lines(answer(tool_calls=use))
    if not each_line:
        head = json.loads(made[0])
        made = [json.dumps({**head, "message": {**head["message"], "tool_calls": use}}).encode() + b"\n", made[-1]]
    found = streamed(b"".join(made))
    numbers = [part.index for chunk in found.chunks for part in chunk.choices[0].delta.tool_calls or ()]
    assert numbers == [0, 1]
    assert len(found.final.choices[0].message.tool_calls or ()) == 2


@pytest.mark.parametrize(
    ("word", "finish"),
    [("stop", "stop"), ("length", "length"), ("", "stop"), (None, "stop"), ("load", "error"), ("odd", "error")],
    ids=["stop", "length", "STC-10-empty", "STC-10-none", "load", "odd"],
)
def test_finish_reasons(word: str | None, finish: str) -> None:
    found = both_ways(answer("Hi", done_reason=word)).choices[0]
    assert (found.finish_reason, found.native_finish_reason) == (finish, word)


def test_stc_06_calls_end_with_tool_calls() -> None:
    assert both_ways(FULL).choices[0].finish_reason == "tool_calls"
    assert both_ways(answer("Hi", done_reason="length", tool_calls=CALLS)).choices[0].finish_reason == "length"


def test_use_11_a_count_that_did_not_come() -> None:
    usage = both_ways(answer("Hi", prompt_eval_count=None)).usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.cost) == (0, 33, None)
    assert usage.model_dump()["missing"] == ["prompt_eval_count"]
    assert "prompt_eval_count did not come" in usage.cost_unknown


def test_use_12_a_price_that_is_not_known() -> None:
    usage = read(FULL).usage
    assert usage is not None
    assert (usage.cost, usage.cost_unknown) == (None, "no prices of this model are known")


def test_log_probabilities() -> None:
    odds = [{"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": [{"token": "Ho", "logprob": -1.5}]}]
    found = read(answer("Hi", logprobs=odds)).choices[0].logprobs
    assert found is not None
    assert found.content is not None
    assert (found.content[0].logprob, found.content[0].top_logprobs[0].token) == (-0.5, "Ho")


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"done": true}', b'{"message": {"content": "x"}, "done": false}'])
def test_answers_that_are_none(body: bytes) -> None:
    with pytest.raises(BadResponseError):
        call("ollama").parse(Reply(200, {}, body))


# -- streams -----------------------------------------------------------------------------------------------------------


@both
def test_a_stream_cut_at_any_line_is_interrupted_with_what_came(caller: Caller) -> None:
    made = lines(FULL)
    for cut, begun in itertools.product(range(1, len(made)), (0, 20)):
        rest = [made[cut][:begun]] if begun else []
        with serve(stream_of(*made[:cut], *rest, headers=NDJSON)) as server:
            found = caller.chat_stream(settings(server), f"ollama/{MODEL}", max_retries=0)
        error = found.error
        assert isinstance(error, StreamInterrupted), (cut, begun)
        assert error.partial == streamed(b"".join(made[:cut])).final
        assert (error.partial.choices[0].message.content or "") == found.text


@both
def test_a_whole_stream_over_the_wire(caller: Caller) -> None:
    with serve(stream_of(*lines(FULL), headers=NDJSON)) as server:
        found = caller.chat_stream(settings(server), f"ollama/{MODEL}")
    assert found.error is None
    assert found.final.choices[0].finish_reason == "tool_calls"
    assert found.final.model_dump() == read(FULL).model_dump()
    sent = server.requests[0]
    assert (sent.path, sent.json["stream"]) == ("/api/chat", True)
    assert "authorization" not in sent.headers


def test_str_16_and_01_lines_cut_anywhere() -> None:
    data = b"".join(lines(FULL))
    expected = streamed(FULL).final.model_dump()
    for cut in range(1, len(data), 7):
        asked = stream_call("ollama", model=MODEL)
        decoder, assembler = asked.decoder(), asked.assembler()
        for piece in (data[:cut], data[cut:]):
            for chunk in decoder.feed(piece):
                assembler.add(chunk)
        assert decoder.done
        assert assembler.result().model_dump() == expected


@pytest.mark.parametrize("end", [b"\n", b""])
def test_str_16_an_error_as_the_last_line(end: bytes) -> None:
    data = b"".join(lines(answer("Hello"))[:1]) + b'{"error":"model runner has unexpectedly stopped"}' + end
    found = streamed(data)
    assert isinstance(found.failure, ServerError)
    assert "unexpectedly stopped" in str(found.failure)
    assert found.final.choices[0].message.content == "Hel"


def test_str_16_the_last_line_without_its_end() -> None:
    data = b"".join(lines(FULL)).rstrip()
    assert streamed(data).failure is None
    assert streamed(data).final == streamed(FULL).final


def test_str_02_separators_that_are_no_ends_of_lines() -> None:
    text = "a\u2028b\u2029c\u0085d"
    assert streamed(answer(text)).final.choices[0].message.content == text


def test_str_03_ends_of_lines_and_empty_ones() -> None:
    data = b"\r\n\n".join(each.strip() for each in lines(FULL))
    assert streamed(data).final.model_dump() == streamed(FULL).final.model_dump()


def test_str_07_broken_json_is_a_hole() -> None:
    made = lines(answer("Hello"))
    found = streamed(b"".join([made[0], b'{"broken\n', *made[1:]]))
    assert isinstance(found.failure, BadResponseError)
    assert "broken" in found.failure.body
    assert found.final.choices[0].message.content == "Hel"


def test_stc_12_one_head_and_the_role_once() -> None:
    made = [json.loads(each) for each in lines(FULL)]
    for number, each in enumerate(made):
        each["created_at"] = f"2026-11-20T09:00:{number:02}Z"
    chunks = streamed(b"".join(json.dumps(each).encode() + b"\n" for each in made)).chunks
    assert len({(chunk.id, chunk.model, chunk.created) for chunk in chunks}) == 1
    assert [chunk.choices[0].delta.role for chunk in chunks].count("assistant") == 1


def test_stc_13_white_space_stays() -> None:
    text = " \n a  \t\n"
    assert both_ways(answer(text)).choices[0].message.content == text


def test_stc_08_usage_apart_where_the_caller_asks_for_it() -> None:
    chunks = streamed(FULL, stream_options={"include_usage": True}).chunks
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None


def test_arguments_and_lines_beyond_the_limits() -> None:
    for limits, data in ((Limits(arguments=5), b"".join(lines(FULL))), (Limits(event=50), b"{" * 100)):
        decoder: Any = stream_call("ollama").decoder()
        decoder.limit(limits)
        decoder.feed(data)
        assert isinstance(decoder.failure, BadResponseError)


def test_generated_texts_whole_and_streamed() -> None:
    request = CompletionRequest(model=MODEL, prompt="Once")
    made = get_provider("ollama")
    head = {"model": MODEL, "created_at": TIME}
    end = {"done": True, "done_reason": "length", "prompt_eval_count": 1, "eval_count": 2, "context": [1, 2]}
    call: Any = made.complete(request)
    value = {**head, "response": "Hi you", "thinking": "Hm so", **end}
    whole_answer = call.parse(Reply(200, {}, json.dumps(value).encode()))
    stream: Any = made.complete_stream(request)
    decoder, assembler = stream.decoder(), stream.assembler()
    pieces: list[dict[str, Any]] = [
        {"response": "", "thinking": "Hm "},
        {"response": "", "thinking": "so"},
        {"response": "Hi "},
        {"response": "you"},
    ]
    values = [*({**head, **piece, "done": False} for piece in pieces), {**head, "response": "", **end}]
    for each in values:
        for chunk in decoder.feed(json.dumps(each).encode() + b"\n"):
            assembler.add(chunk)
    assert decoder.done
    assert assembler.result().model_dump() == whole_answer.model_dump()
    assert whole_answer.text == "Hi you"
    assert whole_answer.choices[0].model_dump()["reasoning_content"] == "Hm so"
    assert whole_answer.model_dump()["context"] == [1, 2]


# -- errors ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, '"x" does not support tools', InvalidRequestError),
        (401, "unauthorized", AuthenticationError),
        (404, f"model '{MODEL}' not found", ModelNotFoundError),
        (429, "too many requests", RateLimitError),
        (500, "oops", ServerError),
        (503, "server busy, please try again", OverloadedError),
    ],
)
def test_err_01_bodies(status: int, message: str, kind: type[OneLLMError]) -> None:
    error = call("ollama", model=MODEL).error(Reply(status, {}, json.dumps({"error": message}).encode()))
    assert type(error) is kind
    assert message in str(error)


def test_the_window_of_a_model_is_that_of_its_architecture() -> None:
    info = {"clip.context_length": 77, "general.architecture": "qwen3", "qwen3.context_length": 40960}
    assert ModelDetails(model_info=info).context_length == 40960
    assert ModelDetails(model_info={"x.context_length": 5}).context_length == 5
    assert ModelDetails().context_length is None


def test_a_missing_model_names_the_command_that_fetches_it() -> None:
    error = call("ollama", model=MODEL).error(Reply(404, {}, b'{"error": "model \'x\' not found"}'))
    assert f"`ollama pull {MODEL}`" in str(error)


@both
def test_a_missing_server_names_the_command_that_starts_it(caller: Caller) -> None:
    nowhere = {"ollama": {"base_url": "http://127.0.0.1:9"}}
    for ask in (caller.chat, caller.chat_stream):
        with pytest.raises(APIConnectionError, match="`ollama serve`") as caught:
            ask(nowhere, f"ollama/{MODEL}", max_retries=0)
        assert caught.value.phase == "connect"
    with OneLLM(providers={"openai": {"base_url": "http://127.0.0.1:9", "api_key": "k"}}, max_retries=0) as client:
        with pytest.raises(APIConnectionError) as other:
            client.chat.completions.create("openai/m", [{"role": "user", "content": "Hi"}])
        assert "ollama" not in str(other.value)


@both
def test_str_12_13_refusals_of_a_stream(caller: Caller) -> None:
    for status, kind in ((429, RateLimitError), (200, OneLLMError)):
        with serve(whole({"error": "no more"}, status)) as server, pytest.raises(kind, match="no more"):
            caller.chat_stream(settings(server), f"ollama/{MODEL}", max_retries=0)
