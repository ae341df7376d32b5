"""Parameters, tools, thinking and formats on their way to Anthropic, by the rules of each generation of models."""

from __future__ import annotations

from typing import Any

import pytest
from onellm_providers.anthropic.rules import MODELS, rules_for, same_model

from onellm import (
    CapabilityError,
    ChatRequest,
    ConfigurationError,
    InvalidRequestError,
    UnsupportedParameterError,
    get_provider,
)
from tests.providers.anthropic.wire import OLD, USER, body, judge, parameters
from tests.support import KEY
from tests.wire import call, calling, result, stream_call, tool, tool_call

LATEST = "claude-opus-5-5"
NAMED = {"type": "function", "function": {"name": "f"}}


def dropped(**params: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The body and what was left out of it where the caller allows that."""
    made = call("anthropic", None, params.pop("model", OLD), unsupported="drop", **params)
    return made.json, made.dropped


# -- tools -------------------------------------------------------------------------------------------------------------


def test_a_function_is_a_tool() -> None:
    mark = {"type": "ephemeral"}
    assert parameters(tools=[{**tool(), "cache_control": mark, "defer_loading": True}])["tools"] == [
        {
            "name": "f",
            "description": "d",
            "input_schema": {"type": "object", "properties": {}},
            "cache_control": mark,
            "defer_loading": True,
        }
    ]


@pytest.mark.parametrize(
    ("choice", "wire"),
    [("auto", {"type": "auto"}), ("none", {"type": "none"}), ("required", {"type": "any"}),
     (NAMED, {"type": "tool", "name": "f"}), ({"type": "auto"}, {"type": "auto"}), ({"type": "any"}, {"type": "any"})],
    ids=str,
)  # fmt: skip
def test_tool_18_19_20_tool_choice(choice: Any, wire: dict[str, Any]) -> None:
    assert parameters(tools=[tool()], tool_choice=choice)["tool_choice"] == wire


@pytest.mark.parametrize(
    "choice", [{}, {"type": "function"}, {"type": "tool"}, "always", {"type": "function", "function": {}}]
)
def test_tool_20_a_malformed_choice_is_told(choice: Any) -> None:
    with pytest.raises(InvalidRequestError, match="tool_choice"):
        body(tools=[tool()], tool_choice=choice)


def test_tool_22_one_call_at_a_time() -> None:
    one = {"disable_parallel_tool_use": True}
    assert parameters(tools=[tool()], parallel_tool_calls=False)["tool_choice"] == {"type": "auto", **one}
    assert parameters(tools=[tool()], parallel_tool_calls=False, tool_choice="required")["tool_choice"] == {
        "type": "any",
        **one,
    }
    assert parameters(tools=[tool()], parallel_tool_calls=False, tool_choice="none")["tool_choice"] == {"type": "none"}
    assert "tool_choice" not in parameters(tools=[tool()], parallel_tool_calls=True)
    assert dropped(parallel_tool_calls=True) == (body(), ("parallel_tool_calls",))


def test_a_choice_without_tools_is_told() -> None:
    with pytest.raises(InvalidRequestError, match="no tools"):
        body(tool_choice="required")
    with pytest.raises(InvalidRequestError, match="no tools"):
        body(tool_choice=NAMED)
    for choice in ("auto", {"type": "none"}):
        assert dropped(tool_choice=choice) == (body(), ("tool_choice",))


@pytest.mark.parametrize("given", [None, {}, {"properties": None}])
def test_tool_27_a_tool_without_parameters(given: Any) -> None:
    made = {"type": "function", "function": {"name": "f", "parameters": given}}
    schema = call("anthropic", None, OLD, tools=[made]).json["tools"][0]["input_schema"]
    assert schema["type"] == "object"
    if not given:
        assert schema == {"type": "object", "properties": {}}


def test_tool_28_the_type_of_a_tool_is_not_that_of_its_schema() -> None:
    """A tool in the service's own form keeps both; one of OpenAI's form gets its schema's type alone."""
    own = {"type": "custom", "name": "g", "input_schema": {"type": "object", "properties": {}}}
    made = parameters(tools=[own, tool("f")])["tools"]
    assert made[0] == own
    assert made[1]["input_schema"]["type"] == "object"
    assert made[1].get("type", "custom") == "custom"


def test_tools_of_the_service_s_own_go_as_they_are() -> None:
    search = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
    own = {"name": "g", "input_schema": {"type": "object", "properties": {"type": {"type": "string"}}}}
    assert parameters(tools=[search, own, tool()])["tools"][:2] == [search, own]


def test_two_tools_of_one_name_are_told() -> None:
    with pytest.raises(InvalidRequestError, match="another tool"):
        body(tools=[tool(), tool()])


def test_tool_39_strict_tools_have_closed_schemas() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    (made,) = parameters(tools=[tool(strict=True, parameters=schema)])["tools"]
    assert (made["strict"], made["input_schema"]) == (True, {**schema, "additionalProperties": False})
    (loose,) = parameters(tools=[tool(strict=False, parameters=schema)])["tools"]
    assert ("strict" in loose, loose["input_schema"]) == (False, schema)


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-sonnet-5-5", "claude-fable-5-1", "claude-mythos-5-1"])
@pytest.mark.parametrize("choice", ["required", NAMED], ids=["required", "named"])
def test_rsn_05_models_that_cannot_be_forced(model: str, choice: Any) -> None:
    with pytest.raises(CapabilityError, match="forced") as caught:
        body(model=model, tools=[tool()], tool_choice=choice)
    assert caught.value.capability == "tool_choice_required"
    assert get_provider("anthropic").info(model).supports("tool_choice_required") is False
    assert parameters(model=model, tools=[tool()], tool_choice="auto")["tool_choice"] == {"type": "auto"}


def test_rsn_05_no_forced_tool_beside_a_budget() -> None:
    with pytest.raises(InvalidRequestError, match="forced tool_choice"):
        body(tools=[tool()], tool_choice="required", reasoning_effort="low")
    made = parameters(model="claude-opus-4-6", tools=[tool()], tool_choice="required", reasoning_effort="low")
    assert made["tool_choice"] == {"type": "any"}


# -- thinking ----------------------------------------------------------------------------------------------------------

ADAPTIVE = {"type": "adaptive"}


@pytest.mark.parametrize(
    ("effort", "budget"),
    [("minimal", 1024), ("low", 1024), ("medium", 4096), ("high", 16384), ("xhigh", 24576), ("max", 28672)],
)
@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "claude-opus-4-5-20251101", "claude-3-7-sonnet-20250219"])
def test_rsn_01_older_models_get_a_budget(model: str, effort: str, budget: int) -> None:
    made = body(model=model, reasoning_effort=effort)
    assert made["thinking"] == {"type": "enabled", "budget_tokens": budget}
    assert made["max_tokens"] == 64_000
    assert "output_config" not in made


