"""A conversation as the inputs of a model: `prompt` and `system_prompt`, or `messages` where the model has that.

Most models take one prompt. A conversation with answers in it goes to the models that take `messages` (the page of
`openai/gpt-4o-mini`: a list of role and content, in whose place prompt and system_prompt are ignored), and is refused
for the others: written into one prompt it would be another prompt than the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError, UnsupportedParameterError
from onellm.openai_compatible.messages import check_history
from onellm.translate.media import image_url
from onellm.translate.messages import SYSTEM, role_of
from onellm_providers.replicate.target import Target

SYSTEM_PROMPT = ("system_prompt",)
ONE_IMAGE = ("image", "input_image")
IMAGES = ("image_input", "input_images", "images")
ANSWERED = frozenset({"role", "content", "provider_state", "reasoning_content", "reasoning", "annotations", "refusal"})
"""Fields of a message that are taken, or are of an earlier answer and nothing to the next one."""


def encode_messages(target: Target, messages: list[dict[str, Any]]) -> Table:
    """The inputs that say the conversation.

    Raises InvalidRequestError for a broken one and UnsupportedParameterError for one that the model cannot be told.
    """
    check_history(messages)
    turns = [_Turn(target, message, f"messages[{index}]") for index, message in enumerate(messages)]
    turns = [turn for turn in turns if turn.role != "assistant" or turn.says_something]
    if not any(turn.role == "user" for turn in turns):
        raise InvalidRequestError("messages hold no message of the user.", param="messages")
    start = next(index for index, turn in enumerate(turns) if turn.role not in SYSTEM)
    system, talk = turns[:start], turns[start:]
    single = all(turn.role == "user" for turn in talk)
    needs_messages = not single or (system and target.schema.pick(SYSTEM_PROMPT) is None)
    if needs_messages and target.schema.takes("messages"):
        return {"messages": [turn.as_message(target) for turn in turns]}
    if not single:
        _refuse_history(target, talk)
    return _as_prompt(target, system, talk)


def _as_prompt(target: Target, system: list[_Turn], talk: list[_Turn]) -> Table:
    """One prompt: messages of one role follow each other with an empty line between."""
    inputs: Table = {"prompt": "\n\n".join(turn.text for turn in talk)}
    name = target.schema.pick(SYSTEM_PROMPT)
    if system and name is None:
        target.losses.refuse(system[0].where, f"{target} takes no system message ({system[0].where}).")
    elif system and name is not None:
        inputs[name] = "\n\n".join(turn.text for turn in system)
    for turn in system:
        if turn.images:
            raise _cannot(turn.where, f"{target} takes no image in a system message ({turn.where}).")
    urls = [url for turn in talk for url in turn.images]
    if urls:
        if any(turn.images for turn in talk) and len(talk) > 1:
            raise _cannot(talk[0].where, f"{target} takes images beside one message; put the texts into one.")
        inputs.update(_place_images(target, urls, talk[0].where))
    return inputs


def _place_images(target: Target, urls: list[str], where: str) -> Table:
    """The images as one input or a list of them, by URL or as data, which the service both takes (SDK 1.0.7)."""
    one, many = target.schema.pick(ONE_IMAGE), target.schema.pick(IMAGES)
    if target.schema.known and many is not None:
        return {many: urls}
    if one is not None and len(urls) == 1:
        return {one: urls[0] if target.schema.kind(one) != "array" else urls}
    if one is not None:
        raise _cannot(where, f"{target} takes one image, not {len(urls)} ({where}).")
    raise _cannot(where, f"{target} takes no images ({where}).")


def _refuse_history(target: Target, talk: list[_Turn]) -> None:
    first = next(turn for turn in talk if turn.role != "user")
    raise _cannot(
        first.where,
        f"{target} takes one prompt, and {first.where} makes this a conversation ({first.role}), which its inputs "
        "cannot say. Send the user's message alone, write the conversation into it yourself, or take a model whose "
        "schema has messages.",
    )


def _cannot(where: str, why: str) -> UnsupportedParameterError:
    """An error also where dropping is allowed: without it nothing of the request's meaning would be left."""
    return UnsupportedParameterError(why, param=where)


class _Turn:
    """A message: its role, its text, and the URLs of its images."""

    def __init__(self, target: Target, message: Mapping[str, Any], where: str) -> None:
        self.where = where
        self.role = role_of(message, where)
        self.called = self.role == "tool" or bool(message.get("tool_calls"))
        self.images: list[str] = []
        texts: list[str] = []
        kinds = ""
        for index, part in enumerate(_parts(message.get("content"), where)):
            place = f"{where}.content[{index}]"
            kind = part.get("type")
            if kind in ("text", "refusal"):
                texts.append(_text(part, place))
                kinds += "t"
            elif kind == "image_url" and self.role == "user":
                self.images.append(_image(target, part, place))
                kinds += "i"
            else:
                target.losses.refuse(
                    place, f"{target} takes no content part of type {kind!r} in a {self.role} message ({place})."
                )
        if "ti" in kinds and "it" in kinds:
            raise _cannot(where, f"{target} takes images beside the text, not between its parts ({where}).")
        self.text = "\n".join(texts)
        self.says_something = bool(texts) or self.called
        for name in message.keys() - ANSWERED - {"tool_calls", "tool_call_id"}:
            if message[name] is not None:
                target.losses.refuse(f"{where}.{name}", f"{target} takes no {name!r} on a message ({where}).")

    def as_message(self, target: Target) -> Table:
        """The turn as one of the model's `messages`."""
        if self.called:
            raise _cannot(self.where, f"{target} takes no tools, nor calls and results of them ({self.where}).")
        if self.images:
            raise _cannot(self.where, f"{target} takes images in a single message only ({self.where}).")
        return {"role": "system" if self.role in SYSTEM else self.role, "content": self.text}


def _parts(content: Any, where: str) -> list[Table]:
    if content is None:
        return []
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list):
        raise InvalidRequestError(f"{where}.content must be text or a list of parts.", param=f"{where}.content")
    parts = array(cast("object", content))
    return [{"type": "text", "text": part} if isinstance(part, str) else table(part) for part in parts]


def _text(part: Table, where: str) -> str:
    text = part.get("text", part.get("refusal"))
    if not isinstance(text, str):
        raise InvalidRequestError(f"{where} is a text part without text.", param=where)
    return text


def _image(target: Target, part: Table, where: str) -> str:
    detail = table(part.get("image_url")).get("detail")
    if detail not in (None, "auto"):
        target.losses.refuse(f"{where}.detail", f"{target} takes no detail of an image ({where}).")
    return image_url(part, where)
