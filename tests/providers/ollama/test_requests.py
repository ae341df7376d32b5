"""What leaves for Ollama, judged by the models of its client, by hard cases' ids."""

from __future__ import annotations

import copy
import warnings
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from ollama import _types as types
from ollama._client import _parse_host
from onellm_providers.ollama import PromptTooLongWarning

from onellm import (
    CapabilityError,
    CompletionRequest,
    EmbeddingRequest,
    InvalidRequestError,
    OneLLM,
    UnsupportedParameterError,
    get_provider,
)
from onellm.signing import Signed
from tests.providers.ollama.wire import MODEL, USER, answer, body, both_ways, judge, options, parameters, said_back
from tests.support import KEY, Caller
from tests.wire import both, call, calling, result, stream_call, tool, tool_call

PNG = "iVBORw0KGgo="
URI = f"data:image/png;base64,{PNG}"


def messages(*given: Any, **params: Any) -> Any:
    return body(*given, **params)["messages"]


def image(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


# -- messages ----------------------------------------------------------------------------------------------------------


def test_mm_13_texts_are_joined_and_images_stand_beside_them() -> None:
    parts = [
        {"type": "text", "text": "A"},
        image(URI),
        {"type": "text", "text": "B"},
        image(f"data:image/jpeg;base64,{PNG}"),
    ]
    assert messages({"role": "user", "content": parts}) == [{"role": "user", "content": "A\nB", "images": [PNG, PNG]}]
    assert messages({"role": "user", "content": [{"type": "image_url", "image_url": URI}]})[0]["images"] == [
        PNG
    ]  # MM-05


@pytest.mark.parametrize(
    ("url", "data"),
    [
        ("data:image/png;charset=utf-8;base64,iVBORw0K\nGgo=", PNG),
        ("data:image/PNG;base64,iVBORw0KGgo=", PNG),
        ("data:;base64,iVBORw0KGgo=", PNG),
        ("data:image/svg+xml,%3Csvg", "PHN2Zw=="),
    ],
)
def test_mm_01_data_urls(url: str, data: str) -> None:
    assert messages({"role": "user", "content": [image(url)]})[0]["images"] == [data]


@both
def test_mm_04_images_by_url_are_fetched_and_the_fetch_is_guarded(caller: Caller) -> None:
    asked = [{"role": "user", "content": [image("http://127.0.0.1/a.png")]}]
    settings = {"ollama": {"base_url": "http://127.0.0.1:9"}}
    with pytest.raises(InvalidRequestError, match="not a public address"):
        caller.chat(settings, f"ollama/{MODEL}", asked)
    with pytest.raises(InvalidRequestError, match="not a public address"):
        caller.chat_stream(settings, f"ollama/{MODEL}", asked)


def test_mm_04_what_was_fetched_goes_as_base64() -> None:
    """The steps of the flow: the addresses, the fetch, the chat."""
    from onellm import ChatRequest
    from onellm.body import File
    from onellm.call import Call, Fetch, Gather

    asked = [{"role": "user", "content": [image("https://93.184.215.14/a.png")]}]
    for operation in ("chat", "chat_stream"):
        flow: Any = getattr(get_provider("ollama"), operation)(ChatRequest(model=MODEL, messages=asked))
        step = next(flow)
        assert isinstance(step, Gather)
        fetch = next(cast("Any", step.calls[0]))
        assert isinstance(fetch, Fetch)
        assert fetch.url == "https://93.184.215.14/a.png"
        made: Any
        try:
            made = flow.send([File("a.png", b"\x89PNG\r\n\x1a\n", "image/png")])
            assert isinstance(made, Call)
        except StopIteration as ended:
            made = ended.value
        assert made.json["messages"] == [{"role": "user", "content": "", "images": [PNG]}]


def test_mm_11_parts_that_are_not_taken() -> None:
    with pytest.raises(UnsupportedParameterError, match=r"input_audio.*content\[1\]"):
        messages(
            {"role": "user", "content": [{"type": "text", "text": "A"}, {"type": "input_audio", "input_audio": {}}]}
        )
    with pytest.raises(UnsupportedParameterError, match="image_url"):
        messages({"role": "system", "content": [image(URI)]}, USER)


def test_tool_16_and_17_history_stays_native() -> None:
    made = messages(
        USER,
        calling(tool_call("a", "f", '{"x": 1}'), tool_call("b", "g", ""), content="See."),
        result("b", "two"),
        result("a", [{"type": "text", "text": "one"}]),
    )
    assert made[1:] == [
        {
            "role": "assistant",
            "content": "See.",
            "tool_calls": [
                {"function": {"name": "f", "arguments": {"x": 1}}},
                {"function": {"name": "g", "arguments": {}}},  # TOOL-13
            ],
        },
        {"role": "tool", "content": "two", "tool_name": "g"},
        {"role": "tool", "content": "one", "tool_name": "f"},
    ]


def test_tool_15_two_objects_in_one_text_of_arguments() -> None:
    with pytest.raises(InvalidRequestError, match="arguments of f are no JSON object"):
        messages(USER, calling(tool_call(arguments='{"path":"a"}{"path":"b"}')), result())


def test_tool_05_and_06_broken_histories() -> None:
    with pytest.raises(InvalidRequestError, match="no assistant message just before it"):
        messages(USER, result())
    with pytest.raises(InvalidRequestError, match="has no result"):
        messages(USER, calling(tool_call()), USER)


def test_msg_09_empty_turns_are_left_out() -> None:
    assert messages(USER, {"role": "assistant", "content": None}, USER) == [USER, USER]
    assert messages({"role": "developer", "content": "D"}, USER)[0] == {"role": "system", "content": "D"}


def test_msg_20_nothing_of_the_caller_s_is_changed() -> None:
    given = [{"role": "user", "content": [image(URI)]}, calling(tool_call(arguments={"a": 1})), result()]
    before = copy.deepcopy(given)
    assert body(*given) == body(*given)
    assert given == before


def test_thoughts_go_back_to_ollama_alone() -> None:
    use = [{"function": {"name": "f", "arguments": {}}}]
    message = said_back(both_ways(answer("", thinking="Tide first.", tool_calls=use)))
    made = messages(USER, message, result(message["tool_calls"][0]["id"]))
    assert made[1] == {"role": "assistant", "content": "", "thinking": "Tide first.", "tool_calls": use}
    changed = messages(USER, {**message, "content": "x"}, result(message["tool_calls"][0]["id"]))
    assert "thinking" not in changed[1]
    foreign = {"role": "assistant", "content": "Yes.", "reasoning_content": "Hm."}
    assert messages(USER, foreign, USER)[1] == {"role": "assistant", "content": "Yes."}  # RSN-14


# -- parameters --------------------------------------------------------------------------------------------------------


def test_par_16_options_are_nested_and_the_rest_is_not() -> None:
    made = parameters(
        max_tokens=9, temperature=0, top_k=5, top_p=0.5, min_p=0.1, seed=7, stop="END", num_ctx=8192,
        repetition_penalty=1.1, keep_alive="10m", tool_choice="auto", tools=[tool()], logprobs=True, top_logprobs=2,
    )  # fmt: skip
    assert made["options"] == {
        "num_predict": 9, "temperature": 0, "top_k": 5, "top_p": 0.5, "min_p": 0.1, "seed": 7, "stop": ["END"],
        "num_ctx": 8192, "repeat_penalty": 1.1,
    }  # fmt: skip
    assert made.keys() == {"options", "keep_alive", "tools", "logprobs", "top_logprobs"}
    assert (made["keep_alive"], made["logprobs"], made["top_logprobs"]) == ("10m", True, 2)


def test_par_04_nothing_is_invented() -> None:
    assert body() == {"model": MODEL, "messages": [USER], "stream": False}
    assert stream_call("ollama", model=MODEL).json == {"model": MODEL, "messages": [USER], "stream": True}


def test_par_10_and_03_seed_and_zero() -> None:
    assert options(seed=7, temperature=0) == {"seed": 7, "temperature": 0}
    assert parameters(keep_alive=0) == {"keep_alive": 0}


def test_options_as_a_table() -> None:
    assert options(options={"num_ctx": 4096, "mirostat": 1}, temperature=0.5) == {
        "temperature": 0.5, "num_ctx": 4096, "mirostat": 1
    }  # fmt: skip
    with pytest.raises(InvalidRequestError, match="given twice"):
        options(options={"temperature": 1}, temperature=0.5)


@pytest.mark.parametrize(
    "refused", [{"n": 3}, {"logit_bias": {"1": 1}}, {"parallel_tool_calls": False, "tools": [tool()]}]
)
def test_what_is_not_taken(refused: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedParameterError):
        parameters(**refused)


def test_out_05_formats() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    wrapped = {"type": "json_schema", "json_schema": {"name": "X", "schema": schema}}
    assert parameters(response_format=wrapped) == {"format": schema}
    assert parameters(response_format={"type": "json_object"}) == {"format": "json"}
    assert parameters(response_format={"type": "text"}) == {}
    for own in ("json", schema):
        assert parameters(format=own) == {"format": own}
    with pytest.raises(InvalidRequestError, match="give one"):
        parameters(format="json", response_format={"type": "json_object"})


@pytest.mark.parametrize(
    ("model", "effort", "think"),
    [
        (MODEL, "none", False), (MODEL, "minimal", True), (MODEL, "high", True),
        ("gpt-oss:20b", "low", "low"), ("gpt-oss", "high", "high"), ("hf.co/x/gpt-oss-20b", "medium", "medium"),
    ],
)  # fmt: skip
def test_rsn_22_levels_are_for_gpt_oss(model: str, effort: str, think: Any) -> None:
    assert body(model=model, reasoning_effort=effort)["think"] == think
    assert body(model=model, think=think)["think"] == think


def test_rsn_22_what_gpt_oss_does_not_take() -> None:
    for effort in ("none", "minimal"):
        with pytest.raises(UnsupportedParameterError, match="low, medium, high"):
            body(model="gpt-oss:20b", reasoning_effort=effort)
    made = call("ollama", model="gpt-oss:20b", reasoning_effort="minimal", unsupported="drop")
    assert made.dropped == ("reasoning_effort",)
    assert "think" not in made.json


def test_tool_18_20_choices_that_there_are_not() -> None:
    assert "tools" not in parameters(tools=[tool()], tool_choice="none")
    assert "tool_choice" not in parameters(tools=[tool()], tool_choice="auto")
    for forced in ("required", {"type": "function", "function": {"name": "f"}}):
        with pytest.raises(UnsupportedParameterError, match="cannot force"):
            parameters(tools=[tool()], tool_choice=forced)
    with OneLLM() as client, pytest.raises(CapabilityError, match="tool_choice_required"):
        client.chat.completions.create(
            "ollama/m", [{"role": "user", "content": "Hi"}], tools=[tool()], tool_choice="required"
        )


def test_tool_39_strict_is_left_out_and_told() -> None:
    made = call("ollama", model=MODEL, tools=[tool("f", strict=True)])
    assert made.json["tools"] == [tool("f")]
    assert made.dropped == ("tools[0].function.strict",)


@pytest.mark.parametrize("model", ["llama3:8b@host:11434", "hf.co/user/repo:Q4", "library/x:latest"])
def test_url_02_names_of_models_go_as_they_are(model: str) -> None:
    assert body(model=model)["model"] == model


# -- num_ctx -----------------------------------------------------------------------------------------------------------


def test_a_prompt_that_is_longer_than_its_window_is_told() -> None:
    long = {"role": "user", "content": "word " * 10_000}
    with pytest.warns(PromptTooLongWarning, match="about 12500 tokens, and num_ctx is 8192"):
        body(long, num_ctx=8192)
    with pytest.warns(PromptTooLongWarning, match="no num_ctx is given"):
        body(long)
    own: Any = {"options": {"num_ctx": 2048}}
    with pytest.warns(PromptTooLongWarning, match="num_ctx is 2048"):
        get_provider("ollama").complete(CompletionRequest(model="m", prompt="word " * 5000, **own))
    wide = [tool(f"f{number}", description="word " * 500) for number in range(20)]
    with pytest.warns(PromptTooLongWarning, match="num_ctx is 4096"):
        body(USER, tools=wide, num_ctx=4096)
    told: Any = {"system": "word " * 5000}
    with pytest.warns(PromptTooLongWarning, match="about 6250 tokens"):
        get_provider("ollama").complete(CompletionRequest(model="m", prompt="x", **told))
    texts = ["word " * 500, "word " * 5000]
    with pytest.warns(PromptTooLongWarning, match="about 6250 tokens"):
        get_provider("ollama").embed(EmbeddingRequest(model="m", input=texts))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        uncut: Any = {"truncate": False}
        get_provider("ollama").embed(EmbeddingRequest(model="m", input=texts, **uncut))
        get_provider("ollama").embed(EmbeddingRequest(model="m", input=["word " * 500] * 20))
        body(USER, tools=wide, num_ctx=16384)
        body(long, num_ctx=32768)
        body(USER)
        body(long, model="gpt-oss:120b-cloud")


def test_settings_hold_for_every_call() -> None:
    made: Any = get_provider("ollama", num_ctx=16384, keep_alive="1h")
    from onellm import ChatRequest

    sent = made.chat(ChatRequest(model="m", messages=[USER])).json
    assert (sent["options"], sent["keep_alive"]) == ({"num_ctx": 16384}, "1h")
    own: Any = {"num_ctx": 2048, "keep_alive": 0}
    other = made.chat(ChatRequest(model="m", messages=[USER], **own)).json
    assert (other["options"], other["keep_alive"]) == ({"num_ctx": 2048}, 0)


# -- other operations --------------------------------------------------------------------------------------------------


def test_generate() -> None:
    own: Any = {"system": "S", "raw": True, "think": False}
    request = CompletionRequest(model=MODEL, prompt=["Once"], suffix="end", max_tokens=5, echo=False, best_of=1, **own)
    made: Any = get_provider("ollama").complete(request)
    assert made.url == "http://127.0.0.1:11434/api/generate"
    assert made.json == {
        "model": MODEL, "prompt": "Once", "suffix": "end", "system": "S", "raw": True, "think": False,
        "options": {"num_predict": 5}, "stream": False,
    }  # fmt: skip
    judge(types.GenerateRequest, made.json)
    for prompt in (["a", "b"], [1, 2]):
        with pytest.raises(InvalidRequestError, match="one text"):
            get_provider("ollama").complete(CompletionRequest(model=MODEL, prompt=prompt))


def test_generate_with_images_context_and_log_probabilities() -> None:
    for others, sent in ((0, {"logprobs": True}), (2, {"logprobs": True, "top_logprobs": 2}), (None, {})):
        own: Any = {"context": [1, 2], "images": [PNG, URI]}
        made: Any = get_provider("ollama").complete(
            CompletionRequest(model=MODEL, prompt="Once", logprobs=others, **own)
        )
        assert made.json == {
            "model": MODEL, "prompt": "Once", "context": [1, 2], "images": [PNG, PNG], **sent, "stream": False
        }  # fmt: skip
        judge(types.GenerateRequest, {name: value for name, value in made.json.items() if name != "images"})
        assert [types.Image(value=image).model_dump() for image in made.json["images"]] == made.json["images"]
    wrong: Any = {"images": [b"x"]}
    with pytest.raises(InvalidRequestError, match=r"images\[0\] is no text"):
        get_provider("ollama").complete(CompletionRequest(model=MODEL, prompt="Once", **wrong))


def test_emb_08_09_embeddings() -> None:
    own: Any = {"truncate": False, "num_ctx": 512}
    request = EmbeddingRequest(model="e", input=["a", "b"], dimensions=256, **own)
    made: Any = get_provider("ollama").embed(request)
    assert made.json == {
        "model": "e", "input": ["a", "b"], "dimensions": 256, "truncate": False, "options": {"num_ctx": 512}
    }  # fmt: skip
    judge(types.EmbedRequest, made.json)
    with pytest.raises(InvalidRequestError, match="no token numbers"):
        get_provider("ollama").embed(EmbeddingRequest(model="e", input=[[1, 2]]))


# -- where it goes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("1.2.3.4", "http://1.2.3.4:11434"),
        (":56789", "http://127.0.0.1:56789"),
        ("1.2.3.4:56789", "http://1.2.3.4:56789"),
        ("example.com/", "http://example.com:11434"),
        ("[::1]", "http://[::1]:11434"),
        ("[::1]:9", "http://[::1]:9"),
        ("h.example:", "http://h.example:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("http://0.0.0.0:11434/", "http://127.0.0.1:11434"),
        ("[::]:11434", "http://[::1]:11434"),
        ("https://ollama.com", "https://ollama.com"),
        ("http://example.com:8080/path", "http://example.com:8080/path"),
        ("https://h.example/v1", "https://h.example"),
        ("https://h.example/api/", "https://h.example"),
    ],
)
def test_url_03_where_the_server_is(host: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the client reads OLLAMA_HOST, with or without a path of an API."""
    monkeypatch.setenv("OLLAMA_HOST", host)
    made: Any = get_provider("ollama")
    assert f"{made._base()}" == f"{url}/api"


@pytest.mark.parametrize(
    "host", ["", "h.example", ":1", "h.example:1", "[::1]", "[::1]:1", "h.example/p/", "h.example:"]
)
@pytest.mark.parametrize("scheme", ["", "http://", "https://"])
def test_ollama_host_is_read_as_the_client_reads_it(scheme: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if scheme and host in ("", ":1"):
        return  # a URL without a host, which is refused here
    monkeypatch.setenv("OLLAMA_HOST", scheme + host)
    ours, theirs = (urlsplit(url) for url in (cast("Any", get_provider("ollama"))._base(), _parse_host(scheme + host)))
    usual = {"http": 80, "https": 443}[ours.scheme]
    assert (ours.scheme, ours.hostname, ours.port or usual) == (theirs.scheme, theirs.hostname, theirs.port)
    assert ours.path == f"{theirs.path}/api"


def test_auth_11_no_key_no_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OLLAMA_API_KEY", raising=False)
    made: Any = get_provider("ollama", api_key="")
    assert [name for name, _ in Signed(made.show("m")).request.headers if name.lower() == "authorization"] == []
    monkeypatch.setenv("OLLAMA_API_KEY", KEY)
    made = get_provider("ollama")
    assert ("Authorization", f"Bearer {KEY}") in Signed(made.show("m")).request.headers
