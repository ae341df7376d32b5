"""AWS's words for what is wrong: a message, and the exception in a header; inside a stream, a frame of its own."""

from __future__ import annotations

from onellm.testing.simulator.values import ServiceError, SimReply
from onellm_providers.bedrock.simulator.answers import frame

EXCEPTIONS = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}


def error(refused: ServiceError) -> SimReply:
    """An error's reply."""
    general = "InternalServerException" if refused.status >= 500 else "ValidationException"
    name = EXCEPTIONS.get(refused.status, general)
    if refused.code and refused.code[0].isupper():
        name = refused.code
    text = refused.message
    if refused.issues:
        issue = refused.issues[0]
        text = f"{'.'.join(map(str, issue.path))}: {issue.message}".removeprefix(": ")
    return SimReply.json({"message": text}, refused.status, {"x-amzn-ErrorType": name, **refused.headers})


def error_event(reply: SimReply) -> bytes:
    """An error inside a stream."""
    name = reply.headers.get("x-amzn-ErrorType", "InternalServerException")
    headers = {
        ":exception-type": name[:1].lower() + name[1:],
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    return frame(headers, reply.body)
