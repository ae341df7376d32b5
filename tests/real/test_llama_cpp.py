"""llama.cpp in this process, on models that are made here. Their text is noise: only its shape is asserted."""

from __future__ import annotations

import asyncio
import json
import math
import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from onellm_providers.llama_cpp import unload
from onellm_providers.llama_cpp.shelf import SHELF

import onellm
from onellm import ContextLengthError, InvalidRequestError, ModelNotFoundError, UnsupportedParameterError
from tests.both import Either
from tests.real.here import HELLO, MODEL, TOOL, both, streamed, whole

pytestmark = pytest.mark.real
COUNTS = {"prompt_tokens", "completion_tokens", "total_tokens"}


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
    """STC-12: one id, and the role once; STC-13, STC-08: the same text and the same usage."""

    async def tell(either: Either) -> None:
        answer = await whole(either, max_tokens=40, seed=2)
        chunks, final = await streamed(either, max_tokens=40, seed=2)
        assert final.choices[0].message.content == answer.choices[0].message.content
        assert len(chunks) >= 20
        assert len({chunk.id for chunk in chunks}) == 1
        assert [chunk.choices[0].delta.role for chunk in chunks].count("assistant") == 1
        assert chunks[-1].usage is not None
        assert final.usage is not None
        assert answer.usage is not None
        assert final.usage.model_dump(include=COUNTS) == answer.usage.model_dump(include=COUNTS)
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
def test_a_model_whose_template_is_none(told: Any, kind: str, tmp_path: Path) -> None:
    from tests.real import tiny_model

    tiny_model.write(tmp_path / "untold.gguf", "{% if %}")

    async def tell(either: Either) -> None:
        with pytest.raises(InvalidRequestError, match=r"untold\.gguf"):
            await whole(either, model=f"llama_cpp/{tmp_path}/untold", max_tokens=1)

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

    took: float = told("async", tell, n_threads=1)  # several wait for one another where the machine is busy
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

    assert told(kind, tell, n_threads=1) < 1


@both
def test_a_deadline_ends_a_generation(told: Any, kind: str) -> None:
    async def tell(either: Either) -> None:
        await whole(either, max_tokens=1)
        with pytest.raises(onellm.APITimeoutError):
            await whole(either, **LONG, deadline=0.1)
        assert (await whole(either, max_tokens=1)).choices

    told(kind, tell)


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
