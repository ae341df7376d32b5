"""What is asked of a model in this process: names, settings, parameters, refusals. No library is needed for these."""

from __future__ import annotations

import asyncio
import json
import struct
import sys
from pathlib import Path
from typing import Any

import pytest
from onellm_providers.llama_cpp.files import check_file, list_folder, path_of
from onellm_providers.llama_cpp.grammar import schema_of
from onellm_providers.llama_cpp.header import trained_context
from onellm_providers.llama_cpp.options import read_options
from onellm_providers.llama_cpp.shelf import Stop

import onellm
from onellm import (
    APITimeoutError,
    Capability,
    ChatRequest,
    ConfigurationError,
    InvalidRequestError,
    ModelNotFoundError,
    UnsupportedParameterError,
    get_provider,
)
from onellm.routing import parse_model_name
from onellm.types.embedding import EmbeddingRequest

USER = [{"role": "user", "content": "Hi"}]


def body(**params: Any) -> dict[str, Any]:
    """What is to be computed for a chat."""
    op: Any = get_provider("llama_cpp").chat(ChatRequest(model="m", messages=params.pop("messages", USER), **params))
    found: dict[str, Any] = op.run.__self__.body
    return found


# -- names and settings ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("qwen", "/models/qwen.gguf"),
        ("a/b.gguf", "/models/a/b.gguf"),
        ("/abs/c.gguf", "/abs/c.gguf"),
        ("./d", str(Path.cwd() / "d.gguf")),
        ("~/e.gguf", str(Path.home() / "e.gguf")),
        ("v1.5", "/models/v1.5.gguf"),
    ],
)
def test_names(model: str, path: str) -> None:
    assert path_of(model, "/models") == path


def test_a_model_string_is_split_at_its_first_slash_only() -> None:
    """URL-01"""
    provider, rest = parse_model_name("llama_cpp//models/a.gguf")
    assert (provider, rest) == ("llama_cpp", "/models/a.gguf")