@pytest.mark.parametrize(
    "model",
    ["claude-opus-4-6", "claude-opus-4-7", "claude-sonnet-5", "claude-haiku-5-5", "claude-opus-5-5", "claude-new"],
)
@pytest.mark.parametrize("effort", ["minimal", "low", "medium", "high", "max"])
def test_rsn_01_newer_models_get_an_effort(model: str, effort: str) -> None:
    assert parameters(model=model, reasoning_effort=effort) == {
        "thinking": ADAPTIVE,
        "output_config": {"effort": "low" if effort == "minimal" else effort},
    }


def test_rsn_01_an_effort_that_the_model_lacks_is_told() -> None:
    assert parameters(model="claude-opus-4-7", reasoning_effort="xhigh")["output_config"] == {"effort": "xhigh"}
    with pytest.raises(UnsupportedParameterError, match="xhigh"):
        body(model="claude-opus-4-6", reasoning_effort="xhigh")
    assert dropped(model="claude-opus-4-6", reasoning_effort="xhigh")[1] == ("reasoning_effort",)
    with pytest.raises(UnsupportedParameterError, match="does not think"):
        body(model="claude-3-5-sonnet-20241022", reasoning_effort="low")
    with pytest.raises(InvalidRequestError, match="one of none"):
        body(reasoning_effort="huge")


