"""OpenAI's words for what is wrong: `{"error": {"message", "type", "param", "code"}}` (OpenAI API reference)."""

from __future__ import annotations

from onellm.checks import Issue, Path
from onellm.testing.simulator.values import ServiceError, SimReply

_TYPES = {429: "requests", 503: "service_unavailable_error"}


def error(refused: ServiceError) -> SimReply:
    """An error's reply."""
    message, param, code = refused.message, refused.param, refused.code
    if refused.issues:
        message, param, code = _worded(refused.issues[0])
    elif code == "invalid_json":
        message, code = "We could not parse the JSON body of your request.", None
    kind = _TYPES.get(refused.status, "server_error" if refused.status >= 500 else "invalid_request_error")
    if code == "insufficient_quota":
        kind = code
    body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    return SimReply.json(body, refused.status, refused.headers)


def place(path: Path) -> str:
    """`messages[0].content`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _worded(issue: Issue) -> tuple[str, str | None, str | None]:
    """Message, param and code for what a check found."""
    param, facts = place(issue.path), issue.facts
    if issue.code == "unrecognized_keys":
        keys = facts["keys"]
        if not issue.path:
            return f"Unrecognized request argument{'s'[: len(keys) - 1]} supplied: {', '.join(keys)}", None, None
        unknown = f"{param}.{keys[0]}"
        return f"Unknown parameter: '{unknown}'.", unknown, "unknown_parameter"
    if issue.code == "invalid_type" and facts["received"] == "undefined":
        return f"Missing required parameter: '{param}'.", param, "missing_required_parameter"
    if issue.code == "invalid_type":
        message = (
            f"Invalid type for '{param}': expected {_a(facts['expected'])}, but got {_a(facts['received'])} instead."
        )
        return message, param, "invalid_type"
    if issue.code == "invalid_enum_value":
        supported = ", ".join(f"'{option}'" for option in facts["options"])
        return f"Invalid value: '{facts['received']}'. Supported values are: {supported}.", param, "invalid_value"
    if issue.code == "invalid_string":
        message = f"Invalid '{param}'. Expected a valid URL, but got a value with an invalid format."
        return message, param, "invalid_value"
    return _out_of_range(issue, param)


def _out_of_range(issue: Issue, param: str) -> tuple[str, str, str]:
    small = issue.code == "too_small"
    bound = issue.facts["minimum" if small else "maximum"]
    kind = "decimal" if issue.kind == "number" else issue.kind
    if kind in ("decimal", "integer"):
        relation, side = (">=", "below minimum") if small else ("<=", "above maximum")
        expected = f"Expected a value {relation} {bound}, but got {issue.size} instead."
        code = f"{kind}_{'below_min' if small else 'above_max'}_value"
        return f"Invalid '{param}': {kind} {side} value. {expected}", param, code
    side = "short" if small else "long"
    message = (
        f"Invalid '{param}': {kind} too {side}. Expected {_a(kind)} with {'minimum' if small else 'maximum'} length "
        f"{bound}, but got {_a(kind)} with length {issue.size} instead."
    )
    return message, param, f"{kind}_{'below_min' if small else 'above_max'}_length"


def _a(noun: str) -> str:
    if noun in ("null", "undefined"):
        return noun
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
