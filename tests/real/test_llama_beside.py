"""The same model in this process and behind a llama-server: the same tokens go in, and the same come out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import onellm
from tests.real.conftest import serving
from tests.real.here import HELLO, TOOL, whole
from tests.real.llama_server import BINARY

pytestmark = pytest.mark.real


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
def test_the_first_token_is_the_servers(told: Any, tmp_path: Path, written: bool, added: bool) -> None:
    """A prompt begins with one <s> if the tokenizer adds it or the template writes it, or both."""
    from tests.real import tiny_model

    if not BINARY.exists():
        pytest.skip("there is no llama-server: `make test-real` builds it")
    name = f"begins-{written:d}{added:d}"
    template = ("{{- bos_token }}" if written else "") + tiny_model.TEMPLATE
    tiny_model.write(tmp_path / f"{name}.gguf", template, add_bos=added)
    params: dict[str, Any] = {"messages": HELLO, "max_tokens": 16, "temperature": 0}
    here = told("sync", lambda either: whole(either, model=f"llama_cpp/{tmp_path}/{name}", **params))
    with (
        serving(tmp_path / f"{name}.gguf", "-c 2048 -np 1 --jinja") as url,
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
