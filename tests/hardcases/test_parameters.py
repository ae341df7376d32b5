"""Hard cases, group PAR: parameters as they leave for OpenAI, Venice and the rows."""

from __future__ import annotations

from typing import Any

import pytest

from onellm import InvalidRequestError, UnsupportedParameterError
from tests.support import completion, serve, whole
from tests.wire import (
    USER,
    both,
    call,
    received,
    rows,
    sent,
    sent_parameters,
    stream_call,
    tool,
)

LENGTH = {
    "openai": "max_completion_tokens",
    "venice": "max_completion_tokens",
    "openrouter": "max_tokens",
    "llama_server": "max_tokens",
    "vllm": "max_tokens",
}
"""What each host calls the limit on the answer's length, where it takes one name for certain."""


@pytest.mark.parametrize(("name", "wire"), LENGTH.items())
@pytest.mark.parametrize("given", ["max_tokens", "max_completion_tokens"])
def test_par_01_the_length_goes_under_the_host_s_name(name: str, wire: str, given: str) -> None:
    assert sent_parameters(name, **{given: 100}) == {wire: 100}


@pytest.mark.parametrize("name", ["groq", "openai_compatible"])
@pytest.mark.parametrize("given", ["max_tokens", "max_completion_tokens"])
def test_par_01_a_host_that_takes_both_names_gets_the_one_that_was_given(name: str, given: str) -> None:
    assert sent_parameters(name, **{given: 100}) == {given: 100}


@pytest.mark.parametrize("name", LENGTH)
def test_par_01_both_names_at_once_are_refused(name: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"max_tokens.*max_completion_tokens|max_completion_tokens.*max_tok"):
        call(name, max_tokens=100, max_completion_tokens=200)


@rows
def test_par_02_par_04_nothing_is_invented(name: str) -> None:
    assert sent(name) == {"model": "m", "messages": [USER]}


@both
@pytest.mark.parametrize("name", ["openai", "venice", "groq", "openrouter"])
def test_par_02_par_04_nothing_is_invented_on_the_wire(caller: Any, name: str) -> None:
    with serve(whole(completion())) as server:
        caller.chat(server.provider(), f"{name}/m")
    assert server.requests[0].json == {"model": "m", "messages": [USER]}


ZEROS: dict[str, Any] = {"temperature": 0, "top_p": 0}
PENALTIES: dict[str, Any] = {"presence_penalty": 0, "frequency_penalty": 0}


@rows
def test_par_03_zero_is_a_value(name: str) -> None:
    zeros = ZEROS if name == "groq" else ZEROS | PENALTIES
    zeros = zeros if name == "venice" else zeros | {"seed": 0}
    assert sent_parameters(name, **zeros) == zeros


@rows
def test_par_03_false_and_empty_text_are_values(name: str) -> None:
    given: dict[str, Any] = {"parallel_tool_calls": False, "stop": "", "tools": [tool()]}
    assert sent_parameters(name, **given) == given


@rows
@pytest.mark.parametrize(
    ("given", "wire"),
    [("END", "END"), (["a", "b"], ["a", "b"]), (("a", "b"), ["a", "b"]), (["\n\n", " "], ["\n\n", " "])],
)
def test_par_07_stop_is_sent_as_it_was_given(name: str, given: Any, wire: Any) -> None:
    assert sent_parameters(name, stop=given) == {"stop": wire}


@rows
def test_par_07_no_stops_are_no_parameter(name: str) -> None:
    assert sent_parameters(name, stop=[]) == {}


@pytest.mark.parametrize("name", ["openai", "venice", "groq"])
def test_par_07_five_stops_are_refused_where_four_are_the_limit(name: str) -> None:
    assert sent_parameters(name, stop=list("abcd")) == {"stop": list("abcd")}
    with pytest.raises(InvalidRequestError) as caught:
        call(name, stop=list("abcde"))
    assert caught.value.param == "stop"


@pytest.mark.parametrize("name", ["venice", "openrouter", "llama_server", "vllm", "openai_compatible"])
def test_par_09_top_k_is_sent_where_it_is_known(name: str) -> None:
    assert sent_parameters(name, top_k=5) == {"top_k": 5}


