"""Must hold 4, with generated requests: what we do not refuse, Venice's OpenAPI file does not refuse either."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from onellm import InvalidRequestError, UnsupportedParameterError
from tests.providers.venice_schema import complaints, document
from tests.wire import call, stream_call

CHAT = "ChatCompletionRequest"
SLOW = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.large_base_example, HealthCheck.data_too_large)
FEW = settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=SLOW)

texts = st.text(st.characters(codec="utf-8"), max_size=8)
words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
numbers = st.one_of(st.integers(-3, 5), st.floats(-3, 3, allow_nan=False))
flags = st.booleans()
efforts = st.sampled_from(["none", "minimal", "low", "medium", "high", "xhigh", "max"])
levels = st.sampled_from(["low", "medium", "high", "auto"])
marks: st.SearchStrategy[dict[str, Any]] = st.one_of(st.just({}), st.just({"cache_control": {"type": "ephemeral"}}))
schemas: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"type": st.just("object")}, optional={"properties": st.dictionaries(words, st.just({}))}
)


def table(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A dict with some of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


parts = st.one_of(
    st.builds(lambda text, mark: {"type": "text", "text": text, **mark}, texts, marks),
    st.builds(
        lambda kind, wrap, mark: {"type": kind, kind: {"url": "https://h/a"} if wrap else "https://h/a", **mark},
        st.sampled_from(["image_url", "video_url"]), flags, marks,
    ),
    st.builds(
        lambda form: {"type": "input_audio", "input_audio": {"data": "AAAA", **form}},
        table(format=st.sampled_from(["wav", "mp3", "pcm24"])),
    ),
    st.builds(lambda name: {"type": "file", "file": {"file_data": "data:,x", **name}}, table(filename=words)),
    texts,
)  # fmt: skip
text_parts = st.builds(lambda text, mark: {"type": "text", "text": text, **mark}, texts, marks)
contents = st.one_of(texts, st.lists(parts, max_size=3))
plain = st.one_of(texts, st.lists(text_parts, max_size=3))
names = table(name=st.one_of(st.none(), words))
states: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.just({"reasoning_details": [{"type": "reasoning.encrypted", "data": "A"}], "thought_signature": "s"}),
    st.just({"provider_state": {"venice": {"thought_signature": "s"}, "gemini": {"x": [1]}}, "reasoning_content": "r"}),
)


@st.composite
def turns(draw: st.DrawFn) -> list[dict[str, Any]]:
    """One step of a conversation: something said, or calls with their results in any order."""
    kind = draw(st.sampled_from(["user", "system", "developer", "assistant", "calls"]))
    if kind == "user":
        return [{"role": kind, "content": draw(contents), **draw(names), **draw(marks)}]
    if kind in ("system", "developer"):
        return [{"role": kind, "content": draw(plain), **draw(names), **draw(marks)}]
    said = {"role": "assistant", "content": draw(st.one_of(st.none(), plain)), **draw(names), **draw(states)}
    if kind == "assistant":
        return [said]
    ids = draw(st.lists(words, min_size=1, max_size=3, unique=True))
    arguments = st.one_of(st.none(), texts, st.just({"a": 1}))
    calls = [{"id": each, "type": "function", "function": {"name": "f", "arguments": draw(arguments)}} for each in ids]
    results = [
        {"role": "tool", "tool_call_id": each, "content": draw(plain), **draw(names)}
        for each in draw(st.permutations(ids))
    ]
    return [{**said, "tool_calls": calls}, *results]


histories = st.lists(turns(), max_size=4).map(lambda steps: [turn for step in steps for turn in step])
functions = st.fixed_dictionaries(
    {"name": words}, optional={"description": texts, "parameters": schemas, "strict": flags}
)
tools = st.lists(
    st.one_of(
        functions.map(lambda function: {"type": "function", "function": function}),
        st.sampled_from([{"type": "web_search"}, {"type": "x_search"}]),
    ),
    max_size=3,
)
formats = st.one_of(
    st.sampled_from([{"type": "text"}, {"type": "json_object"}]),
    schemas.map(lambda schema: {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}),
)
parameters = table(
    **dict.fromkeys(
        ("temperature", "top_p", "min_p", "top_k", "seed", "n", "frequency_penalty", "presence_penalty",
         "repetition_penalty", "max_tokens", "max_completion_tokens", "min_temp", "max_temp", "top_logprobs"),
        numbers,
    ),
    logprobs=flags, store=flags, parallel_tool_calls=flags, user=texts, prompt_cache_key=texts,
    metadata=st.dictionaries(texts, texts, max_size=2), stop=st.one_of(st.none(), texts, st.lists(texts, max_size=6)),
    stop_token_ids=st.lists(st.integers(0, 9), max_size=3), include=st.lists(texts, max_size=2),
    prompt_cache_retention=st.sampled_from(["default", "extended", "24h", "1h"]), verbosity=levels | texts,
    reasoning_effort=efforts | texts, text=table(verbosity=levels),
    reasoning=table(effort=efforts, summary=st.sampled_from(["auto", "concise", "detailed"])),
    fallbacks=st.lists(st.fixed_dictionaries({"model": texts}), max_size=12), response_format=formats, tools=tools,
    tool_choice=st.sampled_from(["auto", "none", "required", {"type": "auto"}]) | functions.map(
        lambda function: {"type": "function", "function": {"name": function["name"]}}
    ),
    stream_options=table(include_usage=flags),
    venice_parameters=table(
        character_slug=words, strip_thinking_response=flags, disable_thinking=flags, enable_e2ee=flags,
        enable_web_search=st.sampled_from(["auto", "on", "off", "yes", True, False, None]), enable_web_scraping=flags,
        enable_web_citations=flags, include_venice_system_prompt=st.none() | flags, enable_x_search=flags,
    ),
)  # fmt: skip


def check(shared: Path, messages: Any, model: str, params: dict[str, Any]) -> None:
    """Either we refuse, naming the parameter, or the file has nothing against the body."""
    for make in (call, stream_call):
        refused: InvalidRequestError | UnsupportedParameterError | None = None
        body: Any = None
        try:
            body = make("venice", messages, model, **params).json
        except (InvalidRequestError, UnsupportedParameterError) as error:
            refused = error
        event("refused" if refused else "sent")
        assert refused is None or refused.param, refused
        assert refused or complaints(shared, CHAT, body) == [], body


models = st.sampled_from(["default", "m:enable_web_search=on", "a/b:disable_thinking=true&character_slug=x"])


@FEW
@given(histories, models)
def test_generated_messages_validate(shared: Path, messages: list[dict[str, Any]], model: str) -> None:
    check(shared, messages, model, {})


@FEW
@given(parameters, models, st.sampled_from(["raise", "drop"]))
def test_generated_parameters_validate(shared: Path, params: dict[str, Any], model: str, unsupported: str) -> None:
    check(shared, None, model, {**params, "unsupported": unsupported})


anything = st.recursive(
    st.none() | flags | numbers | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
)


@FEW
@given(st.data())
def test_any_value_of_any_parameter_is_refused_or_validates(shared: Path, data: st.DataObject) -> None:
    """The file's own names with values that make no sense, also one level down."""
    properties: dict[str, Any] = document(shared)["components"]["schemas"][CHAT]["properties"]
    name = data.draw(st.sampled_from(sorted(set(properties) - {"model", "messages", "stream"})))
    inner = properties[name].get("properties")
    value = anything if not inner else anything | st.dictionaries(st.sampled_from(sorted(inner)), anything, min_size=1)
    check(shared, None, "m", {name: data.draw(value)})