def test_a_folder_lists_what_can_be_loaded(tmp_path: Path) -> None:
    names = ["a.gguf", "sub/b.gguf", "c-00001-of-00002.gguf", "c-00002-of-00002.gguf", "mmproj-a.gguf", "notes.txt"]
    names += [".cache/d.gguf", ".e.gguf", "deep/er/f.gguf"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()
    assert [info.id for info in list_folder(str(tmp_path))] == ["a", "c-00001-of-00002", "deep/er/f", "sub/b"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none does not exist.*models_dir"):
        list_folder(str(tmp_path / "none"))
    with pytest.raises(ModelNotFoundError, match=r"none \(it does not exist\)"):
        check_file(str(tmp_path / "none" / "a.gguf"), "a", str(tmp_path / "none"))


def test_a_name_that_is_nearly_right_is_shown_first(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d", "e", "qwen3-4b-q4_k_m"):
        (tmp_path / f"{name}.gguf").touch()
    with pytest.raises(ModelNotFoundError, match=r"it holds qwen3-4b-q4_k_m, .*…"):
        check_file(str(tmp_path / "qwen3-4b.gguf"), "qwen3-4b", str(tmp_path))


@pytest.mark.parametrize(
    ("given", "limit"), [(5, 5), ("7", 7), ("2KB", 2000), ("1.5 KiB", 1536), ("8GB", 8 * 10**9), ("1gib", 1 << 30)]
)
def test_memory_limit(given: object, limit: int) -> None:
    assert read_options({"memory_limit": given}).limit == limit


@pytest.mark.parametrize("given", ["lots", "8 XB", True, "-1"])
def test_a_memory_limit_that_is_none(given: object) -> None:
    with pytest.raises(ConfigurationError, match="8GB"):
        get_provider("llama_cpp", memory_limit=given)


def test_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLAMA_CPP_MODELS_DIR", "/models")
    monkeypatch.setenv("LLAMA_CPP_N_GPU_LAYERS", "-1")
    options = read_options(get_provider("llama_cpp").settings.extra)
    assert (options.folder, options.loading) == ("/models", {"n_gpu_layers": -1})
    given = read_options(get_provider("llama_cpp", models_dir="/other", n_gpu_layers=0).settings.extra)
    assert (given.folder, given.loading) == ("/other", {"n_gpu_layers": 0})
    monkeypatch.setenv("LLAMA_CPP_N_GPU_LAYERS", "all")
    with pytest.raises(ConfigurationError, match="n_gpu_layers is 'all'"):
        get_provider("llama_cpp")


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ({"n_ctx": "4096"}, 4096),
        ({"n_gpu_layers": -1}, -1),
        ({"type_k": "Q8_0"}, 8),
        ({"type_v": 8}, 8),
        ({"pooling_type": "mean"}, 1),
        ({"tensor_split": [1, 2.5]}, [1, 2.5]),
        ({"use_mmap": False}, False),
        ({"lora_path": "~/a.gguf"}, str(Path.home() / "a.gguf")),
    ],
)
def test_settings_of_the_library(given: dict[str, Any], taken: object) -> None:
    assert list(read_options(given).loading.values()) == [taken]


@pytest.mark.parametrize(
    "given",
    [{"n_ctx": "x"}, {"n_ctx": 1.5}, {"n_threads": 0}, {"n_batch": True}, {"n_gpu_layers": -2}, {"type_k": 77},
     {"type_k": True}, {"pooling_type": 9}, {"tensor_split": "1,2"}, {"tensor_split": [None]}, {"flash_attn": "no"}],
)  # fmt: skip
def test_settings_that_the_library_would_choke_on(given: dict[str, Any]) -> None:
    (name,) = given
    with pytest.raises(ConfigurationError, match=f"{name} is .*must be"):
        get_provider("llama_cpp", **given)


@pytest.mark.parametrize("given", [{"base_url": "http://127.0.0.1:8080/v1"}, {"headers": {"X-A": "1"}}])
def test_there_is_no_wire(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="llama_server"):
        get_provider("llama_cpp", **given)
    with pytest.raises(UnsupportedParameterError, match="no headers"):
        body(extra_headers={"X-A": "1"})
    with pytest.raises(InvalidRequestError, match="nonsense"):
        body(extra_body={"nonsense": 1})
    assert body(extra_body={"mirostat_mode": 2})["mirostat_mode"] == 2


# -- the extra ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("what", ["chat", "stream", "embeddings"])
def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, kind: str, what: str) -> None:
    monkeypatch.setitem(sys.modules, "llama_cpp", None)

    async def main() -> None:
        client: Any = onellm.OneLLM() if kind == "sync" else onellm.AsyncOneLLM()
        if what == "embeddings":
            made = client.embeddings.create("llama_cpp/m", "Hi")
        else:
            made = client.chat.completions.create("llama_cpp/m", USER, stream=what == "stream")
        answer = await made if kind == "async" else made
        if what == "stream":
            _ = [chunk async for chunk in answer] if kind == "async" else list(answer)

    with pytest.raises(ConfigurationError, match=r"extra onellm\[llama\].*pip install llama-cpp-python"):
        asyncio.run(main())


# -- parameters --------------------------------------------------------------------------------------------------------


def test_parameters_in_the_words_of_llama_cpp() -> None:
    asked = body(max_completion_tokens=5, repetition_penalty=1.1, stop="x", seed=0, top_k=3, n=2)
    assert {name: asked[name] for name in asked.keys() - {"model", "messages"}} == {
        "max_tokens": 5, "repeat_penalty": 1.1, "stop": ["x"], "seed": 0, "top_k": 3, "n": 2,
    }  # fmt: skip


def test_a_refusal_advises_what_is_possible_here() -> None:
    with pytest.raises(
        UnsupportedParameterError, match=r"does not take user\. Leave it out, or pass unsupported='drop'"
    ):
        body(user="x")
    with pytest.raises(UnsupportedParameterError, match="'xml'"):
        body(response_format={"type": "xml"})
    assert "response_format" not in body(response_format={"type": "xml"}, unsupported="drop")
    with pytest.raises(InvalidRequestError, match="temperature"):
        get_provider("llama_cpp").embed(EmbeddingRequest(model="m", input="a", extra_body={"temperature": 1}))


def test_none_means_absent() -> None:
    """PAR-13"""
    assert body(temperature=None, stop=None, tools=None) == body()


