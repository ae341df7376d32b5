"""llama.cpp in this process, on models that are made here. Their text is noise: only its shape is asserted."""

from __future__ import annotations

import asyncio
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pydantic
import pytest
from onellm_providers.llama_cpp import unload
from onellm_providers.llama_cpp.shelf import SHELF

import onellm
from onellm import ContextLengthError, InvalidRequestError, ModelNotFoundError, UnsupportedParameterError
from tests.both import Either, story
from tests.real.conftest import serving
from tests.real.llama_server import BINARY

pytestmark = pytest.mark.real
both = pytest.mark.parametrize("kind", ["sync", "async"])

MODEL = "llama_cpp/tiny-chat"
HELLO = [{"role": "user", "content": "Hello"}]
Tell = Callable[[Either], Awaitable[Any]]


class Trip(pydantic.BaseModel, extra="forbid", strict=True):
    """What the model must answer, or call a tool with."""

    city: str = pydantic.Field(max_length=20)
    days: int


TOOL: dict[str, Any] = {"type": "function", "function": {"name": "book", "parameters": Trip.model_json_schema()}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A models folder: two chat models and one for embeddings."""
    if find_spec("llama_cpp") is None:
        pytest.skip("there is no llama_cpp: `make test-real` gives it one")
    from tests.real import tiny_embedder, tiny_model  # need the extra `real`

    made = tmp_path_factory.mktemp("models")
    tiny_model.write(made / "tiny-chat.gguf")
    tiny_model.write(made / "other-chat.gguf")
    tiny_embedder.write(made / "tiny-embed.gguf")
    yield made
    unload()


@pytest.fixture
def told(folder: Path) -> Callable[..., Any]:
    """Tells a story on a client whose models lie in the folder."""

    def tell(kind: str, of: Tell, **settings: Any) -> Any:
        return story(kind, of, providers={"llama_cpp": {"models_dir": str(folder), **settings}})

    return tell


async def whole(either: Either, **params: Any) -> onellm.ChatCompletionResponse:
    answer: onellm.ChatCompletionResponse = await either.chat(**{"messages": HELLO, "model": MODEL, **params})
    return answer


async def streamed(either: Either, **params: Any) -> tuple[list[Any], onellm.ChatCompletionResponse]:
    stream = await either.chat(**{"messages": HELLO, "model": MODEL, **params}, stream=True)
    chunks = await either.do(list, stream) if either.blocking else [chunk async for chunk in stream]
    return chunks, await either.do(stream.final)


# -- chat --------------------------------------------------------------------------------------------------------------


@both
def test_chat(told: Any, kind: str) -> None:
    """USE-12: what it costs is not known, and not zero."""
    answer = told(kind, lambda either: whole(either, max_tokens=8, seed=1))
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "length"
    assert (answer.usage.completion_tokens, answer.usage.total_tokens) == (8, answer.usage.prompt_tokens + 8)
    assert (answer.meta.provider, answer.meta.model, answer.meta.cost) == ("llama_cpp", "tiny-chat", None)


@both
def test_a_stream_says_what_the_whole_answer_says(told: Any, kind: str) -> None:
    """STC-12: one id, and the role once."""

    async def tell(either: Either) -> None:
        answer = await whole(either, max_tokens=40, seed=2)
        chunks, final = await streamed(either, max_tokens=40, seed=2)
        assert final.choices[0].message.content == answer.choices[0].message.content
        assert len(chunks) >= 20
        assert len({chunk.id for chunk in chunks}) == 1
        assert [chunk.choices[0].delta.role for chunk in chunks].count("assistant") == 1
        assert chunks[-1].usage is not None
        apart, _ = await streamed(either, max_tokens=4, stream_options={"include_usage": True})
        assert (apart[-1].choices, apart[-1].usage.completion_tokens) == ([], 4)

    told(kind, tell)


@both
def test_several_choices_seeds_and_stops(told: Any, kind: str) -> None:
    async def tell(either: Either) -> None:
        several = await whole(either, n=2, max_tokens=20, seed=1)
        texts = [choice.message.content for choice in several.choices]
        assert [choice.index for choice in several.choices] == [0, 1]
        assert texts[0] != texts[1]
        again = await whole(either, max_tokens=20, seed=1)
        text = again.choices[0].message.content or ""
        assert text == texts[0]
        stopped = await whole(either, max_tokens=20, seed=1, stop=[text[8:11]])
        assert stopped.choices[0].message.content == text[: text.index(text[8:11])]
        assert stopped.choices[0].finish_reason == "stop"
        only = await whole(either, max_tokens=5, temperature=0, logit_bias={"300": 100})
        assert len(set(only.choices[0].message.content or "")) == 1

    told(kind, tell)


@both
def test_logprobs_are_json(told: Any, kind: str) -> None:
    async def tell(either: Either) -> None:
        for seed in (1, 2):
            answer = await whole(either, max_tokens=6, logprobs=True, top_logprobs=3, seed=seed)
            _, final = await streamed(either, max_tokens=6, logprobs=True, top_logprobs=3, seed=seed)
            shown = json.loads(json.dumps(answer.model_dump()))["choices"][0]
            tokens = shown["logprobs"]["content"]
            assert "".join(token["token"] for token in tokens) == shown["message"]["content"]
            assert all(type(token["logprob"]) is float and token["logprob"] <= 0 for token in tokens)
            assert all(len(token["top_logprobs"]) == 3 for token in tokens)
            assert final.choices[0].logprobs is not None
            assert len(final.choices[0].logprobs.content or []) == 6

    told(kind, tell)


# -- grammars ----------------------------------------------------------------------------------------------------------


@both
def test_a_schema_is_kept_to(told: Any, kind: str) -> None:
    asked = {"type": "json_schema", "json_schema": {"name": "trip", "schema": Trip.model_json_schema()}}

    async def tell(either: Either) -> None:
        for seed in range(3):
            choice = (await whole(either, max_tokens=400, seed=seed, response_format=asked)).choices[0]
            Trip.model_validate_json(choice.message.content or "")
            assert choice.finish_reason == "stop"
        parsed = await whole(either, max_tokens=400, seed=1, response_format=Trip)
        assert isinstance(parsed.parsed, Trip)  # type: ignore[attr-defined]

    told(kind, tell)


def fields(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


SCHEMAS: dict[str, Any] = {
    "integers": fields(a={"type": "integer", "minimum": -3, "exclusiveMaximum": 17}),
    "numbers": fields(a={"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
    "text": fields(a={"type": "string", "minLength": 5, "maxLength": 6}),
    "pattern": fields(a={"type": "string", "pattern": r"^[a-c\d]{3}-\d+\s\w$"}),
    "formats": fields(a={"type": "string", "format": "date"}, b={"type": "string", "format": "uuid"}),
    "enum": fields(a={"enum": ["x", 1, None, True]}, b={"const": {"k": [1]}}),
    "items": fields(a={"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 3}),
    "tuple": fields(a={"type": "array", "prefixItems": [{"type": "integer", "maximum": 5}, {"type": "null"}]}),
    "any": fields(a={"anyOf": [{"type": "integer", "minimum": 0, "maximum": 3}, {"type": "null"}]}),
    "types": fields(
        a={"type": ["string", "null"], "maxLength": 2}, b={"type": ["string", "null"], "enum": ["x", None]}
    ),
    "an object or none": fields(a={**fields(b={"type": "boolean"}), "type": ["object", "null"]}),
    "a list": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "integer"}},
    "optional": {**fields(a={"type": "boolean"}, b={"type": "null"}), "required": ["b"]},
    "required alone": {"type": "object", "required": ["a"], "properties": {"b": {"type": "null"}}},
    "spelling": fields(**{'q"\\b\n': {"type": "boolean"}, "é☃": {"enum": ['ü"\\', "\n"]}}),
    "names of definitions": {
        **fields(a={"$ref": "#/$defs/a/$defs/T"}, b={"$ref": "#/$defs/b/$defs/T"}),
        "$defs": {"a": {"$defs": {"T": {"const": 1}}}, "b": {"$defs": {"T": {"const": 2}}}},
    },
    "recursion": {
        **fields(a={"$ref": "#/$defs/T"}),
        "$defs": {"T": {"anyOf": [{"type": "null"}, fields(next={"$ref": "#/$defs/T"})]}},
    },
}


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_an_answer_is_what_its_schema_says(told: Any, schema: dict[str, Any]) -> None:
    asked = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}

    async def tell(either: Either) -> None:
        ended = 0
        for seed in range(8):
            choice = (await whole(either, max_tokens=600, seed=seed, response_format=asked)).choices[0]
            if choice.finish_reason == "stop":
                ended += 1
                jsonschema.validate(json.loads(choice.message.content or ""), schema)
        assert ended >= 2

    told("sync", tell)


def test_definitions_of_one_name_in_two_tools(told: Any) -> None:
    def tool(name: str, value: int) -> dict[str, Any]:
        parameters = {**fields(a={"$ref": "#/$defs/T"}), "$defs": {"T": {"const": value}}}
        return {"type": "function", "function": {"name": name, "parameters": parameters}}

    async def tell(either: Either) -> None:
        said = set[tuple[str, str]]()
        for seed in range(12):
            answer = await whole(
                either, tools=[tool("f", 1), tool("g", 2)], tool_choice="required", max_tokens=300, seed=seed
            )
            (call,) = answer.choices[0].message.tool_calls or []
            said.add((call.function.name, call.function.arguments.replace(" ", "")))
        assert said == {("f", '{"a":1}'), ("g", '{"a":2}')}

    told("sync", tell)


def test_what_a_grammar_cannot_hold_is_refused(told: Any) -> None:
    unique = fields(a={"type": "array", "items": {"type": "boolean"}, "uniqueItems": True})
    asked = {"type": "json_schema", "json_schema": {"name": "n", "schema": unique}}

    async def tell(either: Either) -> None:
        with pytest.raises(UnsupportedParameterError, match="uniqueItems"):
            await whole(either, response_format=asked)
        answer = await whole(either, response_format=asked, unsupported="drop", max_tokens=50)
        assert answer.meta.dropped_params == ("response_format.uniqueItems",)

    told("sync", tell)


@both
def test_a_required_tool_is_called(told: Any, kind: str) -> None:
    """TOOL-20, STC-06"""
    other = {"type": "function", "function": {"name": "other"}}
    named = {"type": "function", "function": {"name": "book"}}

    async def tell(either: Either) -> None:
        for seed in range(3):
            for choice in ("required", named):
                tools = [TOOL] if choice == "required" else [other, TOOL]
                params = {"tools": tools, "tool_choice": choice, "max_tokens": 400, "seed": seed}
                chunks, final = await streamed(either, **params)
                for answer in (await whole(either, **params), final):
                    (call,) = answer.choices[0].message.tool_calls or []
                    assert call.function.name == "book"
                    Trip.model_validate_json(call.function.arguments)
                    assert answer.choices[0].finish_reason == "tool_calls"
                assert len([chunk for chunk in chunks if chunk.choices[0].delta.tool_calls]) > 2

    told(kind, tell)


@both
def test_the_result_of_a_tool_goes_back(told: Any, kind: str) -> None:
    async def tell(either: Either) -> None:
        asked = await whole(either, tools=[TOOL], tool_choice="required", max_tokens=400, seed=1)
        (call,) = asked.choices[0].message.tool_calls or []
        result = {"role": "tool", "tool_call_id": call.id, "content": "booked"}
        messages = [*HELLO, asked.choices[0].message, result]
        answer = await whole(either, messages=messages, tools=[TOOL], max_tokens=8)
        assert answer.choices

    told(kind, tell)


@both
def test_what_cannot_be_a_grammar_is_told(told: Any, kind: str) -> None:
    """Not by the end of the process, which is llama.cpp's answer to a sampler without a grammar."""

    async def tell(either: Either) -> None:
        wrong = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"$ref": "#/$defs/None"}}}
        for params in ({"response_format": wrong}, {"grammar": "root ::= ("}):
            with pytest.raises(InvalidRequestError, match="grammar"):
                await whole(either, **params, max_tokens=4)
        held = await whole(either, grammar='root ::= "yes" | "no"', max_tokens=8)
        assert held.choices[0].message.content in ("yes", "no")

    told(kind, tell)


