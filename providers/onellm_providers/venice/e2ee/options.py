"""The one argument that asks for an encrypted chat, and what may go along with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from onellm.decode.json import array, table
from onellm.errors import InvalidRequestError, UnsupportedParameterError
from onellm.types.chat import ChatRequest
from onellm_providers.venice.e2ee.attestation import AttestedKey
from onellm_providers.venice.e2ee.trust import Trust

ARGUMENT = "e2ee"

OPEN = frozenset({
    "frequency_penalty", "max_completion_tokens", "max_temp", "max_tokens", "min_p", "min_temp", "n",
    "presence_penalty", "reasoning", "reasoning_effort", "repetition_penalty", "seed", "stop_token_ids",
    "stream_options", "temperature", "top_k", "top_p", "venice_parameters", "verbosity",
})  # fmt: skip
"""Parameters that say nothing of the prompt; they travel as they are."""

FIXED: Mapping[str, object] = {
    "enable_e2ee": True,
    "enable_web_search": "off",
    "include_venice_system_prompt": False,
}
"""What an encrypted chat always sends: without `enable_e2ee` the service falls back to plaintext in silence."""

FREE = frozenset({"disable_thinking", "strip_thinking_response"})
"""Parameters of Venice that an encrypted chat may set."""

OFF = frozenset({
    "enable_web_citations", "enable_web_scraping", "enable_x_search", "include_search_results_in_stream",
    "return_search_results_as_documents",
})  # fmt: skip
"""Parameters of Venice that an encrypted chat may only switch off."""


@dataclass(frozen=True)
class E2EE:
    """How to encrypt a chat.

    `trust` is what the attestation is judged by; without it the setting `tee_trust` of the provider, else Intel's root.
    `key` is a key that was proven before, and saves the attestation while it has not expired.
    `plaintext_assistant=True` accepts that earlier turns of the assistant are sent unencrypted: the protocol encrypts
    what the user and the system say, and nothing else.
    """

    trust: Trust | None = None
    key: AttestedKey | None = None
    plaintext_assistant: bool = False


def take_options(request: ChatRequest) -> tuple[E2EE | None, ChatRequest]:
    """What was asked of the encryption, None where nothing was; and the request without that argument."""
    extra = dict(request.model_extra or {})
    asked = extra.pop(ARGUMENT, None)
    if asked is not None and not isinstance(asked, (bool, E2EE)):
        raise InvalidRequestError("e2ee must be True, False or an E2EE(…).", param=ARGUMENT)
    fields = {name: getattr(request, name) for name in request.model_fields_set - {*extra, ARGUMENT}}
    plain = ChatRequest(**fields, **extra)
    if isinstance(asked, E2EE):
        return asked, plain
    return (E2EE() if asked else None), plain


def check_request(request: ChatRequest, options: E2EE) -> ChatRequest:
    """The request, if all that it says of the prompt will be encrypted.

    Raises UnsupportedParameterError for what cannot be, with `unsupported="drop"` too.
    """
    for name in request.parameters():
        if name not in OPEN:
            raise _open(name, f"{name} would travel unencrypted")
    for name in request.extra_body or {}:
        raise _open(f"extra_body.{name}", "extra_body would travel unencrypted")
    if ":" in request.model:
        raise _open("model", "a feature suffix of the model is not taken; use venice_parameters")
    for place, message in enumerate(request.messages):
        _check_message(f"messages[{place}]", message, options)
    given = (request.model_extra or {}).get("venice_parameters")
    return request.model_copy(update={"venice_parameters": venice_parameters(given)})


def venice_parameters(given: object) -> dict[str, Any]:
    """Venice's parameters of an encrypted chat."""
    if given is not None and not isinstance(given, Mapping):
        raise InvalidRequestError("venice_parameters must be a dict.", param="venice_parameters")
    parameters = dict(cast("Mapping[str, Any]", given or {}))
    for name, value in parameters.items():
        search_off = name == "enable_web_search" and value is False
        if value is None or name in FREE or (name in OFF and value is False) or search_off:
            continue
        if name not in FIXED or value != FIXED[name]:
            raise _open(f"venice_parameters.{name}", f"venice_parameters.{name} cannot be combined with encryption")
    return {**parameters, **FIXED}


def _check_message(where: str, message: Mapping[str, Any], options: E2EE) -> None:
    role = message.get("role")
    if role == "assistant":
        if not options.plaintext_assistant:
            raise _open(
                f"{where}.role",
                "the protocol cannot encrypt earlier turns of the assistant; "
                "E2EE(plaintext_assistant=True) sends them as they are",
            )
        allowed = {"role", "content", "reasoning_content", "native_finish_reason", "provider_state"}
    elif role in ("user", "system"):
        allowed = {"role", "content"}
    else:
        raise _open(f"{where}.role", f"the protocol cannot encrypt a message of role {role}")
    for name, value in message.items():
        if value is not None and value != [] and name not in allowed:
            raise _open(f"{where}.{name}", f"{where}.{name} would travel unencrypted")
    if not isinstance(_text(message.get("content")), str):
        raise _open(f"{where}.content", f"{where}.content must be one text: files, images and several parts are not")


def _text(content: object) -> object:
    """The text of a content: itself, or that of its only part."""
    parts = array(content)
    part = table(parts[0]) if len(parts) == 1 else {}
    return part["text"] if set(part) == {"type", "text"} and part["type"] == "text" else content


def _open(param: str, what: str) -> UnsupportedParameterError:
    return UnsupportedParameterError(
        f"An encrypted chat is not sent: {what}. Leave it out, or leave out e2ee.", param=param
    )
