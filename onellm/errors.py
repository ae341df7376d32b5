"""Every error that OneLLM raises.

    OneLLMError
    ├─ ConfigurationError            MissingAPIKeyError · UnknownProviderError · InvalidModelStringError
    ├─ CapabilityError               the model is known not to do it; names models that do
    ├─ UnsupportedParameterError     a parameter or part that the target cannot take
    ├─ APIConnectionError            APITimeoutError · UnexpectedRedirectError · BadResponseError
    ├─ StreamInterrupted             the stream ended before its end; .partial, .cause
    ├─ UnknownOutcomeError           a purchase that may have happened; .request_id
    ├─ StructuredOutputError         the answer is no value of the type asked for; .text, .response
    │    RefusalError · IncompleteOutputError · InvalidOutputError
    ├─ ToolLoopError                 the model still calls tools after the last turn allowed; .messages, .response
    └─ APIError                      the service said no; .status, .code, .request_id, .retry_after, .body …
       ├─ InvalidRequestError        400, 422, or a local refusal (status None)
       │    ContextLengthError · ContentPolicyError
       ├─ AuthenticationError        401
       ├─ InsufficientBalanceError   402
       ├─ PermissionDeniedError      403
       ├─ NotFoundError              404    ModelNotFoundError
       ├─ ConflictError              409
       ├─ PayloadTooLargeError       413
       ├─ RateLimitError             429    QuotaExceededError
       └─ ServerError                5xx    OverloadedError (503, 529)

An error says what was wrong and what to do next. None holds a credential.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from onellm.meta import Attempt

Phase = Literal["dns", "connect", "tls", "proxy", "pool", "send", "reset", "first_token", "stall", "read", "deadline"]
"""Where a connection failed: up to `pool` nothing had been sent; `reset` is a close before any byte of the answer."""


class OneLLMError(Exception):
    """Base of every error of this library.

    `partial` holds what a stream had delivered before it failed, `attempts` every send of the failed operation.
    """

    partial: Any = None
    attempts: Sequence[Attempt] = ()
    request_id: str | None = None

    @property
    def message(self) -> str:
        return str(self.args[0]) if self.args else ""

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[OneLLMError], args: tuple[Any, ...], state: dict[str, Any]) -> OneLLMError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(OneLLMError):
    """Settings that cannot work: found before anything is sent."""


class MissingAPIKeyError(ConfigurationError):
    """The provider needs a key and none was found."""


class UnknownProviderError(ConfigurationError):
    """No provider of that name is installed or registered."""


class InvalidModelStringError(ConfigurationError):
    """The model is not written as `provider/model`."""


class CapabilityError(OneLLMError):
    """The model or provider is known not to do what was asked; `alternatives` names models that do."""

    def __init__(self, message: str, *, capability: str = "", alternatives: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.capability = capability
        self.alternatives = tuple(alternatives)


class UnsupportedParameterError(OneLLMError):
    """The target cannot take this parameter or message part. `unsupported="drop"` sends without it and says so."""

    def __init__(self, message: str, *, param: str = "") -> None:
        super().__init__(message)
        self.param = param


class APIConnectionError(OneLLMError):
    """No usable answer came: `phase` says how far the attempt got, `sent` is False where nothing had left."""

    sent: bool = True

    def __init__(self, message: str, *, phase: Phase = "connect") -> None:
        super().__init__(message)
        self.phase: Phase = phase


class APITimeoutError(APIConnectionError):
    """A limit on waiting ran out; `phase` says which (connect, pool, first_token, stall, read, deadline)."""


class UnexpectedRedirectError(APIConnectionError):
    """The host answered with a redirect. It is not followed: credentials would travel to another host.

    `location` is where a fetch of media would have to go on.
    """

    location: str = ""


class BadResponseError(APIConnectionError):
    """The answer is not what the format says (HTML, cut JSON, an unknown encoding, too large)."""

    def __init__(self, message: str, *, phase: Phase = "read", status: int | None = None, body: str = "") -> None:
        super().__init__(message, phase=phase)
        self.status = status
        self.body = body


class StreamInterrupted(OneLLMError):
    """The stream stopped before its end. `partial` is the answer assembled so far, `cause` the failure, if known."""

    def __init__(self, message: str, *, partial: Any = None, cause: BaseException | None = None) -> None:
        super().__init__(message)
        self.partial = partial
        self.cause = cause


class UnknownOutcomeError(OneLLMError):
    """A purchase was sent and its outcome is unknown; it is not sent again. Look it up before you repeat it."""

    def __init__(self, message: str, *, request_id: str | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id


class StructuredOutputError(OneLLMError):
    """The answer is no value of the type that was asked for. `text` is what came, `response` the whole answer."""

    def __init__(self, message: str, *, text: str = "", response: Any = None) -> None:
        super().__init__(message)
        self.text = text
        self.response = response


class RefusalError(StructuredOutputError):
    """The model refused, or a content filter stopped it."""


class IncompleteOutputError(StructuredOutputError):
    """The answer was cut before its end."""


class InvalidOutputError(StructuredOutputError):
    """The answer does not fit the type."""


class ToolLoopError(OneLLMError):
    """The model still calls tools after the last turn allowed. `messages` is the conversation so far."""

    def __init__(self, message: str, *, messages: Sequence[Any] = (), response: Any = None) -> None:
        super().__init__(message)
        self.messages = list(messages)
        self.response = response


class APIError(OneLLMError):
    """The service refused or failed. `status` is None for a local refusal; `body` is the parsed error body."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        type: str | None = None,
        param: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        provider: str | None = None,
        model: str | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.type = type
        self.param = param
        self.request_id = request_id
        self.retry_after = retry_after
        self.provider = provider
        self.model = model
        self.body = body
        self.headers: Mapping[str, str] = headers or {}

    @property
    def status_code(self) -> int | None:
        """`status`, under the name that users of `openai` know."""
        return self.status


class InvalidRequestError(APIError):
    """The request is malformed (400, 422), or was refused here before sending (`status` None)."""


class ContextLengthError(InvalidRequestError):
    """Prompt and answer do not fit into the model's context window."""


class ContentPolicyError(InvalidRequestError):
    """The service refused the content with an HTTP error."""


class AuthenticationError(APIError):
    """The key was refused (401)."""


class InsufficientBalanceError(APIError):
    """The account has no credit left for this call (402)."""


class PermissionDeniedError(APIError):
    """The key may not do this (403)."""


class NotFoundError(APIError):
    """There is no such thing at the service (404)."""


class ModelNotFoundError(NotFoundError):
    """The service does not know the model."""


class ConflictError(APIError):
    """The state of the thing does not allow this (409)."""


class PayloadTooLargeError(APIError):
    """The request is too large (413)."""


class RateLimitError(APIError):
    """Too many requests (429); `retry_after` is the wait in seconds, if the service named one."""


class QuotaExceededError(RateLimitError):
    """429 that means out of credit: waiting does not help, and it is not retried."""


class ServerError(APIError):
    """The service failed (5xx)."""


class OverloadedError(ServerError):
    """The service has no capacity now (503, 529)."""


BadRequestError = InvalidRequestError
UnauthorizedError = AuthenticationError
