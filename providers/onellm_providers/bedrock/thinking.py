"""How much a model is to think, in the words of its family; Converse itself has none but `outputConfig.effort`."""

from __future__ import annotations

from typing import Any

from onellm.decode.json import Table
from onellm.errors import InvalidRequestError
from onellm_providers.anthropic.rules import UNKNOWN_OUTPUT
from onellm_providers.anthropic.thinking import EFFORTS, budget_of
from onellm_providers.anthropic.thinking import encode_thinking as encode_claude
from onellm_providers.bedrock.messages import Conversation
from onellm_providers.bedrock.target import Target

LEVELS = ("low", "medium", "high")
ENDLESS = 1 << 30


def encode_thinking(
    target: Target, given: dict[str, Any], most: int | None, talk: Conversation
) -> tuple[Table, Table, int | None]:
    """The model's own fields, the `outputConfig`, and the most tokens of the answer.

    A budget that an effort stands for gets room for an answer beside it where the caller said no limit.
    """
    family = target.family
    if family.effort == "claude":
        budget = budget_of(target.claude, given) if most is None else 0
        room = budget + UNKNOWN_OUTPUT if budget else most
        thinking, config = encode_claude(target.claude, given, ENDLESS if room is None else room, talk)
        if thinking.get("type") == "disabled":
            room = most
        return {"thinking": thinking} if thinking else {}, config, room
    effort = given.pop("reasoning_effort", None)
    if effort is None:
        return {}, {}, most
    if effort not in EFFORTS:
        raise InvalidRequestError(f"reasoning_effort must be one of {', '.join(EFFORTS)}.", param="reasoning_effort")
    if family.effort is None:
        target.losses.refuse(
            "reasoning_effort",
            f"It is not known how {target} is told to think; put it into additionalModelRequestFields in its words.",
        )
    elif effort == "none" and family.effort == "nova":
        return {"reasoningConfig": {"type": "disabled"}}, {}, most
    elif effort not in LEVELS:
        target.losses.refuse("reasoning_effort", f"{target} takes the efforts {', '.join(LEVELS)}, not {effort!r}.")
    elif family.effort == "nova":
        return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}, {}, most
    else:
        return {"reasoning_effort": effort}, {}, most
    return {}, {}, most
