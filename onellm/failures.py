"""What an attempt that failed is called: refusals, answers that are none, timeouts by the limit that ran out."""

from __future__ import annotations

import time
from typing import Any, cast
from urllib.parse import urlsplit

from onellm import errors
from onellm.budget import Account
from onellm.call import Call, Fetch, Reply, StreamCall
from onellm.error_bodies import has_error
from onellm.meta import request_id
from onellm.policy import NEVER_SENT, Session

SHOWN = 200


def refusal(call: Call[Any] | StreamCall[Any, Any], reply: Reply) -> errors.OneLLMError:
    """The error for a reply that is no result."""
    if reply.status == 407:
        return errors.APIConnectionError(
            "A proxy in between wants a user name and password (407 Proxy Authentication Required): write them into "
            "HTTP_PROXY or Connections(proxy=…) as http://user:password@host:port.",
            phase="proxy",
        )
    if 300 <= reply.status < 400:
        target = _host_in(reply.headers.get("location", "")) or "an unnamed place"
        host = urlsplit(call.url).hostname
        redirect = errors.UnexpectedRedirectError(
            f"{host} redirects to {target} ({reply.status}); OneLLM does not follow, since your key would go along. "
            f"If {target} is right, use it as the base URL.",
            phase="read",
        )
        if isinstance(call, Fetch):  # elsewhere it may repeat a key
            redirect.location = reply.headers.get("location", "")
        return redirect
    if reply.status < 300 and not has_error(reply.body):
        return bad_response(call, reply, "a whole answer where a stream was asked for")
    return call.error(reply)


def _host_in(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def bad_response(call: Call[Any] | StreamCall[Any, Any], reply: Reply, reason: str) -> errors.BadResponseError:
    """The error for an answer that cannot be read, with its beginning and without the key."""
    secret = getattr(call.auth, "secret", None) or getattr(call.auth, "last", None)
    reveal = getattr(secret, "reveal", None)
    body = reply.body.replace(reveal().encode(), b"[key]") if reveal is not None else reply.body
    kind = reply.headers.get("content-type", "no content type").partition(";")[0]
    text = " ".join(body[:SHOWN].decode("utf-8", "replace").split())
    error = errors.BadResponseError(
        f"{call.origin[0]} answered {reply.status} with something that is no result "
        f"({kind}, {len(reply.body)} bytes; {reason}). "
        "Is the base URL right, and is nothing (a proxy, a login page) in between?",
        status=reply.status,
        body=text,
    )
    error.request_id = request_id(reply.headers)
    return error


def noted(
    error: errors.OneLLMError,
    call: Call[Any] | StreamCall[Any, Any],
    status: int | None,
    began: float,
    session: Session,
    account: Account,
    waiting: str,
) -> errors.OneLLMError:
    """The error with its attempts, and a timeout with the limit that ran out. The account hears of it."""
    now = time.monotonic()
    if isinstance(error, errors.APITimeoutError):
        timeout = session.options.timeout
        limit = timeout.reply if waiting == "reply" else timeout.first_token
        if limit is None or now - began < limit - 0.01:  # it began to answer in time, and then fell silent
            waiting = "stall" if timeout.stall is not None and now - began >= timeout.stall - 0.01 else ""
        error = name_timeout(error, session, waiting, now)
    if call.unreachable and isinstance(error, errors.APIConnectionError) and error.phase in ("connect", "dns"):
        error.args = (f"{error} {call.unreachable}", *error.args[1:])
    status = getattr(error, "status", None) or status
    session.record(type(error).__name__, status, began, now)
    session.failed(account, call.origin[1], error, began, now)
    error.attempts = tuple(session.attempts)
    return error


def name_timeout(error: errors.APITimeoutError, session: Session, waiting: str, now: float) -> errors.APITimeoutError:
    """A timeout named after the limit that ran out: the deadline, the first token, a stall."""
    if error.phase in ("connect", "pool") and (session.deadline_at is None or now < session.deadline_at - 0.01):
        return error
    timeout = session.options.timeout
    if session.deadline_at is not None and now >= session.deadline_at - 0.01:
        text, phase = f"The deadline of {session.deadline:g} s is over.", "deadline"
    elif waiting == "first_token" and timeout.first_token is not None:
        text, phase = f"No first token within {timeout.first_token:g} s.", "first_token"
    elif waiting == "reply" and timeout.reply is not None:
        text, phase = f"No answer within {timeout.reply:g} s.", "read"
    elif waiting == "stall" and timeout.stall is not None:
        text, phase = f"The answer was silent for {timeout.stall:g} s.", "stall"
    else:
        return error
    sent = error.phase not in NEVER_SENT
    advice = "Raise timeout= or deadline= if that is too soon." if sent else str(error)
    named = errors.APITimeoutError(f"{text} {advice}", phase=cast("errors.Phase", phase))
    named.sent = sent
    return named


def no_event(call: StreamCall[Any, Any], body: Any, head: bytes, failure: errors.OneLLMError) -> errors.OneLLMError:
    """The error for a stream that failed before its first event: perhaps it was an answer in JSON instead."""
    if isinstance(failure, errors.StreamInterrupted):
        reply = Reply(body.status, body.headers, head)
        if has_error(head):
            return call.error(reply)
        if head.lstrip().startswith((b"{", b"[")):
            return bad_response(call, reply, "a whole answer where a stream was asked for")
    failure.request_id = failure.request_id or request_id(body.headers)
    return failure