def test_an_image_is_refused_by_index_and_type() -> None:
    """MM-11"""
    parts = [{"type": "text", "text": "A"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]
    with pytest.raises(UnsupportedParameterError, match=r"image_url.*messages\[0\]\.content\[1\]"):
        body(messages=[{"role": "user", "content": parts}])


def test_capabilities() -> None:
    found = get_provider("llama_cpp").info("m")
    assert found.supports(Capability.JSON_SCHEMA)
    assert found.supports(Capability.TOOLS) is None  # that depends on the model's template
    assert found.supports(Capability.VISION) is False
    assert found.supports(Capability.SPEECH) is False


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"input": []}, "empty"),
        ({"input": ["a", ""]}, r"input\[1\]"),
        pytest.param({"input": [1, 2]}, "token numbers", id="EMB-09"),
    ],
)
def test_inputs_of_embeddings_that_are_none(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRequestError, match=said):
        get_provider("llama_cpp").embed(EmbeddingRequest(model="m", **given))


def test_embeddings_of_fewer_dimensions_are_refused() -> None:
    """EMB-08"""
    request: dict[str, Any] = {"model": "m", "input": "a", "dimensions": 8}
    with pytest.raises(UnsupportedParameterError, match="dimensions"):
        get_provider("llama_cpp").embed(EmbeddingRequest(**request))
    work: Any = get_provider("llama_cpp").embed(EmbeddingRequest(**request, unsupported="drop"))
    assert work.dropped == ("dimensions",)


# -- what an answer is held to -----------------------------------------------------------------------------------------


def tool(name: str, **parameters: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", **parameters}}}


def test_a_forced_call_is_held_to_the_tools() -> None:
    made = schema_of(body(tools=[tool("f"), tool("g")], tool_choice="required"))
    assert made is not None
    names = [each["properties"]["name"] for each in made["$defs"].values()]
    assert names == [{"const": "f"}, {"const": "g"}]


def test_a_named_function_is_the_only_one() -> None:
    """TOOL-20"""
    choice = {"type": "function", "function": {"name": "g"}}
    made = schema_of(body(tools=[tool("f"), tool("g")], tool_choice=choice))
    assert made is not None
    assert [each["properties"]["name"] for each in made["$defs"].values()] == [{"const": "g"}]
    with pytest.raises(InvalidRequestError, match="'h'"):
        schema_of(body(tools=[tool("f")], tool_choice={"type": "function", "function": {"name": "h"}}))


def test_references_of_a_tool_still_lead_to_its_definitions() -> None:
    leaf = {"type": "string", "maxLength": 3}
    given = tool("f", properties={"a": {"$ref": "#/$defs/Leaf"}}, **{"$defs": {"Leaf": leaf}})
    made: Any = schema_of(body(tools=[given], tool_choice="required"))
    target: Any = made
    for step in made["$defs"]["answer0"]["properties"]["arguments"]["properties"]["a"]["$ref"].split("/")[1:]:
        target = target[step]
    assert target == leaf


def test_a_schema_beside_tools_is_one_of_two() -> None:
    """OUT-03"""
    wanted = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    asked = {"type": "json_schema", "json_schema": {"name": "n", "schema": wanted}}
    made = schema_of(body(tools=[tool("f")], response_format=asked))
    assert made is not None
    assert next(iter(made["$defs"].values())) == wanted
    assert made["$defs"]["answer1"]["properties"]["name"] == {"const": "f"}
    assert schema_of(body(response_format=asked)) == wanted
    assert schema_of(body(response_format={"type": "json_object"})) == {"type": "object"}
    assert schema_of(body(tools=[tool("f")])) is None


# -- parts -------------------------------------------------------------------------------------------------------------


def test_the_context_is_read_from_the_head_of_a_file(tmp_path: Path) -> None:
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    name = text("general.name") + struct.pack("<I", 8) + text("n")
    context = text("llama.context_length") + struct.pack("<II", 4, 4096)
    tokens = text("tokenizer.ggml.tokens") + struct.pack("<I", 9)
    path = tmp_path / "a.gguf"
    path.write_bytes(struct.pack("<4sIQQ", b"GGUF", 3, 0, 2) + name + context)
    assert trained_context(str(path)) == 4096
    path.write_bytes(struct.pack("<4sIQQ", b"GGUF", 3, 0, 2) + tokens + context)
    assert trained_context(str(path)) is None
    for size in range(24):
        path.write_bytes(path.read_bytes()[:size])
        assert trained_context(str(path)) is None


def test_a_stop_is_told() -> None:
    stop = Stop()
    stop.check()
    stop()
    with pytest.raises(APITimeoutError):
        stop.check()


def test_what_is_asked_is_json() -> None:
    assert json.loads(json.dumps(body(tools=[tool("f")], temperature=0.5)))["temperature"] == 0.5
