"""A prediction as a flow: created once, waited for, and cancelled where the caller stops waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from onellm.call import Call, Flow, ask, leave, report, sleep
from onellm.errors import (
    APIConnectionError,
    APITimeoutError,
    OneLLMError,
    OverloadedError,
    RateLimitError,
    ServerError,
    UnexpectedRedirectError,
)
from onellm_providers.replicate.prediction import Prediction

POLL = 0.5
"""Seconds between two looks at a prediction, as in the replicate SDK 1.0.7."""
PATIENCE = 3
"""Failures in a row, of looking how far it is, that are waited out."""


@dataclass(frozen=True)
class Steps:
    """What can be done with a prediction: look how far it is, and cancel it. `pause` in seconds."""

    look: Callable[[str], Call[Prediction]]
    cancel: Callable[[str], Call[Prediction]]
    pause: float = POLL


def finished(prediction: Prediction, steps: Steps) -> Flow[Prediction]:
    """Wait for the end of a prediction, telling the caller of it on the way.

    Whatever ends the waiting before (the deadline, Ctrl-C, a cancelled task, an error), the service is asked to cancel
    the prediction.
    """
    failures = 0
    try:
        yield from report(prediction)
        while not prediction.has_ended:
            yield from sleep(steps.pause)
            try:
                prediction = yield from ask(steps.look(prediction.id))
            except OneLLMError as error:
                failures += 1
                if failures > PATIENCE or not _passes(error):
                    raise
                yield from sleep(getattr(error, "retry_after", None) or 0.0)
            else:
                failures = 0
                yield from report(prediction)
    except GeneratorExit:
        raise
    except BaseException as error:
        if not prediction.has_ended:
            yield from leave(steps.cancel(prediction.id))
            error.add_note(f"The prediction {prediction.id} was left unfinished; the service was asked to cancel it.")
        raise
    return prediction


def _passes(error: OneLLMError) -> bool:
    if isinstance(error, APITimeoutError) and error.phase == "deadline":
        return False
    if isinstance(error, UnexpectedRedirectError):
        return False
    return isinstance(error, (RateLimitError, OverloadedError, ServerError, APIConnectionError))