@pytest.mark.parametrize("name", ["openai", "groq"])
def test_par_09_top_k_is_refused_or_dropped_aloud_where_it_is_not(name: str) -> None:
    with pytest.raises(UnsupportedParameterError) as caught:
        call(name, top_k=5)
    assert caught.value.param == "top_k"
    assert "top_p" not in str(caught.value)  # it is no misspelling of another parameter
    made = call(name, top_k=5, unsupported="drop")
    assert made.json == {"model": "m", "messages": [USER]}
    assert made.dropped == ("top_k",)


@both
def test_par_09_the_response_says_what_was_dropped(caller: Any) -> None:
    with serve(whole(completion())) as server:
        answer = caller.chat(server.provider(), top_k=5, min_p=0.1, unsupported="drop")
    assert answer.dropped_params == ("min_p", "top_k") or answer.dropped_params == ("top_k", "min_p")
    assert server.requests[0].json == {"model": "m", "messages": [USER]}


@rows
def test_par_10_a_seed_is_sent(name: str) -> None:
    assert sent_parameters(name, seed=7) == {"seed": 7}


def test_par_11_groq_gives_one_answer_only() -> None:
    assert sent_parameters("groq", n=1) == {"n": 1}
    with pytest.raises(InvalidRequestError) as caught:
        call("groq", n=3)
    assert caught.value.param == "n"


@pytest.mark.parametrize("name", ["openai", "venice", "openrouter", "llama_server", "vllm"])
def test_par_12_logprobs_are_asked_for_and_read(name: str) -> None:
    assert sent_parameters(name, logprobs=True, top_logprobs=2) == {"logprobs": True, "top_logprobs": 2}
    answer = completion("Hi")
    content = [{"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": None}]
    answer["choices"][0]["logprobs"] = {"content": content, "refusal": None}
    logprobs = received(name, answer).choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content is not None
    assert logprobs.content[0].top_logprobs == []
    assert (logprobs.content[0].token, logprobs.content[0].logprob) == ("Hi", -0.5)


@pytest.mark.parametrize("name", ["openai", "venice"])
def test_par_12_top_logprobs_need_logprobs(name: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        call(name, top_logprobs=2)
    assert caught.value.param == "top_logprobs"


@rows
def test_par_13_none_is_absent(name: str) -> None:
    names = ("tools", "parallel_tool_calls", "temperature", "stop", "seed", "top_k", "venice_parameters", "unheard_of")
    nothing: dict[str, Any] = dict.fromkeys(names)
    made = call(name, **nothing)
    assert made.json == {"model": "m", "messages": [USER]}
    assert made.dropped == ()


@pytest.mark.parametrize("param", ["logprobs", "logit_bias", "store", "metadata", "presence_penalty"])
def test_par_14_a_strict_host_refuses_openai_extras(param: str) -> None:
    values: dict[str, Any] = {"logit_bias": {"50256": -100}, "metadata": {"a": "b"}, "presence_penalty": 0.5}
    given = {param: values.get(param, True)}
    with pytest.raises(UnsupportedParameterError) as caught:
        call("groq", **given)
    assert caught.value.param == param
    made = call("groq", **given, unsupported="drop")
    assert (made.json, made.dropped) == ({"model": "m", "messages": [USER]}, (param,))


@rows
def test_par_14_extra_body_goes_out_word_for_word_and_wins(name: str) -> None:
    extra = {"store": True, "foo": {"bar": [1, None]}, "temperature": 0.1}
    assert sent_parameters(name, temperature=1, extra_body=extra) == extra


@rows
@pytest.mark.parametrize("field", ["model", "messages", "stream"])
def test_par_14_extra_body_cannot_replace_what_the_client_relies_on(name: str, field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        call(name, extra_body={field: True})
    assert caught.value.param == field


@rows
def test_par_15_stream_options_go_with_a_stream_only(name: str) -> None:
    made = call(name, stream_options={"include_usage": True})
    assert (made.json, made.dropped) == ({"model": "m", "messages": [USER]}, ("stream_options",))
    body = stream_call(name, stream_options={"include_usage": True}).json
    assert body == {"model": "m", "messages": [USER], "stream": True, "stream_options": {"include_usage": True}}
