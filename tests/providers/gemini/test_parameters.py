"""Parameters, tools, formats and thinking as Gemini takes them."""

from __future__ import annotations

from typing import Any, cast

import pytest

from onellm import CapabilityError, InvalidRequestError, UnsupportedParameterError, get_provider
from tests.providers.gemini.wire import BUDGET, NEW, OLD, USER, body, config
from tests.support import KEY
from tests.wire import call, tool

SEARCH: dict[str, Any] = {"googleSearch": {}}
SCHEMA = {
    "type": "object",
    "properties": {"why": {"type": "string"}, "answer": {"$ref": "#/$defs/A"}},
    "required": ["why", "answer"],
    "additionalProperties": False,
    "$defs": {"A": {"type": "integer"}},
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}


def mode(**params: Any) -> Any:
    return body(**params).get("toolConfig", {}).get("functionCallingConfig")


def test_par_02_par_04_par_13_nothing_is_invented() -> None:
    assert body() == {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    nothing: dict[str, Any] = dict.fromkeys(
        ("tools", "parallel_tool_calls", "temperature", "top_k", "response_format", "max_tokens")
    )
    assert body(**nothing) == body()


def test_par_03_zero_is_sent() -> None:
    zero = dict.fromkeys(("temperature", "top_p", "seed", "presence_penalty"), 0)
    assert config(model=BUDGET, **zero) == {"temperature": 0, "topP": 0, "seed": 0, "presencePenalty": 0}


def test_par_07_stop_is_a_list() -> None:
    assert config(stop="END") == {"stopSequences": ["END"]}
    assert config(stop=["a", "b"]) == {"stopSequences": ["a", "b"]}
    with pytest.raises(InvalidRequestError, match="takes 5"):
        config(stop=list("abcdef"))


def test_par_09_par_10_top_k_seed_and_limits() -> None:
    found = config(top_k=5, seed=7, max_completion_tokens=9, n=2)
    assert found == {"topK": 5, "seed": 7, "maxOutputTokens": 9, "candidateCount": 2}


def test_par_12_log_probabilities_are_asked_for() -> None:
    assert config(logprobs=True, top_logprobs=2) == {"responseLogprobs": True, "logprobs": 2}
    assert config(logprobs=True) == {"responseLogprobs": True}
    with pytest.raises(InvalidRequestError, match="needs logprobs"):
        config(top_logprobs=2)


@pytest.mark.parametrize(
    ("model", "param"),
    [("gemini-3.6-flash", "temperature"), ("gemini-3.5-flash-lite", "top_k"), ("gemini-3.8-flash", "top_p"),
     (NEW, "presence_penalty"), (NEW, "frequency_penalty")],
)  # fmt: skip
def test_what_a_model_ignores_is_refused(model: str, param: str) -> None:
    with pytest.raises(UnsupportedParameterError, match=param):
        body(model=model, **cast("Any", {param: 1}))
    assert call("gemini", model=model, unsupported="drop", **{param: 1}).dropped == (param,)


def test_google_s_own_parameters() -> None:
    safety = [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]
    made = body(
        safety_settings=safety, service_tier="flex", generation_config={"mediaResolution": "MEDIA_RESOLUTION_LOW"}
    )
    assert made["safetySettings"] == safety
    assert made["serviceTier"] == "flex"
    assert made["generationConfig"] == {"mediaResolution": "MEDIA_RESOLUTION_LOW"}
    flex = call("vertex", [USER], NEW, service_tier="flex")
    assert "serviceTier" not in flex.json
    assert flex.headers["X-Vertex-AI-LLM-Shared-Request-Type"] == "flex"


def test_cache_07_a_cached_content_holds_the_system_prompt_and_the_tools() -> None:
    assert body(cached_content="cachedContents/1")["cachedContent"] == "cachedContents/1"
    for messages, params in (([{"role": "system", "content": "S"}, USER], {}), ([USER], {"tools": [tool()]})):
        with pytest.raises(InvalidRequestError, match="leave them out"):
            body(*messages, cached_content="cachedContents/1", **cast("Any", params))


def test_images_and_speech_are_asked_for() -> None:
    made = config(model="gemini-3.1-flash-image", modalities=["text", "image"], image_config={"aspectRatio": "1:1"})
    assert made == {"responseModalities": ["TEXT", "IMAGE"], "imageConfig": {"aspectRatio": "1:1"}}
    spoken = config(model="gemini-3.8-flash-tts", audio={"voice": "Kore", "format": "pcm16"})
    assert spoken["responseModalities"] == ["AUDIO"]
    assert spoken["speechConfig"] == {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}}
    with pytest.raises(InvalidRequestError, match="smell"):
        body(modalities=["smell"])


