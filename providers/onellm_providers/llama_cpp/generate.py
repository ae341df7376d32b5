"""Tokens out of a model: the prompt in steps that can be stopped, then one token after the other."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from onellm.decode.json import Table, table
from onellm.errors import InvalidRequestError, ServerError
from onellm_providers.llama_cpp.loading import Loaded
from onellm_providers.llama_cpp.row import NAME
from onellm_providers.llama_cpp.shelf import Stop
from onellm_providers.llama_cpp.stops import StopTexts

STEP = 32
"""Tokens of the prompt that are computed at once, where a processor does it: between two steps it can be stopped."""
NEVER = -9999.0
"""The log probability of what cannot come; JSON has no infinity."""

SAMPLER = {"temperature": "temp", **{name: name for name in (
    "frequency_penalty", "min_p", "mirostat_eta", "mirostat_mode", "mirostat_tau", "presence_penalty",
    "repeat_penalty", "top_k", "top_p", "typical_p",
)}}  # fmt: skip
"""Parameters of the body, and what `Llama.generate` calls them."""


@dataclass
class Piece:
    """Text that came, and the log probabilities of its tokens. The last piece has the reason of the end."""

    text: str = ""
    logprobs: list[Table] = field(default_factory=list[Table])
    finish_reason: str | None = None


@dataclass
class Count:
    """How many tokens went in and came out."""

    prompt: int
    kept: int = 0
    completion: int = 0


def read_prompt(model: Loaded, tokens: list[int], stop: Stop) -> int:
    """Compute the prompt, but what it shares with what was computed last. Returns how many tokens were kept.

    It goes in steps, because one call of llama.cpp cannot be interrupted. A step begins at a multiple of its size: how
    tokens are put together changes how they are rounded, and the same request shall have the same answer.
    """
    llama, its = model.llama, model.library
    size: int = llama.n_batch if model.on_gpu else min(STEP, llama.n_batch)
    kept = 0
    for before, token in zip(llama.input_ids[: llama.n_tokens].tolist(), tokens[:-1], strict=False):
        if before != token:
            break
        kept += 1
    kept -= kept % size
    memory = its.llama_get_memory(llama.ctx)
    if kept and not its.llama_memory_seq_rm(memory, -1, kept, -1):
        kept = 0  # the states of a recurrent model cannot be shortened
    if not kept:
        llama.reset()
        its.llama_memory_clear(memory, True)
    llama.n_tokens = kept
    for place in range(kept, len(tokens), size):
        stop.check()
        llama.eval(tokens[place : place + size])
    return kept


def generate(
    model: Loaded, tokens: list[int], body: Table, grammar: Any, seed: int | None, stop: Stop, count: Count
) -> Iterator[Piece]:
    """The answer to a prompt, piece by piece."""
    llama = model.llama
    try:
        count.kept = max(count.kept, read_prompt(model, tokens, stop))
        llama.set_seed(model.library.LLAMA_DEFAULT_SEED if seed is None else seed & 0xFFFFFFFF)
        given = {SAMPLER[name]: body[name] for name in SAMPLER if name in body}
        processors = _biases(model, body.get("logit_bias"))
        found: Iterator[int] = llama.generate(tokens, grammar=grammar, logits_processor=processors, **given)
        yield from _pieces(model, found, body, _room(model, tokens, body), stop, count)
    except (RuntimeError, ValueError, AssertionError) as error:
        llama.reset()
        raise ServerError(f"llama.cpp failed: {error}", provider=NAME, model=body["model"]) from error


def _room(model: Loaded, tokens: list[int], body: Table) -> int:
    """How many tokens may come: what was asked for, or what fits."""
    fits = model.context - len(tokens)
    wanted: int = body.get("max_tokens", fits)
    return min(fits, wanted)


def _pieces(model: Loaded, found: Iterator[int], body: Table, room: int, stop: Stop, count: Count) -> Iterator[Piece]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    stops = StopTexts(body.get("stop") or [])
    alternatives = body.get("top_logprobs", 0) if body.get("logprobs") else None
    waiting: list[Table] = []
    reason = "length"
    for _ in range(room):
        stop.check()
        token = next(found)
        count.completion += 1
        if model.ends(token):
            reason = "stop"
            break
        if alternatives is not None:
            waiting.append(_logprob(model, token, alternatives))
        text = stops.feed(decoder.decode(model.text_of(token)))
        if text:
            yield Piece(text, waiting)
            waiting = []
        if stops.hit:
            yield Piece(finish_reason="stop")
            return
    yield Piece(stops.feed(decoder.decode(b"", final=True)) + stops.close(), waiting, reason)


def _biases(model: Loaded, given: Any) -> Any:
    """What makes tokens likelier or less likely, by their numbers."""
    if not given:
        return None
    try:
        biases = {int(token): float(bias) for token, bias in table(given).items()}
    except (ValueError, TypeError) as error:
        raise InvalidRequestError("logit_bias maps numbers of tokens to numbers.", param="logit_bias") from error
    size: int = model.llama.n_vocab()
    if wrong := [token for token in biases if not 0 <= token < size]:
        raise InvalidRequestError(f"logit_bias: the model has {size} tokens, and no {wrong[0]}.", param="logit_bias")

    def apply(_: Any, scores: Any) -> Any:
        for token, bias in biases.items():
            scores[token] += bias
        return scores

    return import_module("llama_cpp").LogitsProcessorList([apply])


def _logprob(model: Loaded, token: int, alternatives: int) -> Table:
    """What OpenAI says of a token: its log probability before the sampler's own weighing, and those of others."""
    np = import_module("numpy")
    pointer = model.library.llama_get_logits_ith(model.llama.ctx, -1)
    row = np.ctypeslib.as_array(pointer, shape=(model.llama.n_vocab(),)).astype(np.float64)
    row -= row.max()
    row -= np.log(np.exp(row).sum())
    best: list[int] = np.argsort(row)[::-1][:alternatives].tolist() if alternatives else []
    return {**_named(model, token, row), "top_logprobs": [_named(model, each, row) for each in best]}


def _named(model: Loaded, token: int, row: Any) -> Table:
    spelt = model.text_of(token)
    text = spelt.decode(errors="replace") if spelt else model.name_of(token)
    return {"token": text, "logprob": max(float(row[token]), NEVER), "bytes": list(spelt)}
