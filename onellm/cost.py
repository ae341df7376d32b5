"""What the tokens of a call cost: each of them in one bucket, each bucket at its own price."""

from __future__ import annotations

from onellm.capabilities import Prices

TARIFFS = frozenset({"auto", "default", "standard", "on_demand"})
"""What answers call the service tier that the listed prices are for. Others (flex, priority, batch) have their own."""


class Tokens:
    """The tokens of one call. `prompt` and `completion` are whole; the others are parts of them.

    `cached`, `written`, `audio_input` and `image_input` are parts of the prompt; `reasoning`, `audio_output` and
    `image_output` of the completion.
    """

    __slots__ = (
        "audio_input", "audio_output", "cached", "completion", "image_input", "image_output", "prompt", "reasoning",
        "written",
    )  # fmt: skip

    def __init__(
        self,
        prompt: int = 0,
        completion: int = 0,
        cached: int = 0,
        written: int = 0,
        audio_input: int = 0,
        image_input: int = 0,
        reasoning: int = 0,
        audio_output: int = 0,
        image_output: int = 0,
    ) -> None:
        self.prompt = prompt
        self.completion = completion
        self.cached = cached
        self.written = written
        self.audio_input = audio_input
        self.image_input = image_input
        self.reasoning = reasoning
        self.audio_output = audio_output
        self.image_output = image_output


def cost_parts(tokens: Tokens, prices: Prices) -> dict[str, float] | str:
    """USD by bucket, named as in `Prices`; the cost is their sum. Buckets without tokens are left out.

    Images of the prompt and reasoning are billed as input and output where they have no price of their own. A cost that
    is not known is not 0; the answer is why then, as a text:

    - no tokens are counted, though there was an answer;
    - a bucket holds tokens and its price is not known;
    - the parts are more than the whole, or it is not said which of the cached tokens are audio or images of another
      price: the buckets overlap.
    """
    if not (tokens.prompt or tokens.completion):
        return "no tokens are counted"
    held = prices.at(tokens.prompt)
    images = tokens.image_input if held.image_input is not None else 0
    drawn, spoken, thought = tokens.image_output, tokens.audio_output, tokens.reasoning
    if tokens.cached + tokens.written and tokens.audio_input + images:
        return "it is not said which of the cached tokens are text"
    buckets = (
        ("input", tokens.prompt - tokens.cached - tokens.written - tokens.audio_input - images, held.input),
        ("cache_read", tokens.cached, held.cache_read),
        ("cache_write", tokens.written, held.cache_write),
        ("audio_input", tokens.audio_input, held.audio_input),
        ("image_input", images, held.image_input),
        ("output", tokens.completion - thought - spoken - drawn, held.output),
        ("reasoning", thought, held.output if held.reasoning is None else held.reasoning),
        ("audio_output", spoken, held.audio_output),
        ("image_output", drawn, held.image_output),
    )
    parts: dict[str, float] = {}
    for name, count, price in buckets:
        if not count:
            continue
        if count < 0:
            return f"the parts of the usage are more than the whole ({name}: {count})"
        if price is None:
            return f"the price of {name} is not known"
        parts[name] = count * price / 1_000_000
    return parts