# -- templates ---------------------------------------------------------------------------------------------------------

TALK = "{% for m in messages %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}<|im_start|>"


@both
def test_a_template_without_tools_takes_forced_ones_only(told: Any, kind: str) -> None:
    async def tell(either: Either) -> None:
        with pytest.raises(UnsupportedParameterError, match="knows no tools"):
            await whole(either, tools=[TOOL], max_tokens=4)
        answer = await whole(either, tools=[TOOL], tool_choice="required", max_tokens=400, seed=1)
        assert answer.choices[0].message.tool_calls

    told(kind, tell, chat_template=TALK)


@both
def test_thoughts_that_the_template_has_begun(told: Any, kind: str) -> None:
    async def tell(either: Either) -> None:
        answer = await whole(either, max_tokens=10, seed=1)
        _, final = await streamed(either, max_tokens=10, seed=1)
        for message in (answer.choices[0].message, final.choices[0].message):
            assert message.reasoning_content
            assert not message.content
        plain = await whole(either, max_tokens=10, seed=1, chat_template_kwargs={"quiet": True})
        assert plain.choices[0].message.content

    told(kind, tell, chat_template=TALK + "{% if not quiet %}<think>\n{% endif %}")


@both
def test_a_template_that_refuses(told: Any, kind: str) -> None:
    async def tell(either: Either) -> None:
        with pytest.raises(InvalidRequestError, match="only cats"):
            await whole(either)

    told(kind, tell, chat_template="{{ raise_exception('only cats') }}")