@pytest.mark.parametrize(
    ("model", "thinking"),
    [("claude-sonnet-4-5", {"type": "disabled"}), ("claude-opus-4-7", {"type": "disabled"}),
     ("claude-sonnet-5", {"type": "disabled"}), ("claude-sonnet-5-5", {"type": "between_tools"}),
     ("claude-3-5-haiku-20241022", None)],
)  # fmt: skip
def test_rsn_01_no_thinking(model: str, thinking: Any) -> None:
    assert parameters(model=model, reasoning_effort="none") == ({"thinking": thinking} if thinking else {})


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-fable-5", "claude-fable-5-1", "claude-fable-5-2"])
def test_rsn_01_models_that_always_think_say_so(model: str) -> None:
    with pytest.raises(UnsupportedParameterError, match="always thinks"):
        body(model=model, reasoning_effort="none")
    with pytest.raises(UnsupportedParameterError, match="disabled"):
        body(model=model, thinking={"type": "disabled"})


def test_rsn_02_a_limit_of_the_caller_is_never_changed() -> None:
    assert body(reasoning_effort="high", max_tokens=20_000)["max_tokens"] == 20_000
    for limit in (4096, 16384):
        with pytest.raises(InvalidRequestError, match="must be more") as caught:
            body(reasoning_effort="high", max_completion_tokens=limit)
        assert caught.value.param == "max_completion_tokens"


def test_rsn_03_a_budget_is_1024_or_more() -> None:
    assert body(reasoning_effort="minimal", max_tokens=1500)["thinking"]["budget_tokens"] == 1024
    for budget in (1023, None, "many"):
        with pytest.raises(InvalidRequestError, match="1024"):
            body(thinking={"type": "enabled", "budget_tokens": budget})


def test_the_service_s_own_thinking() -> None:
    own = {"type": "adaptive", "display": "summarized"}
    assert parameters(model=LATEST, thinking=own) == {"thinking": own}
    assert parameters(model=LATEST, thinking=own, reasoning_effort="low") == {
        "thinking": own,
        "output_config": {"effort": "low"},
    }
    with pytest.raises(UnsupportedParameterError, match="enabled"):
        body(model="claude-opus-4-7", thinking={"type": "enabled", "budget_tokens": 2000})
    with pytest.raises(InvalidRequestError, match="needs a type"):
        body(thinking={"budget_tokens": 2000})


def test_rsn_07_thinking_that_the_caller_lost() -> None:
    messages = [USER, calling(tool_call("t")), result("t")]
    params: dict[str, Any] = {"tools": [tool()], "reasoning_effort": "low"}
    with pytest.raises(UnsupportedParameterError, match=r"messages\[1\] called tools") as caught:
        body(*messages, **params)
    assert caught.value.param == "reasoning_effort"
    made = call("anthropic", messages, OLD, unsupported="drop", **params)
    assert (made.json["thinking"], made.dropped) == ({"type": "disabled"}, ("reasoning_effort",))
    assert body(*messages, model="claude-opus-4-6", **params)["thinking"] == ADAPTIVE
    over = [*messages, {"role": "assistant", "content": "x"}, USER]
    assert body(*over, **params)["thinking"]["type"] == "enabled"


def test_a_prefill_goes_neither_with_thinking_nor_with_a_format() -> None:
    begun = [USER, {"role": "assistant", "content": "{"}]
    with pytest.raises(InvalidRequestError, match="thinking"):
        body(*begun, reasoning_effort="low")
    with pytest.raises(InvalidRequestError, match="response_format"):
        body(*begun, response_format=wanted({"type": "object"}))


# -- sampling ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["temperature", "top_p", "top_k"])
@pytest.mark.parametrize("model", ["claude-opus-4-7", "claude-sonnet-5", LATEST, "claude-mythos-5-2"])
def test_rsn_04_newer_models_take_no_sampling(model: str, name: str) -> None:
    with pytest.raises(UnsupportedParameterError, match=name):
        body(model=model, **{name: 1})
    made, left_out = dropped(model=model, **{name: 1})
    assert (name in made, left_out) == (False, (name,))


@pytest.mark.parametrize("params", [{"temperature": 0.2}, {"top_p": 0.5}, {"top_k": 5}], ids=str)
def test_rsn_04_sampling_while_thinking(params: dict[str, Any]) -> None:
    assert params.items() <= parameters(**params).items()
    with pytest.raises(UnsupportedParameterError, match="while it thinks"):
        body(reasoning_effort="low", **params)


