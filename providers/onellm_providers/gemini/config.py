"""`generationConfig`: sampling, limits, the form of the answer, thinking."""

from __future__ import annotations

from typing import Any

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.translate.parameters import take_max_tokens, take_stop
from onellm_providers.gemini.rules import BUDGETS
from onellm_providers.gemini.schemas import ordered, subset, whole
from onellm_providers.gemini.target import Target

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
MOST_STOPS = 5
SAMPLING = {"temperature": "temperature", "top_p": "topP", "top_k": "topK"}
PENALTIES = {"presence_penalty": "presencePenalty", "frequency_penalty": "frequencyPenalty"}
PLAIN = {
    "seed": "seed",
    "speech_config": "speechConfig",
    "image_config": "imageConfig",
    "media_resolution": "mediaResolution",
}
"""Parameters that go in as they are."""
MODALITIES = {"text": "TEXT", "image": "IMAGE", "audio": "AUDIO"}


def encode_config(target: Target, given: dict[str, Any], *, tools: bool) -> Table:
    """The configuration; what it is made of is taken out of `given`."""
    config: Table = {}
    own = table(given.pop("generation_config", None))
    _place_sampling(target, given, config)
    if (most := take_max_tokens(given)) is not None:
        config["maxOutputTokens"] = most
    if stops := take_stop(given):
        if len(stops) > MOST_STOPS:
            raise InvalidRequestError(f"stop has {len(stops)} texts; {target.name} takes {MOST_STOPS}.", param="stop")
        config["stopSequences"] = stops
    if (count := given.pop("n", None)) not in (None, 1):
        config["candidateCount"] = count
    for name, theirs in PLAIN.items():
        if name in given:
            config[theirs] = given.pop(name)
    _place_logprobs(given, config)
    _place_modalities(target, given, config)
    _place_format(target, given, config, tools=tools)
    if thinking := _thinking(target, given):
        config["thinkingConfig"] = thinking
    _add_own(config, own)
    if target.rules.audio_output and not {"responseModalities", "response_modalities"} & config.keys():
        config["responseModalities"] = ["AUDIO"]  # a model of speech answers in nothing else
    return config


def _add_own(config: Table, own: Table) -> None:
    """The caller's `generation_config`, which may say nothing else than the parameters do. It is sent as it is."""
    for name, value in own.items():
        first, *others = name.split("_")
        known = first + "".join(map(str.capitalize, others))
        if config.get(known, value) != value:
            raise InvalidRequestError(
                f"generation_config.{name} and a parameter say different things; give one of them.",
                param=f"generation_config.{name}",
            )
        config.pop(known, None)
        config[name] = value


def _place_sampling(target: Target, given: dict[str, Any], config: Table) -> None:
    for names, heeded in ((SAMPLING, target.rules.sampling), (PENALTIES, target.rules.penalties)):
        for name, theirs in names.items():
            if name not in given:
                continue
            value = given.pop(name)
            if heeded:
                config[theirs] = value
            else:
                target.losses.refuse(name, f"{target} takes no {name}. Leave it out, or pass unsupported='drop'.")


def _place_logprobs(given: dict[str, Any], config: Table) -> None:
    wanted, top = given.pop("logprobs", None), given.pop("top_logprobs", None)
    if wanted:
        config["responseLogprobs"] = True
        if top is not None:
            config["logprobs"] = top
    elif top is not None:
        raise InvalidRequestError("top_logprobs needs logprobs=True.", param="top_logprobs")


def _place_modalities(target: Target, given: dict[str, Any], config: Table) -> None:
    asked = [str(each).lower() for each in array(given.pop("modalities", None))]
    if unknown := [each for each in asked if each not in MODALITIES]:
        raise InvalidRequestError(f"modalities holds {unknown[0]!r}; it takes text, image, audio.", param="modalities")
    if asked and asked != ["text"]:
        config["responseModalities"] = [MODALITIES[each] for each in asked]
    audio = table(given.pop("audio", None))
    if (voice := audio.pop("voice", None)) and "speechConfig" in config:
        raise InvalidRequestError("Give audio.voice or speech_config, which holds the voice; not both.", param="audio")
    if voice:
        config["speechConfig"] = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": voice}}}
    if audio.get("format") not in (None, "pcm16"):
        target.losses.refuse("audio.format", f"{target.name} speaks in PCM of 16 bits alone.")


def _place_format(target: Target, given: dict[str, Any], config: Table, *, tools: bool) -> None:
    asked = table(given.pop("response_format", None))
    kind = asked.get("type")
    if kind in (None, "text"):
        return
    if kind not in ("json_object", "json_schema"):
        raise InvalidRequestError(
            "response_format.type must be text, json_object or json_schema.", param="response_format"
        )
    if tools and not target.rules.tools_with_format:
        raise InvalidRequestError(
            f"{target} takes no response_format beside tools. Pass structured='tool' with a type, or take a later "
            "model.",
            param="response_format",
        )
    config["responseMimeType"] = "application/json"
    if kind == "json_object":
        return
    schema = table(table(asked.get("json_schema")).get("schema"))
    if not schema:
        raise InvalidRequestError("response_format.json_schema needs a schema.", param="response_format")
    if target.rules.json_schema == "subset":
        config["responseSchema"] = subset(target, schema, "response_format")
    else:
        config["responseJsonSchema"] = (ordered if target.rules.json_schema == "ordered" else whole)(schema)


def _thinking(target: Target, given: dict[str, Any]) -> Table:
    """`thinkingConfig`: what the caller put there, or what an effort stands for; a level or a budget, never both."""
    effort, own = given.pop("reasoning_effort", None), table(given.pop("thinking_config", None))
    if effort is not None and effort not in EFFORTS:
        raise InvalidRequestError(f"reasoning_effort must be one of {', '.join(EFFORTS)}.", param="reasoning_effort")
    steered = {"thinkingLevel", "thinkingBudget", "thinking_level", "thinking_budget"} & own.keys()
    if len(steered) > 1 or (steered and effort is not None):
        raise InvalidRequestError(
            "Give one of reasoning_effort, a thinking level and a thinking budget.", param="thinking_config"
        )
    if effort is None:
        return own
    return {**_of_effort(target, str(effort)), **own}


def _of_effort(target: Target, effort: str) -> Table:
    rules = target.rules
    if rules.thinks == "never":
        if effort != "none":
            target.losses.refuse("reasoning_effort", f"{target} does not think.")
        return {}
    shown: Table = {} if effort == "none" else {"includeThoughts": True}
    if rules.thinks == "budget":
        if effort != "none":
            return {"thinkingBudget": BUDGETS[effort], **shown}
        if not rules.can_stop:
            target.losses.refuse("reasoning_effort", f"{target} always thinks; its least effort is 'minimal'.")
            return {}
        return {"thinkingBudget": 0}
    level = {"none": "minimal", "xhigh": "high", "max": "high"}.get(effort, effort)
    if effort == "none" and level not in rules.levels:
        target.losses.refuse("reasoning_effort", f"{target} always thinks; its least effort is 'low'.")
        return {}
    return {"thinkingLevel": (level if level in rules.levels else "low").upper(), **shown}