# -- errors ------------------------------------------------------------------------------------------------------------


@both
def test_a_missing_file_says_where_it_looked(told: Any, kind: str, folder: Path) -> None:
    async def tell(either: Either) -> None:
        for name in ("llama_cpp/none", "llama_cpp//nowhere/none.gguf"):
            with pytest.raises(ModelNotFoundError, match=r"none\.gguf.*LLAMA_CPP_MODELS_DIR") as caught:
                await whole(either, model=name)
            assert str(folder) in str(caught.value)
            assert "tiny-chat" in str(caught.value)

    told(kind, tell)


@both
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"GGUF\x03\x00\x00\x00"])
def test_a_damaged_file(told: Any, kind: str, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.gguf").write_bytes(content)

    async def tell(either: Either) -> None:
        with pytest.raises(InvalidRequestError, match=r"bad\.gguf"):
            await whole(either, model=f"llama_cpp/{tmp_path}/bad.gguf")

    told(kind, tell)


@both
def test_a_model_whose_template_is_none(told: Any, kind: str, folder: Path) -> None:
    from tests.real import tiny_model

    tiny_model.write(folder / "untold.gguf", "{% if %}")

    async def tell(either: Either) -> None:
        with pytest.raises(InvalidRequestError, match=r"untold\.gguf"):
            await whole(either, model="llama_cpp/untold", max_tokens=1)

    told(kind, tell)


FORKED = """
import os, sys, onellm

ask = lambda: onellm.OneLLM().chat.completions.create(sys.argv[1], [{"role": "user", "content": "Hi"}], max_tokens=2)
if sys.argv[2] == "before":
    ask()
if child := os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
try:
    ask()
except onellm.ConfigurationError as error:
    print(error, flush=True)
os._exit(0)
"""


@pytest.mark.parametrize(("when", "said"), [("before", "before this process was forked"), ("after", "")])
def test_a_forked_process_is_told(folder: Path, when: str, said: str) -> None:
    """llama.cpp would hang there. What was not loaded before the fork works."""
    model = f"llama_cpp/{folder / 'tiny-chat.gguf'}"
    done = subprocess.run(
        [sys.executable, "-c", FORKED, model, when], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
    assert bool(said) is bool(done.stdout)


@both
def test_an_adapter_that_is_none(told: Any, kind: str, folder: Path) -> None:
    """llama-cpp-python goes on without one, and crashes."""

    async def tell(either: Either) -> None:
        with pytest.raises(InvalidRequestError, match="lora_path"):
            await whole(either, max_tokens=1)

    for path in ("/none.gguf", str(folder / "other-chat.gguf")):
        told(kind, tell, lora_path=path)


@both
def test_text_that_is_none(told: Any, kind: str) -> None:
    async def tell(either: Either) -> None:
        for way in (whole, streamed):
            with pytest.raises(InvalidRequestError, match="UTF-8"):
                await way(either, messages=[{"role": "user", "content": "\ud800"}])
        with pytest.raises(InvalidRequestError, match="UTF-8"):
            await either.do(either.client.embeddings.create, "llama_cpp/tiny-embed", "\ud800")

    told(kind, tell)


@both
def test_context_overflow(told: Any, kind: str) -> None:
    """ERR-08"""
    long = [{"role": "user", "content": "word " * 5000}]

    async def tell(either: Either) -> None:
        for way in (whole, streamed):
            with pytest.raises(ContextLengthError, match="tokens") as caught:
                await way(either, messages=long)
            assert caught.value.code == "context_length_exceeded"
        with pytest.raises(ContextLengthError):
            await either.do(either.client.embeddings.create, "llama_cpp/tiny-embed", "a " * 600)
        full = await whole(either, max_tokens=5000, logit_bias={"4": -100})
        assert full.choices[0].finish_reason == "length"
        assert full.usage is not None
        assert full.usage.total_tokens == 64

    told(kind, tell, n_ctx=64)


# -- embeddings --------------------------------------------------------------------------------------------------------


@both
def test_embeddings_of_a_batch_are_those_of_each(told: Any, kind: str) -> None:
    """EMB-01"""
    texts = ["tide", "the high tide at oban", "a", "z " * 100]

    async def tell(either: Either) -> None:
        create = either.client.embeddings.create
        answer = await either.do(create, "llama_cpp/tiny-embed", texts)
        assert [row.index for row in answer.data] == [0, 1, 2, 3]
        counted = 0
        for text, row in zip(texts, answer.data, strict=True):
            single = await either.do(create, "llama_cpp/tiny-embed", text)
            assert single.data[0].embedding == row.embedding
            assert math.isclose(sum(value * value for value in row.embedding), 1, rel_tol=1e-5)
            counted += single.usage.prompt_tokens
        assert answer.usage.prompt_tokens == counted
        assert answer.data[0].embedding != answer.data[1].embedding

    told(kind, tell)


# -- memory, threads, cancellation -------------------------------------------------------------------------------------


@both
def test_two_models_and_room_for_one(told: Any, kind: str, folder: Path) -> None:
    unload()

    async def tell(either: Either) -> None:
        texts: dict[str, Any] = {}
        for _ in range(2):
            for name in ("tiny-chat", "other-chat"):
                answer = await whole(either, model=f"llama_cpp/{name}", max_tokens=8, temperature=0)
                texts.setdefault(name, answer.choices[0].message.content)
                assert answer.choices[0].message.content == texts[name]
                assert SHELF.loaded() == [str(folder / f"{name}.gguf")]
        both_at_once = (whole(either, model=f"llama_cpp/{name}", max_tokens=8) for name in [*texts] * 3)
        assert len(await asyncio.gather(*both_at_once)) == 6
        assert len(SHELF.loaded()) == 1

    told(kind, tell, memory_limit="2MB")  # each takes 1.4
    with pytest.raises(InvalidRequestError, match="memory_limit"):
        told(kind, whole, memory_limit="100KB", n_ctx=128)


@both
def test_twenty_at_once(told: Any, kind: str) -> None:
    """One model, one instance, and the loop goes on meanwhile."""
    beats: list[float] = []

    async def heart() -> None:
        while True:
            beats.append(time.monotonic())
            await asyncio.sleep(0.01)

    async def tell(either: Either) -> None:
        await whole(either, max_tokens=1)
        beating = asyncio.create_task(heart())
        one_by_one = (await whole(either, max_tokens=60, seed=1, logit_bias={"4": -100})).choices[0].message.content
        began = time.monotonic()
        answers = await asyncio.gather(
            *(whole(either, max_tokens=60, seed=1, logit_bias={"4": -100}) for _ in range(20))
        )
        took = time.monotonic() - began
        beating.cancel()
        assert {answer.choices[0].message.content for answer in answers} == {one_by_one}
        during = [beat for beat in beats if beat >= began]
        assert len(during) > took / 0.01 / 10
        assert max(b - a for a, b in pairwise(during)) < max(0.5, took / 4)

    told(kind, tell)


LONG = {"max_tokens": 4000, "logit_bias": {"4": -100}}


@pytest.mark.parametrize("stage", ["whole", "stream", "prompt"])
def test_a_cancelled_task_frees_the_model(told: Any, stage: str) -> None:
    """STR-19"""
    messages = [{"role": "user", "content": "word " * (750 if stage == "prompt" else 1)}]

    async def tell(either: Either) -> float:
        await whole(either, max_tokens=1)
        way = streamed if stage == "stream" else whole
        task = asyncio.create_task(way(either, messages=messages, **LONG))
        await asyncio.sleep(0.01 if stage == "prompt" else 0.1)
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        began = time.monotonic()
        assert (await whole(either, max_tokens=1)).choices
        return time.monotonic() - began

    took: float = told("async", tell)
    print(f"free again after {took * 1000:.0f} ms ({stage})")
    assert took < 1


@both
def test_a_stream_that_is_left_frees_the_model(told: Any, kind: str) -> None:
    async def tell(either: Either) -> float:
        stream = await either.chat(HELLO, MODEL, stream=True, **LONG)
        for _ in range(3):
            await either.do(next, stream) if either.blocking else await anext(stream)
        began = time.monotonic()
        await either.do(stream.close)
        assert (await whole(either, max_tokens=1)).choices
        return time.monotonic() - began

    assert told(kind, tell) < 1


@both
def test_a_deadline_ends_a_generation(told: Any, kind: str) -> None:
    async def tell(either: Either) -> None:
        await whole(either, max_tokens=1)
        with pytest.raises(onellm.APITimeoutError):
            await whole(either, **LONG, deadline=0.1)
        assert (await whole(either, max_tokens=1)).choices

    told(kind, tell)


# -- beside the server -------------------------------------------------------------------------------------------------


def test_in_process_and_over_http_agree(told: Any, server: str) -> None:
    """The same template and tokenizer, and at temperature 0 the same tokens.

    The server writes a tool anew: name, description, parameters, and an empty description where there is none (its
    /apply-template shows it). Here a tool stays as it was given. This model spells `"description": "", ` in 19 tokens.
    """
    parameters = TOOL["function"]["parameters"]
    described = {
        "type": "function",
        "function": {"name": "book", "description": "Book a trip.", "parameters": parameters},
    }
    talk = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "When is the tide in Oban?"},
        {"role": "assistant", "content": "At four."},
        {"role": "user", "content": "é ☃ <|im_end|> And then?"},
    ]
    for tools, more in ((None, 0), ([described], 0), ([TOOL], 19)):
        params: dict[str, Any] = {"messages": talk, "tools": tools, "max_tokens": 16, "temperature": 0}
        here = told("sync", lambda either, params=params: whole(either, **params))
        with onellm.OneLLM(providers={"llama_server": {"base_url": server}}) as client:
            there: Any = client.chat.completions.create("llama_server/tiny-chat", **params)
        assert here.usage.prompt_tokens + more == there.usage.prompt_tokens
        if not more:
            assert here.choices[0].message.content == there.choices[0].message.content
            assert here.usage.completion_tokens == there.usage.completion_tokens == 16