def test_rsn_04_what_goes_with_thinking() -> None:
    assert parameters(reasoning_effort="low", top_p=0.97)["top_p"] == 0.97
    assert parameters(reasoning_effort="low", temperature=1)["temperature"] == 1


@pytest.mark.parametrize(
    ("model", "kind"),
    [("claude-opus-5", "disabled"), ("claude-haiku-5-5", "disabled"), ("claude-sonnet-5-5", "between_tools")],
)
def test_rsn_01_high_efforts_are_for_thinking(model: str, kind: str) -> None:
    """However the effort is given; without a row that says so, nothing is refused."""
    off = {"thinking": {"type": kind}}
    assert parameters(model, **off, reasoning_effort="high") == {**off, "output_config": {"effort": "high"}}
    for effort in ({"reasoning_effort": "xhigh"}, {"output_config": {"effort": "max"}}):
        with pytest.raises(InvalidRequestError, match="the efforts low, medium, high, not"):
            body(model=model, **off, **effort)
    given = {"thinking": {"type": "disabled"}, "output_config": {"effort": "max"}}
    assert parameters("claude-sonnet-5", **given) == given


def test_par_09_top_k_has_its_own_name() -> None:
    assert parameters(top_k=5) == {"top_k": 5}


def test_par_03_zero_is_a_value() -> None:
    assert parameters(temperature=0, top_k=0) == {"temperature": 0, "top_k": 0}
    assert body(max_tokens=0)["max_tokens"] == 0


def test_par_05_temperature_or_top_p() -> None:
    with pytest.raises(UnsupportedParameterError, match="not both"):
        body(temperature=0.5, top_p=0.5)
    assert dropped(temperature=0.5, top_p=0.5)[1] == ("top_p",)
    both = {"temperature": 0.5, "top_p": 0.5}
    assert parameters(model="claude-3-5-sonnet-20241022", **both) == both


@pytest.mark.parametrize("params", [{"temperature": 1.7}, {"temperature": -0.1}, {"top_p": 1.1}], ids=str)
def test_par_06_ranges(params: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match="between 0 and 1"):
        body(**params)


def test_the_later_api_version_takes_no_sampling() -> None:
    later = {"version": "2026-10-21", "api_key": KEY}
    provider = get_provider("anthropic", **later)
    request = _request(temperature=1)
    with pytest.raises(UnsupportedParameterError, match="version"):
        provider.chat(request)
    made: Any = provider.chat(_request())
    assert made.headers == {"anthropic-version": "2026-10-21"}
    with pytest.raises(ConfigurationError, match="version"):
        get_provider("anthropic", version="2020", api_key=KEY).chat(_request())
    with pytest.raises(UnsupportedParameterError, match="version"):
        call("anthropic", None, OLD, temperature=1, extra_headers={"Anthropic-Version": "2026-10-21"})


def _request(**params: Any) -> Any:
    return ChatRequest(model=OLD, messages=[USER], **params)


# -- the rest ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "limit"),
    [(OLD, 64_000), ("claude-3-haiku-20240307", 4096), ("claude-opus-4-1", 32_000), ("claude-opus-5-5", 128_000),
     ("claude-sonnet-5", 128_000), ("some-model", 4096)],
)  # fmt: skip
def test_par_02_the_model_s_own_limit_where_none_is_given(model: str, limit: int) -> None:
    assert body(model=model)["max_tokens"] == limit


def test_max_tokens_under_both_names() -> None:
    assert body(max_tokens=7) == body(max_completion_tokens=7)
    with pytest.raises(InvalidRequestError, match="mean the same"):
        body(max_tokens=7, max_completion_tokens=7)
    with pytest.raises(InvalidRequestError, match="0 or more"):
        body(max_tokens=-1)


def test_par_04_nothing_is_invented() -> None:
    assert body().keys() == {"model", "max_tokens", "messages"}


def test_par_07_stop() -> None:
    assert parameters(stop="END") == parameters(stop=["END"]) == {"stop_sequences": ["END"]}
    assert parameters(stop=[]) == {}
    for stop in ("\n\n", ["x", " "], ""):
        with pytest.raises(InvalidRequestError, match="white space"):
            body(stop=stop)


