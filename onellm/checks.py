"""The words that a closed service's table of parameters is written in, and what they find wrong with a body.

A provider uses its table to refuse before sending, its simulator to answer as the service would.

    TABLE = record({"model": string(), "temperature": number(0, 2)}, required=("model",), closed=True)
    issues = list(TABLE({"temperature": 3}, ()))

A check is a function from a value and its place in the body to issues. Codes and messages are those of Zod 3, which
Venice's error bodies show; a service with other words makes them from an issue's code and facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

Path: TypeAlias = tuple[str | int, ...]

_JSON_TYPES: Mapping[type, str] = {
    type(None): "null", bool: "boolean", int: "number", float: "number", str: "string", list: "array"
}  # fmt: skip


@dataclass(frozen=True)
class Issue:
    """One thing that is wrong: where (`("messages", 0, "role")`), which rule it breaks, and what Zod tells of the rule.

    `kind` is what the check wants (`integer`), `size` the number, or the length, that is out of its range.
    """

    path: Path
    code: str
    message: str
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    kind: str = ""
    size: float = 0


Check: TypeAlias = Callable[[Any, Path], Iterator[Issue]]


def place(path: Path) -> str:
    """A place as people write it: `messages[0].content`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def number(low: float | None = None, high: float | None = None, *, above: float | None = None) -> Check:
    """A number in a range; `above` is a lower bound that is itself outside."""

    def check(value: Any, path: Path) -> Iterator[Issue]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield _wrong_type(path, "number", json_type(value))
        else:
            yield from _in_range(value, path, "number", low, high, above)

    return check


def integer(low: float | None = None, high: float | None = None, *, above: float | None = None) -> Check:
    """A whole number in a range, written as one: `1.0` is refused."""

    def check(value: Any, path: Path) -> Iterator[Issue]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield _wrong_type(path, "integer", "float" if isinstance(value, float) else json_type(value))
        else:
            yield from _in_range(value, path, "integer", low, high, above)

    return check


def _in_range(
    size: float, path: Path, kind: str, low: float | None, high: float | None, above: float | None = None
) -> Iterator[Issue]:
    """The bound that a number, or a length, breaks."""
    if above is not None and size <= above:
        yield _bound(path, "too_small", kind, above, size, inclusive=False)
    elif low is not None and size < low:
        yield _bound(path, "too_small", kind, low, size)
    elif high is not None and size > high:
        yield _bound(path, "too_big", kind, high, size)


def string(*options: str, low: int = 0, high: int | None = None) -> Check:
    """A text of a length, or one of the options."""

    def check(value: Any, path: Path) -> Iterator[Issue]:
        if not isinstance(value, str):
            yield _wrong_type(path, "string", json_type(value))
        elif options and value not in options:
            expected = " | ".join(f"'{option}'" for option in options)
            message = f"Invalid enum value. Expected {expected}, received '{value}'"
            yield Issue(path, "invalid_enum_value", message, {"options": list(options), "received": value})
        else:
            yield from _in_range(len(value), path, "string", low, high)

    return check


def url() -> Check:
    """An http, https or data URL."""

    def check(value: Any, path: Path) -> Iterator[Issue]:
        if not isinstance(value, str):
            yield _wrong_type(path, "string", json_type(value))
        elif not value.startswith(("http://", "https://", "data:")):
            yield Issue(path, "invalid_string", "Invalid url", {"validation": "url"})

    return check


def boolean() -> Check:
    """True or false."""

    def check(value: Any, path: Path) -> Iterator[Issue]:
        if not isinstance(value, bool):
            yield _wrong_type(path, "boolean", json_type(value))

    return check


def array(item: Check, low: int = 0, high: int | None = None) -> Check:
    """A list of a length whose items pass `item`."""

    def check(value: Any, path: Path) -> Iterator[Issue]:
        if not isinstance(value, list):
            yield _wrong_type(path, "array", json_type(value))
            return
        items = cast("list[Any]", value)
        yield from _in_range(len(items), path, "array", low, high)
        for place, each in enumerate(items):
            yield from item(each, (*path, place))

    return check


def record(fields: Mapping[str, Check], required: Sequence[str] = (), *, closed: bool = False) -> Check:
    """An object with these fields; a closed one has no others."""

    def check(value: Any, path: Path) -> Iterator[Issue]:
        if not isinstance(value, dict):
            yield _wrong_type(path, "object", json_type(value))
            return
        given = cast("dict[str, Any]", value)
        for name in required:
            if name not in given:
                facts = {"expected": "required", "received": "undefined"}
                yield Issue((*path, name), "invalid_type", "Required", facts)
        for name, each in given.items():
            if name in fields:
                yield from fields[name](each, (*path, name))
        unknown = [name for name in given if name not in fields]
        if closed and unknown:
            names = ", ".join(f"'{name}'" for name in unknown)
            yield Issue(path, "unrecognized_keys", f"Unrecognized key(s) in object: {names}", {"keys": unknown})

    return check


def mapping(item: Check, high: int | None = None, longest_key: int | None = None) -> Check:
    """An object of any keys whose values pass `item`."""

    def check(value: Any, path: Path) -> Iterator[Issue]:
        if not isinstance(value, dict):
            yield _wrong_type(path, "object", json_type(value))
            return
        given = cast("dict[str, Any]", value)
        yield from _in_range(len(given), path, "object", None, high)
        for name, each in given.items():
            yield from _in_range(len(name), (*path, name), "string", None, longest_key)
            yield from item(each, (*path, name))

    return check


def anything() -> Check:
    """Any JSON value, null included."""
    return lambda value, path: iter(())


def nullable(check: Check) -> Check:
    """What `check` passes, or null."""
    return lambda value, path: iter(()) if value is None else check(value, path)


def either(*checks: Check) -> Check:
    """What one of the checks passes; else the issues of the first that expects this type."""

    def check(value: Any, path: Path) -> Iterator[Issue]:
        found = [list(each(value, path)) for each in checks]
        if all(found):
            wrong_type = [any(issue.path == path and issue.code == "invalid_type" for issue in each) for each in found]
            yield from found[wrong_type.index(False) if False in wrong_type else 0]

    return check


def tagged(key: str, variants: Mapping[str, Check]) -> Check:
    """An object whose field `key` says which of the variants it is."""
    tag = record({key: string(*variants)}, required=(key,))

    def check(value: Any, path: Path) -> Iterator[Issue]:
        wrong = list(tag(value, path))
        yield from wrong or variants[cast("dict[str, Any]", value)[key]](value, path)

    return check


def _wrong_type(path: Path, expected: str, received: str) -> Issue:
    facts = {"expected": expected, "received": received}
    return Issue(path, "invalid_type", f"Expected {expected}, received {received}", facts)


def json_type(value: Any) -> str:
    """What JSON calls the type of a value."""
    return _JSON_TYPES.get(value.__class__, "object")


def _bound(path: Path, code: str, kind: str, bound: float, size: float, *, inclusive: bool = True) -> Issue:
    small = code == "too_small"
    if kind in ("number", "integer"):
        zod = "number"
        relation = ("greater" if small else "less") + (" than or equal to" if inclusive else " than")
        message = f"Number must be {relation} {bound}"
    else:
        zod = kind
        unit = {"string": "character(s)", "array": "element(s)", "object": "key(s)"}[kind]
        message = f"{kind.capitalize()} must contain at {'least' if small else 'most'} {bound} {unit}"
    facts = {"type": zod, "minimum" if small else "maximum": bound, "inclusive": inclusive, "exact": False}
    return Issue(path, code, message, facts, kind, size)
