"""A host that speaks OpenAI's format, described as data: what it takes, what it calls things, where it deviates."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Literal, TypeAlias

from onellm.capabilities import Capability
from onellm.config import Host
from onellm.errors import APIError
from onellm.openai_compatible.limits import Limit
from onellm.openai_compatible.operations import OPENAI_OPERATIONS, Operation
from onellm.record import record

OPENAI_PARAMETERS = frozenset({
    "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "max_completion_tokens",
    "max_tokens", "metadata", "modalities", "moderation", "n", "parallel_tool_calls", "prediction", "presence_penalty",
    "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning_effort", "response_format",
    "safety_identifier", "seed", "service_tier", "stop", "store", "stream_options", "temperature", "tool_choice",
    "tools", "top_logprobs", "top_p", "user", "verbosity", "web_search_options",
})  # fmt: skip
"""The parameters of OpenAI's POST /chat/completions (openai SDK 3.52, API reference of August 2026)."""

COMMON_EXTRAS = frozenset({"top_k", "min_p", "repetition_penalty"})
"""Sampling parameters that most open-model hosts take beside OpenAI's."""

NOTHING: frozenset[str] = frozenset()
PARTS = frozenset({"text", "image_url", "input_audio", "file", "refusal"})


Format: TypeAlias = Literal["json_object", "json_schema", "schema_in_object", "object_schema"]
"""How a response format is written: as OpenAI writes it; a schema as `{"type": "json_object", "schema": …}`; an object
as the schema of any object."""

_PARTS = {
    "image_url": Capability.VISION,
    "input_audio": Capability.AUDIO_INPUT,
    "file": Capability.DOCUMENT_INPUT,
}
_FORMATS = {"json_object": Capability.JSON_MODE, "json_schema": Capability.JSON_SCHEMA}
_PARAMETERS = {"tools": Capability.TOOLS, "logprobs": Capability.LOGPROBS}


