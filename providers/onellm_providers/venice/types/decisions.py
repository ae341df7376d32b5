"""Typed answers to questions about a state (venice-py 2.9.0; not in the OpenAPI file of 2026-08-21)."""

from __future__ import annotations

from onellm.types.base import Model, Result


class DecisionAnswer(Model):
    """The answer to one question; which fields it has depends on `type`.

    `noul`: from 0 (no) to 1 (yes). `choice`: the most probable option. `score`: a place on the scale, possibly between
    two levels; `legend` names the levels. `probabilities` by option or level add up to 1.
    """

    type: str
    noul: float | None = None
    choice: str | None = None
    score: float | None = None
    legend: dict[str, str] | None = None
    probabilities: dict[str, float] | None = None
    confidence: float | None = None


class DecisionUsage(Model):
    input_tokens: int = 0
    output_tokens: int = 0


class DecisionResponse(Result):
    """The answers, by the ids of the questions."""

    model: str
    answers: dict[str, DecisionAnswer]
    usage: DecisionUsage | None = None

    def noul(self, question: str) -> float:
        """How far the answer is yes, from 0 to 1. Raises LookupError where there is no such answer."""
        if (found := self._answer(question, "noul").noul) is None:
            raise LookupError(f"the answer to {question!r} has no noul")
        return found

    def choice(self, question: str) -> str:
        """The most probable option. Raises LookupError where there is no such answer."""
        if (found := self._answer(question, "choice").choice) is None:
            raise LookupError(f"the answer to {question!r} has no choice")
        return found

    def score(self, question: str) -> float:
        """The place on the scale. Raises LookupError where there is no such answer."""
        if (found := self._answer(question, "score").score) is None:
            raise LookupError(f"the answer to {question!r} has no score")
        return found

    def _answer(self, question: str, kind: str) -> DecisionAnswer:
        answer = self.answers.get(question)
        if answer is None or answer.type != kind:
            said = "was not answered" if answer is None else f"was answered as {answer.type}, not as {kind}"
            raise LookupError(f"the question {question!r} {said}")
        return answer