@pytest.mark.parametrize("written", [False, True], ids=["no <s> in the template", "<s> in the template"])
@pytest.mark.parametrize("added", [False, True], ids=["not added", "added"])
def test_the_first_token_is_the_servers(told: Any, folder: Path, written: bool, added: bool) -> None:
    """A prompt begins with one <s> if the tokenizer adds it or the template writes it, or both."""
    from tests.real import tiny_model

    if not BINARY.exists():
        pytest.skip("there is no llama-server: `make test-real` builds it")
    name = f"begins-{written:d}{added:d}"
    template = ("{{- bos_token }}" if written else "") + tiny_model.TEMPLATE
    tiny_model.write(folder / f"{name}.gguf", template, add_bos=added)
    params: dict[str, Any] = {"messages": HELLO, "max_tokens": 16, "temperature": 0}
    here = told("sync", lambda either: whole(either, model=f"llama_cpp/{name}", **params))
    with (
        serving(folder / f"{name}.gguf", "-c 2048 -np 1 --jinja") as url,
        onellm.OneLLM(providers={"llama_server": {"base_url": url}}) as client,
    ):
        there: Any = client.chat.completions.create(f"llama_server/{name}", **params)
    assert here.usage.prompt_tokens == there.usage.prompt_tokens
    assert here.choices[0].message.content == there.choices[0].message.content


