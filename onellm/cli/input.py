"""What the user gives: prompts and keys, from arguments and stdin."""

from __future__ import annotations

import sys

import click


def on_terminal() -> bool:
    """Whether somebody sits at stdin; a closed one is nobody's."""
    return sys.stdin is not None and sys.stdin.isatty()  # pyright: ignore[reportUnnecessaryComparison] - None if closed


def read_stdin() -> str:
    """All of stdin; nothing where it is closed. Raises UsageError where it is no text."""
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]
        return ""
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise click.UsageError("What came on stdin is not UTF-8 text.") from None


def as_text(argument: str, what: str) -> str:
    """An argument that is text; bytes that are not arrive as lone surrogates. Raises UsageError."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        raise click.UsageError(f"{what} is not text in this terminal's encoding.") from None
    return argument


def read_prompt(argument: str | None) -> str:
    """The prompt: the argument, what is piped in, or both with an empty line between. Raises UsageError."""
    piped = "" if on_terminal() else read_stdin()
    given = [text for text in (as_text(argument or "", "The prompt"), piped) if text.strip()]
    if not given:
        raise click.UsageError('Give a prompt: onellm chat -m PROVIDER/MODEL "prompt", or text on stdin.')
    return "\n\n".join(given)
