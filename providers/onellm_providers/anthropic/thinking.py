"""How much a model is to think: OpenAI's `reasoning_effort` and Anthropic's own `thinking`, by the model's rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from onellm.decode.json import Table, table
from onellm.errors import InvalidRequestError
from onellm_providers.anthropic.rules import BUDGETS, LEAST_BUDGET
from onellm_providers.anthropic.target import Target

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


class Talk(Protocol):
    """What thinking must know of the conversation."""

    lost_thinking: str
    """The open turn with tool calls that has no thinking before them, as the caller knows it."""
    thinking: bool
    """Some turn has thinking."""


def budget_of(target: Target, given: Mapping[str, Any]) -> int:
    """The budget that the effort in `given` stands for on this model; 0 where it is none."""
    effort = given.get("reasoning_effort")
    if effort in (None, "none") or given.get("thinking") is not None or not target.rules.thinking:
        return 0
    return BUDGETS.get(str(effort), 0) if target.rules.efforts == () else 0


def encode_thinking(target: Target, given: dict[str, Any], max_tokens: int, talk: Talk) -> tuple[Table, Table]:
    """`thinking` and the effort for `output_config`; what they are made of is taken out of `given`.

    Raises InvalidRequestError for a budget that does not fit below `max_tokens`, which is never changed.
    """
    effort, own = given.pop("reasoning_effort", None), given.pop("thinking", None)
    config = {"effort": effort} if effort is not None else {}
    thinking: Table = {}
    if effort is not None:
        thinking, config = _of_effort(target, effort, given_thinking=own is not None)
    if own is not None:
        if not isinstance(table(own).get("type"), str):
            raise InvalidRequestError("thinking needs a type, such as {'type': 'adaptive'}.", param="thinking")
        thinking = dict(table(own))
        taken = target.rules.thinking
        if taken is not None and thinking["type"] not in taken:
            words = ", ".join(sorted(taken)) or "none"
            target.losses.refuse("thinking", f"{target} takes no thinking of type {thinking['type']!r} ({words}).")
            thinking = {}
    if thinking.get("type") == "enabled":
        _check_budget(target, thinking, effort, max_tokens)
        if talk.lost_thinking:
            thinking = _without(target, talk, "reasoning_effort" if own is None else "thinking")
    return thinking, config


def _of_effort(target: Target, effort: Any, *, given_thinking: bool) -> tuple[Table, Table]:
    """What an effort becomes: an effort of the service beside adaptive thinking, or a budget."""
    if effort not in EFFORTS:
        raise InvalidRequestError(f"reasoning_effort must be one of {', '.join(EFFORTS)}.", param="reasoning_effort")
    taken, efforts = target.rules.thinking, target.rules.efforts
    if effort == "none":
        for kind in ("disabled", "between_tools"):
            if taken is None or kind in taken:
                return {"type": kind}, {}
        if taken:
            target.losses.refuse("reasoning_effort", f"{target} always thinks; its least effort is 'low'.")
        return {}, {}
    if taken is not None and not taken:
        target.losses.refuse("reasoning_effort", f"{target} does not think.")
        return {}, {}
    if efforts is not None and not efforts:
        return ({} if given_thinking else {"type": "enabled", "budget_tokens": BUDGETS[effort]}), {}
    word = "low" if effort == "minimal" else effort
    if efforts is not None and word not in efforts:
        target.losses.refuse("reasoning_effort", f"{target} takes the efforts {', '.join(efforts)}, not {effort!r}.")
        return {}, {}
    return {"type": "adaptive"}, {"effort": word}


def _check_budget(target: Target, thinking: Table, effort: Any, max_tokens: int) -> None:
    budget = thinking.get("budget_tokens")
    if not isinstance(budget, int) or budget < LEAST_BUDGET:
        raise InvalidRequestError(f"thinking.budget_tokens must be {LEAST_BUDGET} or more.", param="thinking")
    if budget >= max_tokens:
        what = f"reasoning_effort={effort!r} means {budget} tokens" if effort else f"The budget is {budget} tokens"
        raise InvalidRequestError(
            f"{what} on {target}; max_completion_tokens is {max_tokens} and must be more.",
            param="max_completion_tokens",
        )


def check_effort(target: Target, thinking: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    """Raise InvalidRequestError for an effort that the model takes only while it thinks."""
    kind, effort, taken = thinking.get("type"), config.get("effort"), target.rules.unthinking_efforts
    if kind in ("disabled", "between_tools") and taken is not None and effort is not None and effort not in taken:
        raise InvalidRequestError(
            f"{target} takes with thinking {kind!r} the efforts {', '.join(taken)}, not {effort!r}.", param="thinking"
        )


def _without(target: Target, talk: Talk, param: str) -> Table:
    """The turn whose tools were just run came without its thinking, which the service wants back."""
    text = (
        f"{talk.lost_thinking} called tools while it thought, and comes without its thinking: pass the answer's whole "
        f"message back (its provider_state), or leave out {param}."
    )
    if talk.thinking:
        raise InvalidRequestError(text, param=talk.lost_thinking)
    target.losses.refuse(param, text)
    return {"type": "disabled"}
