"""Hunting a secret: in values and what they hold, in the frames of an error's chain, in the log."""

from __future__ import annotations

import contextlib
import copy
import functools
import json
import logging
import pickle
import traceback
import types
from collections.abc import Iterator, Mapping
from typing import Any

from onellm.call import Request
from onellm.config import Secret
from onellm.errors import OneLLMError

PLAIN = (str, bytes, bytearray, int, float, complex, type(None))


def shown(thing: object) -> Iterator[str]:
    """What a value says of itself when it is printed, copied, pickled or written as JSON; what refuses says nothing."""
    yield from (str(thing), repr(thing), f"{thing!s:>5}")
    if hasattr(thing, "close"):
        return  # a copy would close what it shares with the original
    for write in (pickle.dumps, json.dumps, lambda value: repr(vars(copy.copy(value)))):
        try:
            written = write(thing)
        except Exception:  # noqa: BLE001 - refusing is what a value with a secret should do
            continue
        yield written.decode("latin-1") if isinstance(written, bytes) else str(written)


def held(thing: Any) -> Iterator[tuple[str, Any]]:
    """What a value of ours, or a container, holds. The inside of a Secret and of a request on the wire is theirs."""
    if isinstance(thing, Mapping):
        yield from ((f"[{name!r}]", value) for name, value in list(thing.items()))
        yield from ((" key", name) for name in list(thing))
    elif isinstance(thing, (list, tuple, set, frozenset)):
        yield from ((f"[{number}]", value) for number, value in enumerate(list(thing)))
    elif isinstance(thing, functools.partial):
        yield from ((".func", thing.func), (".args", thing.args), (".keywords", thing.keywords))
    elif isinstance(thing, types.MethodType):
        yield ".__self__", thing.__self__
    elif isinstance(thing, types.FunctionType):
        yield from (("<closure>", cell.cell_contents) for cell in thing.__closure__ or ())
    elif isinstance(thing, BaseException):
        yield from ((".args", thing.args), (".__dict__", vars(thing)), (".__notes__", getattr(thing, "__notes__", ())))
    elif type(thing).__module__.startswith("onellm") and not isinstance(thing, (Secret, Request, type)):
        names = {name for cls in type(thing).__mro__ for name in getattr(cls, "__slots__", ()) if isinstance(name, str)}
        yield from (
            (f".{name}", getattr(thing, name, None)) for name in sorted({*names, *getattr(thing, "__dict__", {})})
        )


def hunt(thing: object, secret: str) -> list[str]:
    """The places in a value, and in all that it holds, where the secret shows."""
    found: list[str] = []
    seen: set[int] = set()
    todo: list[tuple[str, Any]] = [(type(thing).__name__, thing)]
    keep: list[Any] = []  # so that no id is used twice
    while todo:
        path, value = todo.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        keep.append(value)
        if any(secret in text for text in ([str(value)] if isinstance(value, PLAIN) else shown(value))):
            found.append(path)
        if not isinstance(value, PLAIN):
            todo += [(path + name, inner) for name, inner in held(value)]
    return found


def chain(error: BaseException) -> list[BaseException]:
    """The error, its causes and contexts, the suppressed ones too: error trackers read them all."""
    found: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        link = todo.pop()
        if link is not None and not any(link is known for known in found):
            found.append(link)
            todo += [link.__cause__, link.__context__]
    return found


def hunt_error(error: BaseException, secret: str) -> list[str]:
    """Where an error's chain shows the secret: its values, and the locals of every frame that is not a test's."""
    found: list[str] = []
    for link in chain(error):
        found += hunt(link, secret)
        trace = link.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if "/tests/" not in code.co_filename:
                for name, value in trace.tb_frame.f_locals.items():
                    if any(secret in text for text in _printed(value)):
                        found.append(f"{type(link).__name__}: {code.co_filename}:{trace.tb_lineno} {name}")
            trace = trace.tb_next
    return found


def _printed(value: object) -> Iterator[str]:
    try:
        yield repr(value)
        yield from (repr(item) for item in vars(value).items()) if type(value).__module__.startswith("onellm") else ()
    except Exception:  # noqa: BLE001 - a half-made object may have no repr
        return


def assert_clean(error: OneLLMError, secret: str) -> None:
    """Neither the error nor anything that it leads to shows the secret."""
    assert hunt_error(error, secret) == []
    printed = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert secret not in "".join(line for line in printed.format() if "/tests/" not in line)
    with contextlib.suppress(TypeError):  # parts of an answer may refuse; what is pickled must be clean
        assert secret.encode() not in pickle.dumps(error)


class Log(logging.Handler):
    """Everything that is logged, at every level, by everybody."""

    def __init__(self) -> None:
        super().__init__(0)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.getMessage()} {record.__dict__}")

    @property
    def text(self) -> str:
        return "\n".join(self.lines)