@pytest.mark.parametrize(
    "params",
    [{"seed": 7}, {"n": 3}, {"frequency_penalty": 1.0}, {"presence_penalty": 0.0}, {"logit_bias": {"1": 1}},
     {"logprobs": True}, {"verbosity": "low"}, {"store": True}, {"prediction": {}}, {"min_p": 0.1},
     {"web_search_options": {}}, {"modalities": ["audio"]}, {"prompt_cache_key": "k"},
     {"reasoning": {"effort": "low"}}],
    ids=str,
)  # fmt: skip
def test_par_10_11_what_is_not_taken(params: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParameterError) as caught:
        body(**params)
    assert caught.value.param in params
    assert dropped(**params) == (body(), tuple(params))


def test_values_that_ask_for_nothing_are_taken() -> None:
    assert body(n=1, modalities=["text"], store=False, logprobs=False) == body()
    assert body(response_format={"type": "text"}) == body()


def test_par_17_user() -> None:
    assert parameters(user="u1") == {"metadata": {"user_id": "u1"}}
    assert parameters(metadata={"user_id": "u2"}) == {"metadata": {"user_id": "u2"}}
    with pytest.raises(UnsupportedParameterError, match="team"):
        body(metadata={"team": "x"})
    assert dropped(user="u1", metadata={"team": "x"})[0]["metadata"] == {"user_id": "u1"}


def test_service_tiers() -> None:
    assert parameters(service_tier="default") == {"service_tier": "standard_only"}
    assert parameters(service_tier="auto") == {"service_tier": "auto"}
    with pytest.raises(UnsupportedParameterError, match="flex"):
        body(service_tier="flex")


def test_stream_options() -> None:
    made = stream_call("anthropic", None, OLD, stream_options={"include_usage": True})
    assert (made.json, made.dropped) == ({**body(), "stream": True}, ())
    assert dropped(stream_options={"include_usage": True}) == (body(), ("stream_options",))
    with pytest.raises(UnsupportedParameterError, match="include_obfuscation"):
        stream_call("anthropic", None, OLD, stream_options={"include_obfuscation": True})


def test_the_service_s_own_parameters() -> None:
    own = {"cache_control": {"type": "ephemeral"}, "container": "c1", "inference_geo": "us", "speed": "fast"}
    made = call("anthropic", None, OLD, betas=["x-1", "x-2"], extra_headers={"anthropic-beta": "x-2, x-3"}, **own)
    assert own.items() <= made.json.items()
    assert made.headers["anthropic-beta"] == "x-2,x-3,x-1,fast-mode-2026-02-01"
    assert "betas" not in made.json


def test_parameters_of_beta_features() -> None:
    own = {
        "billing_policy": {"type": "billing_policy", "bill_to": "self"},
        "compaction": {"type": "summarize"},
        "fallback_credit_token": "t",
    }
    made = call("anthropic", None, OLD, betas=["x"], **own)
    assert own.items() <= made.json.items()
    judge(made.json, beta=True)


def test_betas_of_the_settings() -> None:
    made: Any = get_provider("anthropic", api_key=KEY, betas=["a"], headers={"anthropic-beta": "b"}).chat(_request())
    assert made.headers == {"anthropic-version": "2023-06-01", "anthropic-beta": "a,b"}


@pytest.mark.parametrize("betas", [["a", "b"], ("a", "b"), "a,b", "a, b"], ids=str)
def test_betas_however_they_are_given(betas: Any) -> None:
    assert call("anthropic", None, OLD, betas=betas).headers["anthropic-beta"] == "a,b"
    made: Any = get_provider("anthropic", api_key=KEY, betas=betas).chat(_request())
    assert made.headers["anthropic-beta"] == "a,b"


@pytest.mark.parametrize("betas", [7, {"a": True}, b"a"], ids=str)
def test_betas_that_are_no_names_are_refused(betas: Any) -> None:
    with pytest.raises(InvalidRequestError, match="list of names"):
        call("anthropic", None, OLD, betas=betas)


def test_extra_body_goes_in_last() -> None:
    made = call("anthropic", None, LATEST, extra_body={"temperature": 1, "max_tokens": 5}).json
    assert (made["temperature"], made["max_tokens"]) == (1, 5)
    with pytest.raises(InvalidRequestError, match="extra_body"):
        body(extra_body={"messages": []})


# -- formats -----------------------------------------------------------------------------------------------------------


