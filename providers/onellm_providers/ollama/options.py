"""`options` and what stands beside them: how a model is run. The server refuses no option that it does not know.

Source: the types of the ollama client 0.6.3.
"""

from __future__ import annotations

import json
import warnings
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.translate.parameters import take_stop
from onellm_providers.ollama.target import Target

RENAMED = {
    "temperature": "temperature", "top_p": "top_p", "top_k": "top_k", "min_p": "min_p", "seed": "seed",
    "frequency_penalty": "frequency_penalty", "presence_penalty": "presence_penalty",
    "repetition_penalty": "repeat_penalty",
}  # fmt: skip
"""OpenAI's sampling parameters, and the name of the option that each is."""
OWN = frozenset({
    "f16_kv", "low_vram", "main_gpu", "mirostat", "mirostat_eta", "mirostat_tau", "num_batch", "num_ctx", "num_gpu",
    "num_keep", "num_predict", "num_thread", "numa", "penalize_newline", "repeat_last_n", "repeat_penalty", "tfs_z",
    "typical_p", "use_mlock", "use_mmap",
})  # fmt: skip
"""Options without a parameter of OpenAI's; they are taken as parameters, and within `options` too."""
BESIDE = ("keep_alive",)
TAKEN = frozenset(RENAMED) | OWN | {"options", "stop", *BESIDE}
SMALL = 4096
"""Tokens that a server may be set to hold where nobody says more. What it holds by itself depends on its memory and its
version, and is not confirmed."""
CHARACTERS = 4
"""Of a token, roughly: less than most models need, so that a warning is not given for nothing."""


class PromptTooLongWarning(UserWarning):
    """The prompt is likely longer than the model's window, and the server cuts it without a word."""


def place_options(target: Target, given: dict[str, Any], body: Table, most: int | None = None) -> None:
    """`options` and `keep_alive` of the body; what they are made of is taken out of `given`.

    `most`: the most tokens of the answer. Raises InvalidRequestError where one option is given twice, differently.
    """
    options: Table = {}
    for name, theirs in RENAMED.items():
        if name in given:
            options[theirs] = given.pop(name)
    for name in sorted(OWN & given.keys()):
        options[name] = given.pop(name)
    if most is not None:
        options["num_predict"] = most
    if sequences := take_stop(given):
        options["stop"] = sequences
    for name, value in table(given.pop("options", None)).items():
        if name in options and options[name] != value:
            raise InvalidRequestError(f"{name} is given twice: in options and as a parameter.", param=f"options.{name}")
        options[name] = value
    if (window := target.settings.get("num_ctx")) is not None:
        options.setdefault("num_ctx", window)
    if options:
        body["options"] = options
    for name in BESIDE:
        value = given.pop(name, target.settings.get(name))
        if value is not None:
            body[name] = value


def warn_if_long(target: Target, body: Table, characters: int) -> None:
    """Warn where a prompt of so many characters is likely longer than its window: the server cuts it in silence."""
    window = table(body.get("options")).get("num_ctx")
    about = characters // CHARACTERS
    if isinstance(window, int) and about > window:
        text = f"The prompt has about {about} tokens, and num_ctx is {window}: Ollama cuts the rest off without a word."
    elif window is None and about > SMALL and not target.model.endswith("-cloud"):
        text = (
            f"The prompt has about {about} tokens, and no num_ctx is given: a server that is not set to hold as much "
            "cuts the rest off without a word. Pass num_ctx=…, as a parameter or as a setting of the provider."
        )
    else:
        return
    warnings.warn(f"{target}: {text}", PromptTooLongWarning, stacklevel=2)


def length_of(tools: list[Table] | None) -> int:
    """The characters of tools, which the model reads as a part of its prompt."""
    return len(json.dumps(tools, ensure_ascii=False)) if tools else 0


def texts_in(messages: list[Table]) -> str:
    """The texts of a body's messages."""
    return "".join(
        f"{turn.get('content') or ''}{turn.get('thinking') or ''}{array(turn.get('tool_calls')) or ''}"
        for turn in messages
    )
