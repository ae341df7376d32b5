"""AWS's words for errors: the exception in the header `x-amzn-ErrorType` or the body's `__type`, and a message.

Source: the errors of Converse in botocore 1.44, and those that every service of AWS has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from onellm import errors
from onellm.call import Reply
from onellm.decode.json import Table, table

STATUS = {
    "accessdeniedexception": 403,
    "conflictexception": 400,
    "internalserverexception": 500,
    "modelerrorexception": 424,
    "modelnotreadyexception": 429,
    "modelstreamerrorexception": 424,
    "modeltimeoutexception": 408,
    "resourcenotfoundexception": 404,
    "servicequotaexceededexception": 400,
    "serviceunavailableexception": 503,
    "throttlingexception": 429,
    "validationexception": 400,
}
"""The status of each exception, for those that come inside a 200; in lower case, since frames write them otherwise."""

CODES: Mapping[str, type[errors.APIError]] = {
    "ExpiredTokenException": errors.AuthenticationError,
    "IncompleteSignature": errors.AuthenticationError,
    "IncompleteSignatureException": errors.AuthenticationError,
    "InvalidClientTokenId": errors.AuthenticationError,
    "InvalidSignatureException": errors.AuthenticationError,
    "MissingAuthenticationTokenException": errors.AuthenticationError,
    "UnrecognizedClientException": errors.AuthenticationError,
    "ModelErrorException": errors.ServerError,
    "ModelNotReadyException": errors.RateLimitError,
    "ModelStreamErrorException": errors.ServerError,
    "ModelTimeoutException": errors.ServerError,
    "ResourceNotFoundException": errors.ModelNotFoundError,
    "ServiceUnavailableException": errors.OverloadedError,
    "ThrottlingException": errors.RateLimitError,
}
SAID = (
    (400, re.compile("model identifier is invalid"), errors.ModelNotFoundError),
    (403, re.compile("API Key"), errors.AuthenticationError),
)
"""What the message says more exactly than the exception's name (a recording; reports of users of API keys)."""
PROFILE_WANTED = "on-demand throughput"
"""In the message that refuses a bare id where an inference profile is wanted."""


def readable(reply: Reply) -> Reply:
    """The refusal with its exception as `code` and its message under one name, as `build_error` reads them."""
    body = _body(reply)
    name = str(reply.headers.get("x-amzn-errortype") or body.get("__type") or "")
    name = name.partition(":")[0].rpartition("#")[2]
    status = STATUS.get(name.lower(), reply.status if reply.status >= 300 else 500) if reply.status < 300 else 0
    said = body.get("originalMessage") or body.get("message") or body.get("Message")
    if not name and said is None and not status:
        return reply
    fields = {**body, "code": name[:1].upper() + name[1:] or None, "message": said}
    value = {key: each for key, each in fields.items() if each is not None}
    return Reply(status or reply.status, reply.headers, json.dumps(value).encode() if body else reply.body)


def codes(reply: Reply) -> Mapping[str, type[errors.APIError]]:
    """The classes of the exceptions; that of a readable refusal by its message, where it says more than its name."""
    body = _body(reply)
    for status, words, kind in SAID:
        if reply.status == status and words.search(str(body.get("message"))) and body.get("code"):
            return {**CODES, str(body["code"]): kind}
    return CODES


def finished(error: errors.APIError, reply: Reply) -> errors.APIError:
    """The error with the body as it came, and the next step where the model wants an inference profile."""
    body = table(error.body)
    if "code" in body and "code" not in _body(reply):
        del body["code"]
    if PROFILE_WANTED in str(error) and error.model:
        names = f"us.{error.model}, eu.{error.model} or global.{error.model}"
        error.args = (f"{error.args[0]} Take the inference profile of your region, as {names}.", *error.args[1:])
    return error


def _body(reply: Reply) -> Table:
    try:
        return table(json.loads(reply.body))
    except (ValueError, RecursionError):
        return {}