def wanted(schema: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}


def test_a_schema_is_the_format_and_its_objects_are_closed() -> None:
    either: list[Any] = [{"type": "string", "format": "date"}, {"const": 1}]
    item = {"type": "object", "properties": {"a": {"oneOf": either}}}
    schema = {"type": "object", "properties": {"i": {"type": "array", "items": item, "minItems": 1}}, "required": ["i"]}
    made = parameters(response_format=wanted(schema))["output_config"]["format"]
    closed = {"type": "object", "properties": {"a": {"anyOf": either}}}
    assert made == {
        "type": "json_schema",
        "schema": {
            **schema,
            "properties": {"i": {"type": "array", "items": {**closed, "additionalProperties": False}, "minItems": 1}},
            "additionalProperties": False,
        },
    }


@pytest.mark.parametrize(
    "rule",
    [{"minLength": 2}, {"maximum": 3}, {"minItems": 2}, {"pattern": "(?=a)"}, {"format": "phone"}, {"not": {}}],
    ids=str,
)
def test_sch_14_what_a_schema_may_not_say(rule: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {"a": rule}, "additionalProperties": False}
    (name,) = rule
    with pytest.raises(UnsupportedParameterError, match=name) as caught:
        body(response_format=wanted(schema))
    assert caught.value.param == f"response_format.a.{name}"
    made, left_out = dropped(response_format=wanted(schema))
    assert made["output_config"]["format"]["schema"] == {**schema, "properties": {"a": {}}}
    assert left_out == (f"response_format.a.{name}",)


def test_sch_14_open_objects_and_recursion() -> None:
    with pytest.raises(UnsupportedParameterError, match="all listed"):
        body(response_format=wanted({"type": "object", "additionalProperties": {"type": "string"}}))
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}
    with pytest.raises(InvalidRequestError, match="itself"):
        body(response_format=wanted({"$defs": {"node": node}, "$ref": "#/$defs/node"}))
    with pytest.raises(InvalidRequestError, match="not in it"):
        body(response_format=wanted({"$ref": "https://h.example/s"}))
    twice = {"$defs": {"a": {"type": "string"}}, "anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}
    assert parameters(response_format=wanted(twice))["output_config"]["format"]["schema"] == twice


def test_out_01_models_without_formats_say_so() -> None:
    with pytest.raises(CapabilityError, match="structured='tool'") as caught:
        body(model="claude-3-5-sonnet-20241022", response_format=wanted({"type": "object"}))
    assert caught.value.capability == "json_schema"


def test_out_03_a_format_beside_tools() -> None:
    made = parameters(response_format=wanted({"type": "object"}), tools=[tool()])
    assert made["output_config"]["format"]["type"] == "json_schema"
    assert "tool_choice" not in made


def test_there_is_no_json_mode() -> None:
    with pytest.raises(UnsupportedParameterError, match="no JSON mode"):
        body(response_format={"type": "json_object"})
    assert get_provider("anthropic").info(OLD).supports("json_mode") is False
    for malformed in ({"type": "yaml"}, {"type": "json_schema"}):
        with pytest.raises(InvalidRequestError, match="response_format"):
            body(response_format=malformed)


# -- names of models ---------------------------------------------------------------------------------------------------


def test_every_row_is_found_by_its_name() -> None:
    for (family, major, minor), rules in MODELS.items():
        if major > 3:
            name = f"claude-{family}-{major}-{minor}" if minor else f"claude-{family}-{major}"
        else:
            name = f"claude-{major}-{minor}-{family}" if minor else f"claude-{major}-{family}"
        for written in (name, f"{name}-20260101", f"anthropic.{name}-20260101-v1:0", f"{name}@20260101"):
            assert rules_for(written) is rules, written


def test_models_of_which_nothing_is_known_take_everything() -> None:
    for name in ("claude-opus-9", "claude-sonnet-4-9", "llama", ""):
        assert rules_for(name).features == {}
        assert rules_for(name).sampling


def test_names_of_one_model() -> None:
    assert same_model("claude-sonnet-4-5", "claude-sonnet-4-5-20250929")
    assert same_model("claude-sonnet-4-0", "claude-sonnet-4-20250514")
    assert not same_model("claude-opus-5-5", "claude-opus-5")