# -- tools -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("auto", {"mode": "AUTO"}), ({"type": "auto"}, {"mode": "AUTO"}), (None, None),
     pytest.param("none", {"mode": "NONE"}, id="TOOL-18"), pytest.param("required", {"mode": "ANY"}, id="TOOL-19"),
     pytest.param({"type": "function", "function": {"name": "f"}}, {"mode": "ANY", "allowedFunctionNames": ["f"]},
                  id="TOOL-20")],
)  # fmt: skip
def test_tool_choice(choice: Any, expected: Any) -> None:
    assert mode(tools=[tool()], tool_choice=choice) == expected


@pytest.mark.parametrize(
    "choice", [{"type": "function"}, {"type": "function", "function": {"name": "ghost"}}, "sometimes", {"x": 1}]
)
def test_tool_20_a_choice_that_cannot_be_read_is_told(choice: Any) -> None:
    with pytest.raises(InvalidRequestError):
        body(tools=[tool()], tool_choice=choice)


def test_tool_21_no_mode_without_functions() -> None:
    owns: list[Any] = [SEARCH, {"type": "google_search"}, {"google_search": {}}, {"type": "googleSearch"}]
    for own in owns:
        assert body(tools=[own], tool_choice="auto")["tools"] == [SEARCH]
        assert "toolConfig" not in body(tools=[own], tool_choice="auto")
    with pytest.raises(UnsupportedParameterError, match="tool_choice"):
        body(tools=[SEARCH], tool_choice="required")


@pytest.mark.parametrize("parameters", [None, {}, {"type": "object", "properties": {}}])
@pytest.mark.parametrize("model", [OLD, NEW])
def test_tool_27_a_tool_without_parameters(parameters: Any, model: str) -> None:
    made = body(model=model, tools=[tool(parameters=parameters)])
    assert made["tools"] == [{"functionDeclarations": [{"name": "f", "description": "d"}]}]


def test_tool_36_search_beside_functions() -> None:
    made = body(tools=[SEARCH, tool()])
    assert [next(iter(each)) for each in made["tools"]] == ["functionDeclarations", "googleSearch"]
    assert made["toolConfig"] == {"includeServerSideToolInvocations": True}
    assert "toolConfig" not in body(tools=[SEARCH, tool()], name="vertex")
    with pytest.raises(InvalidRequestError, match="not both"):
        body(model=BUDGET, tools=[SEARCH, tool()])


def test_tool_39_strict_is_a_mode_and_no_key() -> None:
    made = body(tools=[tool(strict=True)])
    assert made["toolConfig"] == {"functionCallingConfig": {"mode": "VALIDATED"}}
    assert "strict" not in made["tools"][0]["functionDeclarations"][0]
    assert call("gemini", model="gemini-2.0-flash", tools=[tool(strict=True)]).dropped == ("tools.function.strict",)


def test_what_steers_tools_without_tools() -> None:
    assert call("gemini", tool_choice="auto").dropped == ("tool_choice",)
    with pytest.raises(UnsupportedParameterError, match="one call at a time"):
        body(tools=[tool()], parallel_tool_calls=False)
    body(tools=[tool()], parallel_tool_calls=True)
    with pytest.raises(CapabilityError, match="no tools"):
        body(model="gemini-3.1-flash-image", tools=[tool()])


# -- formats -----------------------------------------------------------------------------------------------------------


def test_out_06_sch_16_sch_06_a_schema_goes_whole() -> None:
    for name in ("gemini", "vertex"):
        found = config(name=name, response_format=FORMAT)
        assert found == {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}
    assert config(response_format={"type": "json_object"}) == {"responseMimeType": "application/json"}
    assert config(response_format={"type": "text"}) == {}


def test_sch_17_the_order_of_properties_is_told_to_2_0() -> None:
    schema = config(model="gemini-2.0-flash", response_format=FORMAT)["responseJsonSchema"]
    assert schema["propertyOrdering"] == ["why", "answer"]
    own = {**SCHEMA, "propertyOrdering": ["answer", "why"]}
    asked = {"type": "json_schema", "json_schema": {"name": "a", "schema": own}}
    assert config(model="gemini-2.0-flash", response_format=asked)["responseJsonSchema"]["propertyOrdering"] == [
        "answer", "why",
    ]  # fmt: skip
    old = config(model=OLD, response_format=FORMAT)
    assert old["responseSchema"]["propertyOrdering"] == ["why", "answer"]


def test_out_03_a_format_beside_tools() -> None:
    made = body(tools=[tool()], response_format=FORMAT)
    assert "toolConfig" not in made
    assert made["generationConfig"]["responseJsonSchema"] == SCHEMA
    with pytest.raises(InvalidRequestError, match="beside tools"):
        body(model=BUDGET, tools=[tool()], response_format=FORMAT)


@pytest.mark.parametrize(
    "asked", [{"type": "yaml"}, {"type": "json_schema"}, {"type": "json_schema", "json_schema": {}}]
)
def test_a_format_that_is_none_is_told(asked: Any) -> None:
    with pytest.raises(InvalidRequestError, match="response_format"):
        body(response_format=asked)