@record(frozen=True, eq=False, repr=False)
class Spec:
    """One host. A field that is left out says that the host does as OpenAI does, or that nothing is known of it."""

    name: str
    """What stands before the slash."""
    base_url: str | None = None
    """Without the operation; None where the user must give it. `{account}` stands for the setting of that name."""
    key: str | tuple[str, ...] = ()
    """Key variables that are read beside `<NAME>_API_KEY`."""
    key_required: bool = True
    settings: tuple[str, ...] = ()
    """Further settings; one that stands in `base_url` may also come from `<NAME>_<SETTING>`."""
    note: str = ""
    """What a user must know who gives no base URL: that the public service is closed."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    read_url: Callable[[str, Mapping[str, Any]], tuple[str, Mapping[str, Any]]] | None = None
    credentials: tuple[str, ...] = ()
    """As in `Host`."""

    # -- what it offers --------------------------------------------------------------------------------------------

    operations: frozenset[Capability] = frozenset({Capability.CHAT, Capability.STREAM})
    overrides: Mapping[Capability, Operation] = field(default_factory=dict[Capability, Operation])
    """Operations beside chat that differ from OpenAI's."""
    chat_over_responses: bool | str = False
    """Chat completions go through its Responses API: those of all models, or of those that match a pattern."""
    image_variations: bool = False
    """It has image variations, which OpenAI withdrew."""
    features: Mapping[Capability, bool] = field(default_factory=dict[Capability, bool])
    """What all its models are known to do or not, beside what the other fields say (see `known`)."""
    models_path: str | None = "models"
    """Where its models are listed, behind the base URL or, with `../`, beside it; None where nowhere."""
    models_in: str = "data"
    model_id: str = "id"
    """The field that holds the list, and that of a row which holds the model's id."""
    prices_per_million: bool = False
    """Its list has prices as numbers, USD for a million tokens."""

    # -- parameters ------------------------------------------------------------------------------------------------

    parameters: frozenset[str] = COMMON_EXTRAS
    """Taken beside OpenAI's."""
    refuse: frozenset[str] = frozenset()
    """Of OpenAI's, not taken, or ignored."""
    refuse_for: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """The same for the models that match a pattern."""
    rename: Mapping[str, str] = field(default_factory=dict[str, str])
    limits: Mapping[str, Limit] = field(default_factory=dict[str, Limit])
    exclusive: tuple[tuple[str, str], ...] = ()
    """Pairs of fields of the body that it does not take together."""
    lists: frozenset[str] = frozenset()
    """Parameters that it takes as lists only."""
    logprobs_as_count: bool = False
    """`logprobs` is a number, that of the alternatives; there is no `top_logprobs`."""
    formats: Mapping[str, Format] | None = None
    """The types of `response_format` that it takes beside `text`, and how each is written; None: as OpenAI."""
    effort_in_reasoning: bool | str = False
    """`reasoning_effort` goes into `reasoning`: for all models, or for those that match a pattern."""
    efforts: Mapping[str, str] = field(default_factory=dict[str, str])
    """Its own words for efforts."""
    no_effort: Mapping[str, object] = field(default_factory=dict[str, object])
    """What is sent in place of `reasoning_effort="none"`."""
    stream_usage: bool = True
    """Usage of a stream must be asked for. False: it comes unasked."""

    # -- tools -----------------------------------------------------------------------------------------------------

    tool_types: frozenset[str] | None = None
    """The types of tools that it takes, None where that is not known."""
    tool_names: str | None = None
    """The pattern of tools' names."""
    tool_choices: frozenset[str] | None = None
    """Of `auto`, `none`, `required` and `named` (a certain function) those that it takes; None: all."""
    tool_choice_words: Mapping[str, str] = field(default_factory=dict[str, str])
    """Its own words for them."""
    strict_tools: bool = True
    """It takes `strict` in a function."""
    tool_id_size: int | None = None
    """Ids of tool calls are letters and digits, so many of them."""
    free_choice_with: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """What a model that matches a pattern does not take together with a forced tool, as paths of the body."""
    one_call_a_turn: bool = False
    """Several calls of one turn go back as turns of one call each, each with its result."""
    calls_in_content: bool = False
    """A call may come as JSON in the content."""

    # -- messages --------------------------------------------------------------------------------------------------

    roles: Mapping[str, str] = field(default_factory=lambda: {"developer": "system"})
    """Roles that it calls otherwise."""
    parts: frozenset[str] = PARTS
    """The content parts that it takes."""
    text_roles: frozenset[str] = frozenset()
    """Roles whose content is text only."""
    join_texts: bool = False
    """Content that is text goes as one text, never as a list of parts."""
    tool_text_only: bool = False
    """A tool's result must be one text."""
    empty_text: bool = True
    """It takes an empty text part."""
    message_name: bool = True
    """It takes `name` on messages."""
    tool_name: bool = False
    """It takes `name` on a tool's result."""
    cache_control: bool = False
    """It takes cache_control on content parts."""
    loose_history: bool = False
    """It takes tool results without calls and calls without results."""
    prefill: str | None = None
    """The flag that marks a last assistant message as the beginning of the answer; it is set there."""
    assistant_fields: frozenset[str] = frozenset()
    """Further fields of assistant messages that are sent as they are given."""
    call_fields: frozenset[str] = frozenset()
    """Fields of its tool calls that it wants back."""
    audio_as_uri: bool = False
    """The data of an audio part is a data URI."""
    replay: tuple[str, ...] = ()
    """Fields of its assistant messages that it wants back."""
    replay_calls_only: bool = False
    """It wants them back on turns with tool calls."""
    thoughts_as_tags: bool | str = False
    """It wants thoughts back in think tags before the content: all models, or those that match a pattern."""

    # -- answers ---------------------------------------------------------------------------------------------------

    think_tags: bool | str = False
    """Thoughts may come in think tags at the start of the content, or in tags of this word."""
    finish_reasons: Mapping[str, str] = field(default_factory=dict[str, str])
    """Its own words."""
    usage_at: tuple[str, ...] = ()
    """Where a stream's usage is, if not at `usage`."""
    usage_in_choice: bool = False
    """A stream's usage may be in its choice."""
    cost_at: tuple[str, ...] = ()
    """Where it reports a cost."""
    cost_unit: float = 1.0
    """USD for one of that cost."""
    cost_parts_at: Mapping[tuple[str, ...], str] = field(default_factory=dict[tuple[str, ...], str])
    """Where it reports parts of the cost, and what `Prices` calls them."""
    status_in: str = ""
    """The field of a 200 whose `status_code` is not zero where the call failed."""
    error_codes: Mapping[str, type[APIError]] = field(default_factory=dict[str, type[APIError]])
    """Its own codes of errors."""

    # -- where it is written ---------------------------------------------------------------------------------------

    source: str = ""
    as_of: str = ""
    """Where the facts come from, and when they were read."""
    unconfirmed: tuple[str, ...] = ()
    """What no source confirms: fields of this row, and what is said of the host elsewhere and not in this row."""

    def __repr__(self) -> str:
        return f"Spec({self.name!r})"

    @property
    def host(self) -> Host:
        """Where the host's settings come from."""
        names = (self.key,) if isinstance(self.key, str) else self.key
        return Host(
            self.name, self.base_url, names, self.key_required, self.settings, self.note, self.variables,
            self.read_url, self.credentials,
        )  # fmt: skip

    @functools.cached_property
    def known(self) -> Mapping[Capability, bool]:
        """What all models of the host are known to do or not: `features`, and what follows from other fields."""
        missing = [word for part, word in _PARTS.items() if part not in self.parts]
        if self.formats is not None:
            missing += [word for kind, word in _FORMATS.items() if kind not in self.formats]
        if self.tool_choices is not None and not self.tool_choices & {"required", "named"}:
            missing.append(Capability.TOOL_CHOICE_REQUIRED)
        missing += [word for name, word in _PARAMETERS.items() if name in self.refuse]
        return {**dict.fromkeys(missing, False), **self.features}

    def operation(self, capability: Capability) -> Operation:
        """An operation beside chat: the host's own, or OpenAI's."""
        return self.overrides.get(capability) or OPENAI_OPERATIONS[capability]

    @functools.cached_property
    def taken(self) -> frozenset[str]:
        """The parameters that the host takes."""
        return (OPENAI_PARAMETERS | self.parameters) - self.refuse

    def takes(self, parameter: str) -> bool:
        """Whether the host takes a parameter of this name."""
        return parameter in self.taken

    def refuses_for(self, model: str) -> frozenset[str]:
        """The parameters that this model does not take, of those that the host's other models do."""
        if not self.refuse_for:
            return NOTHING
        found = (names for pattern, names in self.refuse_for.items() if re.fullmatch(pattern, model))
        return NOTHING.union(*found)


def applies(to: bool | str, model: str) -> bool:
    """Whether what a row says of all models, or of those that match a pattern, holds for this one."""
    return to if isinstance(to, bool) else re.fullmatch(to, model) is not None
