"""A conversation in OpenAI's form as Ollama's messages; the caller's objects are never changed.

A message's content is one text there, and its images are base64 without a prefix, beside it (ollama client 0.6.3).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any, cast

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.file_input import is_url
from onellm.openai_compatible.messages import check_history
from onellm.translate.media import image_url, read_data
from onellm.translate.messages import SYSTEM, plain_text, read_call, role_of, state_of
from onellm_providers.ollama.target import Target

STATE = "ollama"
WITH_IMAGES = ("user", "tool")


def image_urls(messages: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Where each image is that must be fetched, and its URL: the server does not fetch."""
    for index, message in enumerate(messages):
        for place, part in enumerate(array(message.get("content"))):
            where = f"messages[{index}].content[{place}]"
            if table(part).get("type") == "image_url" and is_url(url := image_url(table(part), where)):
                yield where, url


def encode_messages(target: Target, messages: list[dict[str, Any]]) -> list[Table]:
    """The body's messages; a turn of the assistant that says nothing is left out.

    Raises InvalidRequestError, and UnsupportedParameterError for what the server cannot take.
    """
    if not messages:
        raise InvalidRequestError("messages is empty; give at least one.", param="messages")
    check_history(messages)
    turns: list[Table] = []
    names: dict[str, str] = {}
    for index, message in enumerate(messages):
        turn = _turn(target, message, names, f"messages[{index}]")
        if turn is not None:
            turns.append(turn)
    if not turns:
        raise InvalidRequestError("messages hold only assistant turns that say nothing.", param="messages")
    return turns


def _turn(target: Target, message: Mapping[str, Any], names: dict[str, str], where: str) -> Table | None:
    """A message. `names` are the functions of the calls so far, by the calls' ids."""
    role = role_of(message, where)
    role = "system" if role in SYSTEM else role
    for name in ("name", "cache_control", "audio", "function_call"):
        if message.get(name) is not None and not (name == "name" and role == "tool"):
            target.losses.refuse(f"{where}.{name}", f"{target.name} does not take {name!r} on a message ({where}).")
    content = message.get("content")
    if role == "assistant":
        return _assistant(target, message, names, where)
    if content is None:
        raise InvalidRequestError(f"{where} has no content.", param=f"{where}.content")
    text, images = _content(target, role, content, where)
    turn: Table = {"role": role, "content": text}
    if images:
        turn["images"] = images
    if role == "tool":
        turn["tool_name"] = names[message["tool_call_id"]]
    return turn


def _assistant(target: Target, message: Mapping[str, Any], names: dict[str, str], where: str) -> Table | None:
    """A turn of the assistant, with its thoughts where they are this provider's and the text is unchanged."""
    said = message.get("content")
    turn: Table = {"role": "assistant", "content": _content(target, "assistant", said or "", where)[0]}
    state = state_of(message, STATE)
    if state.get("thinking") and state.get("content") == plain_text(said):
        turn["thinking"] = state["thinking"]
    calls: list[Table] = []
    for index, call in enumerate(array(message.get("tool_calls"))):
        call_id, name, arguments = read_call(table(call), f"{where}.tool_calls[{index}]")
        names[call_id] = name
        calls.append({"function": {"name": name, "arguments": arguments}})
    if calls:
        turn["tool_calls"] = calls
    return turn if turn["content"] or len(turn) > 2 else None


def _content(target: Target, role: str, content: Any, where: str) -> tuple[str, list[str]]:
    """The text and the images of a message's content; several texts are lines."""
    if isinstance(content, str):
        return content, []
    if not isinstance(content, list):
        raise InvalidRequestError(f"{where}.content must be text or a list of parts.", param=f"{where}.content")
    texts: list[str] = []
    images: list[str] = []
    for index, part in enumerate(array(cast("object", content))):
        at = f"{where}.content[{index}]"
        known = {"type": "text", "text": part} if isinstance(part, str) else table(part)
        kind = known.get("type")
        if not isinstance(kind, str):
            raise InvalidRequestError(f"{at} is no content part; a part is a dict with a type.", param=at)
        if known.get("cache_control"):
            target.losses.refuse(f"{at}.cache_control", f"{target.name} takes no cache_control ({at}).")
        if kind in ("text", "refusal") and isinstance(known.get(kind), str):
            texts.append(known[kind])
        elif kind == "text":
            raise InvalidRequestError(f"{at} is a text part without text.", param=at)
        elif kind == "image_url" and role in WITH_IMAGES:
            images.append(_image(target, known, at))
        else:
            target.losses.refuse(at, f"{target} takes no content part of type {kind!r} in a {role} message ({at}).")
    return "\n".join(texts), images


def bare(image: Any, where: str) -> str:
    """An image as the server wants it: a data URI without its prefix, base64 as it is."""
    if not isinstance(image, str):
        raise InvalidRequestError(f"{where} is no text; give base64 or a data URI.", param=where)
    return base64.b64encode(read_data(image, where)[1]).decode() if image.startswith("data:") else image


def _image(target: Target, part: Mapping[str, Any], where: str) -> str:
    if table(part.get("image_url")).get("detail") not in (None, "auto"):
        target.losses.refuse(f"{where}.image_url.detail", f"{target} does not take an image's detail ({where}).")
    url = image_url(part, where)
    content = target.images[where].content if where in target.images else read_data(url, where)[1]
    return base64.b64encode(content).decode()