# -- thinking ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "effort", "expected"),
    [(BUDGET, "none", {"thinkingBudget": 0}), (BUDGET, "low", {"thinkingBudget": 1024, "includeThoughts": True}),
     ("gemini-2.5-pro", "high", {"thinkingBudget": 24576, "includeThoughts": True}),
     (NEW, "none", {"thinkingLevel": "MINIMAL"}),
     (NEW, "minimal", {"thinkingLevel": "MINIMAL", "includeThoughts": True}),
     (NEW, "max", {"thinkingLevel": "HIGH", "includeThoughts": True}),
     ("gemini-3.1-pro-preview", "minimal", {"thinkingLevel": "LOW", "includeThoughts": True}),
     ("gemini-3.7-flash", "minimal", {"thinkingLevel": "LOW", "includeThoughts": True})],
)  # fmt: skip
def test_rsn_12_an_effort_is_a_budget_or_a_level(model: str, effort: str, expected: Any) -> None:
    assert config(model=model, reasoning_effort=effort) == {"thinkingConfig": expected}


@pytest.mark.parametrize("model", ["gemini-2.5-pro", "gemini-3-pro-preview", "gemini-3.7-flash"])
def test_rsn_12_a_model_that_always_thinks_says_so(model: str) -> None:
    with pytest.raises(UnsupportedParameterError, match="always thinks"):
        body(model=model, reasoning_effort="none")


def test_rsn_12_never_a_budget_and_a_level() -> None:
    for own in ({"thinkingBudget": 1, "thinkingLevel": "LOW"},):
        with pytest.raises(InvalidRequestError, match="one of"):
            body(thinking_config=own)
    with pytest.raises(InvalidRequestError, match="one of"):
        body(thinking_config={"thinkingBudget": 1}, reasoning_effort="low")
    with pytest.raises(InvalidRequestError, match="reasoning_effort must"):
        body(reasoning_effort="lots")
    with pytest.raises(UnsupportedParameterError, match="does not think"):
        body(model="gemini-2.0-flash", reasoning_effort="low")


# -- what is known, URLs -----------------------------------------------------------------------------------------------


def test_url_05_names_of_models() -> None:
    base = "https://generativelanguage.googleapis.com/v1beta"
    for name in ("gemini-2.5-pro", "models/gemini-2.5-pro"):
        assert call("gemini", model=name).url == f"{base}/models/gemini-2.5-pro:generateContent"
    assert call("gemini", model="tunedModels/x").url == f"{base}/tunedModels/x:generateContent"


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [("https://h.example", "https://h.example/v1beta"), ("https://h.example/", "https://h.example/v1beta"),
     ("https://h.example/v1", "https://h.example/v1"), ("https://h.example/g/v1beta/", "https://h.example/g/v1beta")],
)  # fmt: skip
def test_url_03_base_urls(base_url: str, expected: str) -> None:
    assert get_provider("gemini", api_key=KEY, base_url=base_url).settings.base_url == expected


def test_auth_06_a_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "google-key-of-environment")
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    key = get_provider("gemini").settings.api_key
    assert key is not None
    assert key.reveal() == "google-key-of-environment"
    monkeypatch.setenv("GEMINI_API_KEY", "gemini-key-of-environment")
    key = get_provider("gemini", api_key=KEY).settings.api_key
    assert key is not None
    assert key.reveal() == KEY


def test_what_models_are_known_to_do() -> None:
    known = get_provider("gemini", api_key=KEY).get_model_capabilities
    assert known("gemini-3.1-flash-image")["tools"] is False
    assert known("gemini-3.1-flash-image")["image_output"] is True
    assert known(NEW)["reasoning"] is True
    assert known("gemini-2.0-flash")["reasoning"] is False
    assert known("gemini-9-ultra-new")["tools"] is not False


def test_a_generation_config_and_a_parameter_never_replace_each_other() -> None:
    same = config(max_tokens=5, generation_config={"topP": 1, "maxOutputTokens": 5})
    assert same == {"topP": 1, "maxOutputTokens": 5}
    for own in ({"maxOutputTokens": 7}, {"max_output_tokens": 7}):
        with pytest.raises(InvalidRequestError, match="different things"):
            config(max_tokens=5, generation_config=own)
    with pytest.raises(InvalidRequestError, match="thinkingConfig"):
        config(reasoning_effort="low", generation_config={"thinkingConfig": {"thinkingBudget": 0}})
    spoken = config(model="gemini-3.8-flash-tts", generation_config={"responseModalities": ["TEXT"]})
    assert spoken == {"responseModalities": ["TEXT"]}


def test_a_voice_is_given_once() -> None:
    with pytest.raises(InvalidRequestError, match="speech_config"):
        config(model="gemini-3.8-flash-tts", audio={"voice": "Kore"}, speech_config={"languageCode": "de-DE"})


def test_model_armor_is_vertex_s() -> None:
    armor = {"promptTemplateName": "t"}
    assert body(name="vertex", model_armor_config=armor)["modelArmorConfig"] == armor
    with pytest.raises(UnsupportedParameterError, match="model_armor_config"):
        body(model_armor_config=armor)
