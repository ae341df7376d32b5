"""From an error reply to a typed error: every body shape that services were seen to send.

Sources: OpenAI's API reference (`error.code`), Venice's OpenAPI file of 2026-08-21 (StandardError, DetailedError),
FastAPI's `detail`, Google's list-wrapped errors, llama.cpp's server README (`exceed_context_size_error`), Cohere's page
of errors.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from onellm import errors
from onellm.call import Reply
from onellm.decode.json import array, table
from onellm.meta import request_id

SHOWN = 200
MASK = "[key]"
SHORTEST_KEY = 8  # what is shorter is a placeholder such as `none`, and masking it would garble the service's words

BY_STATUS: dict[int, type[errors.APIError]] = {
    401: errors.AuthenticationError,
    402: errors.InsufficientBalanceError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    408: errors.ServerError,
    424: errors.ServerError,
    409: errors.ConflictError,
    413: errors.PayloadTooLargeError,
    429: errors.RateLimitError,
    503: errors.OverloadedError,
    529: errors.OverloadedError,
}

BY_CODE: dict[str, type[errors.APIError]] = {
    "context_length_exceeded": errors.ContextLengthError,
    "exceed_context_size_error": errors.ContextLengthError,
    "content_policy_violation": errors.ContentPolicyError,
    "content_filter": errors.ContentPolicyError,
    "provider_content_policy": errors.ContentPolicyError,
    "insufficient_quota": errors.QuotaExceededError,
    "daily_quota": errors.QuotaExceededError,
    "API_KEY_INVALID": errors.AuthenticationError,
    "exceeded_current_quota_error": errors.QuotaExceededError,
    "invalid_api_key": errors.AuthenticationError,
    "authentication_error": errors.AuthenticationError,
    "permission_error": errors.PermissionDeniedError,
    "model_not_found": errors.ModelNotFoundError,
    "not_found_error": errors.NotFoundError,
    "rate_limit_exceeded": errors.RateLimitError,
    "rate_limit_error": errors.RateLimitError,
    "overloaded_error": errors.OverloadedError,
    "unavailable_error": errors.OverloadedError,
    "server_error": errors.ServerError,
    "invalid_request_error": errors.InvalidRequestError,
}

CODES = ("code", "error_code", "status_code")
"""Where a body has its code: `error_code` is Databricks', `status_code` MiniMax's."""

BROAD: dict[type[errors.APIError], int] = {errors.InvalidRequestError: 400, errors.ServerError: 500}

_CONTEXT = (
    r"prompt is too long|exceeds? (the )?(model'?s? )?(maximum )?(context|number of tokens)"
    r"|context (length|window|limit|size)"
    r"|too many tokens: (?!max tokens)"  # Cohere's, whose limit on max_tokens begins alike
    r"|input is too long for|input token count .* exceeds|maximum context length"
)


class Details(NamedTuple):
    """What an error body says, whatever its shape."""

    message: str
    type: str | None = None
    code: str | None = None
    param: str | None = None


def build_error(
    reply: Reply,
    *,
    provider: str,
    model: str = "",
    secret: str = "",
    advice: Mapping[type[errors.APIError], str] | None = None,
    codes: Mapping[str, type[errors.APIError]] | None = None,
) -> errors.APIError:
    """The typed error for a reply. `secret` is masked wherever the service echoes it; `advice` adds the next step."""
    text = reply.body.decode("utf-8", "replace")
    body = _json(text)
    headers = reply.headers
    if len(secret) >= SHORTEST_KEY:
        text, body = text.replace(secret, MASK), _masked(body, secret)
        headers = {name: value.replace(secret, MASK) for name, value in headers.items()}
    details = read_details(body, text)
    status = _status(reply.status, details)
    cls = _class(status, details, codes or {})
    step = next(
        (words for base in cls.__mro__ if (words := (advice or {}).get(cast("type[errors.APIError]", base)))), ""
    )
    if cls is errors.NotFoundError and body is None and text.strip():
        step = step or "This is not how an API answers: is the base URL right?"
    said = details.message or f"an empty body with status {reply.status}"
    code = details.code if details.code and details.code != str(status) else None
    message = f"{provider} answered {status}{f' ({code})' if code else ''}: {said}"
    wait = retry_after(headers)
    if wait is None:
        wait = _retry_info(body)
    if wait:
        step = f"It asks to wait {wait:g} s. {step}".rstrip()
    return cls(
        f"{message.rstrip()}{'' if message.rstrip().endswith(('.', '!', '?')) else '.'}{f' {step}' if step else ''}",
        status=status,
        code=details.code,
        type=details.type,
        param=details.param,
        request_id=request_id(headers),
        retry_after=wait,
        provider=provider,
        model=model,
        body=body if body is not None else text[:SHOWN] or None,
        headers=headers,
    )


def _masked(value: Any, secret: str) -> Any:
    """A JSON value without the key, however the service escaped it."""
    try:
        text = json.dumps(value, ensure_ascii=False).replace(json.dumps(secret)[1:-1], MASK)
    except RecursionError:
        return None
    return _json(text)


def has_error(body: bytes) -> bool:
    """Whether a body that came with 200 says that it is an error."""
    value = _json(body.decode("utf-8", "replace"))
    rows = array(value)
    outer = table(rows[0] if rows else value)
    return bool(outer.get("error") or failed_status(outer))


def failed_status(body: Mapping[str, Any], field: str = "base_resp") -> Mapping[str, Any] | None:
    """MiniMax's `base_resp` of a body, where its `status_code` says that the call failed."""
    said = table(body.get(field))
    return said if said.get("status_code") else None