def test_embeddings_are_the_servers(told: Any, folder: Path) -> None:
    texts = ["tide", "the high tide at oban", "z " * 100]
    if not BINARY.exists():
        pytest.skip("there is no llama-server: `make test-real` builds it")
    here = told("sync", lambda either: either.do(either.client.embeddings.create, "llama_cpp/tiny-embed", texts))
    with (
        serving(folder / "tiny-embed.gguf", "--embeddings -c 512 -np 1") as url,
        onellm.OneLLM(providers={"llama_server": {"base_url": url}}) as client,
    ):
        there = client.embeddings.create("llama_server/tiny-embed", texts)
    for ours, theirs in zip(here.vectors, there.vectors, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-3)
    assert there.usage is not None
    assert here.usage.prompt_tokens == there.usage.prompt_tokens


# -- the command line --------------------------------------------------------------------------------------------------


def test_the_command_line(folder: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "LLAMA_CPP_MODELS_DIR": str(folder), "ONELLM_CONFIG_DIR": str(tmp_path)}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("onellm")), *arguments],
            env=environment, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("chat", "-m", MODEL, "Hello").strip()
    assert "tiny-embed" in run("models", "llama_cpp")


def test_the_example(folder: Path) -> None:
    example = Path(__file__).parents[2] / "examples" / "local_model.py"
    done = subprocess.run(
        [sys.executable, str(example), str(folder / "tiny-chat.gguf"), "Hello"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "tokens in" in done.stdout