def read_details(body: Any, text: str) -> Details:
    """Message, type, code and parameter from any body shape; the text itself where it is no JSON."""
    if isinstance(body, list) and body:
        body = cast("list[Any]", body)[0]
    if not isinstance(body, dict):
        return Details(_shorten(text))
    outer = table(cast("object", body))
    inner = outer.get("error") or outer.get("errors") or failed_status(outer) or outer
    if isinstance(inner, list):
        inner = cast("list[Any]", inner)[0] if inner else outer
    if not isinstance(inner, dict):
        found = Details(str(inner), _word(outer.get("type")), _word(outer.get("code")), _word(outer.get("param")))
    else:
        fields = cast("dict[str, Any]", inner)
        found = Details(
            _message(fields),
            _word(fields.get("type") or fields.get("status")),
            _google_reason(fields)
            or _word(next((fields[name] for name in CODES if fields.get(name) is not None), None)),
            _word(fields.get("param")),
        )
    issues = _issues(outer)
    return found._replace(message=f"{found.message} ({issues})") if issues else found


def _google_details(fields: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """The entries of Google's `details` that are of a kind, such as ErrorInfo (google.rpc.Status)."""
    return [entry for entry in map(table, array(fields.get("details"))) if str(entry.get("@type")).endswith(kind)]


def _google_reason(fields: Mapping[str, Any]) -> str | None:
    """The reason in an ErrorInfo; `daily_quota` where a QuotaFailure is about a day, which no retry outlasts."""
    for entry in _google_details(fields, ".QuotaFailure"):
        if any("PerDay" in str(table(each).get("quotaId")) for each in array(entry.get("violations"))):
            return "daily_quota"
    return next((_word(entry.get("reason")) for entry in _google_details(fields, ".ErrorInfo")), None)


def _retry_info(body: Any) -> float | None:
    """Seconds to wait, as Google says them in a RetryInfo ("45.8s")."""
    rows = array(body)
    inner = table(table(rows[0] if rows else body).get("error"))
    for entry in _google_details(inner, ".RetryInfo"):
        if found := re.fullmatch(r"(\d+(?:\.\d+)?)s", str(entry.get("retryDelay"))):
            return float(found[1])
    return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after-ms` or `retry-after` (seconds or an HTTP date). None if absent or junk."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(name, "").strip()
        if not text:
            continue
        with contextlib.suppress(ValueError):
            seconds = float(text) * scale
            if 0 <= seconds < float("inf"):
                return seconds
            continue
        from email.utils import parsedate_to_datetime

        with contextlib.suppress(ValueError, TypeError, OverflowError):
            return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    return None


def _class(status: int, details: Details, codes: Mapping[str, type[errors.APIError]]) -> type[errors.APIError]:
    for word in (details.code, details.type):
        if word and (found := codes.get(word) or BY_CODE.get(word)):
            # A word as broad as these must not overrule a status that says more; with 200 it stands for the status.
            if (broad := BROAD.get(found)) is not None:
                status = broad if status < 300 else status
                continue
            if status == 429 and not issubclass(found, errors.RateLimitError):
                continue
            return found
    by_status = codes.get(str(status)) or BY_STATUS.get(status)
    if (status in (400, 413, 422, 500) or by_status is None) and re.search(_CONTEXT, details.message, re.IGNORECASE):
        return errors.ContextLengthError
    if by_status is errors.NotFoundError and "model" in details.message.lower():
        return errors.ModelNotFoundError
    if by_status:
        return by_status
    if 400 <= status < 500:
        return errors.InvalidRequestError
    return errors.ServerError if status >= 500 else errors.APIError


def _status(status: int, details: Details) -> int:
    """The status that counts: an error inside a 200 carries its own as `code` (OpenRouter, llama.cpp)."""
    if status < 300 and details.code and re.fullmatch("[45][0-9][0-9]", details.code):
        return int(details.code)
    return status


def _message(fields: Mapping[str, Any]) -> str:
    for name in ("message", "detail", "msg", "status_msg", "error", "title", "reason"):
        value = fields.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, list):
            return "; ".join(_validation(item) for item in cast("list[Any]", value))
        if isinstance(value, dict):
            return _message(cast("dict[str, Any]", value))
    return _shorten(json.dumps(fields, ensure_ascii=False)) if fields else ""


def _validation(item: Any) -> str:
    """One entry of FastAPI's `detail`."""
    if not isinstance(item, dict):
        return str(item)
    entry = cast("dict[str, Any]", item)
    where = ".".join(str(part) for part in array(entry.get("loc")))
    return f"{where}: {entry.get('msg', '')}" if where else str(entry.get("msg", entry))


def _issues(body: Mapping[str, Any]) -> str:
    """Zod's `issues` and `details` trees (Venice's DetailedError)."""
    found: list[str] = []
    issues, details = body.get("issues"), body.get("details")
    if isinstance(issues, list):
        for issue in cast("list[Any]", issues):
            if isinstance(issue, dict):
                entry = cast("dict[str, Any]", issue)
                path = ".".join(str(part) for part in array(entry.get("path")))
                found.append(f"{path}: {entry.get('message') or entry.get('code')}".removeprefix(": "))
    if not found and isinstance(details, dict):
        for name, node in cast("dict[str, Any]", details).items():
            said: Any = cast("dict[str, Any]", node).get("_errors") if isinstance(node, dict) else node
            if name != "_errors" and isinstance(said, list) and said:
                found.append(f"{name}: {', '.join(map(str, cast('list[Any]', said)))}")
    return "; ".join(found)


def _word(value: Any) -> str | None:
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "" else None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _shorten(text: str) -> str:
    """One short line of a page that is no JSON."""
    plain = " ".join(re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL | re.IGNORECASE).split())
    return plain if len(plain) <= SHOWN else plain[: SHOWN - 1] + "…"
