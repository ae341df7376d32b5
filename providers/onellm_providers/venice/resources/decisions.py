"""`venice.decisions`"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict, cast

from onellm.call import Call
from onellm.errors import InvalidRequestError
from onellm.file_input import FileInput, data_url, read_file
from onellm.resource import IO, endpoint
from onellm_providers.venice.resources.base import VeniceResource, reads, refuse
from onellm_providers.venice.tables.inference import DECISIONS
from onellm_providers.venice.types.decisions import DecisionResponse

Instructions: TypeAlias = str | Mapping[str, Any] | Sequence[Any]


class Poles(TypedDict):
    true: NotRequired[str | None]
    false: NotRequired[str | None]


"""What yes and no mean."""


class Noul(TypedDict):
    """A question that is answered between 0 (no) and 1 (yes)."""

    type: Literal["noul"]
    instructions: Instructions
    criteria: NotRequired[Poles]


class Choice(TypedDict):
    """A question that is answered with one of the options; each has a description, or None."""

    type: Literal["choice"]
    instructions: Instructions
    criteria: Mapping[str, str | None]


class Score(TypedDict):
    """A question that is answered with a place on a scale of at least two levels, the lowest first."""

    type: Literal["score"]
    instructions: Instructions
    criteria: Sequence[str]


Question: TypeAlias = Noul | Choice | Score


class Decisions(VeniceResource[IO]):
    """Typed answers to questions about a state (beta; known from venice-py 2.9.0, not in the OpenAPI file)."""

    @endpoint
    def create(
        self,
        model: str,
        state: str | Mapping[str, Any] | Sequence[Any],
        questions: Mapping[str, Question],
        *,
        images: Sequence[FileInput] | None = None,
    ) -> Call[DecisionResponse]:
        """Ask questions about a state, each answered by itself: POST /decisions.

        `state` is a text, or data that JSON can say. `questions` maps ids of your own to questions of the type `noul`
        (yes or no), `choice` or `score`; the answers come under the same ids. `images`: 1–4 PNG or JPEG files, where
        the model takes them.
        """
        body = {
            "model": model,
            "state": state if isinstance(state, str) else _plain(state),
            "questions": {name: _plain(question) for name, question in questions.items()},
            "images": None if images is None else [_image(image) for image in images],
        }
        return self._call("POST", "decisions", reads(DecisionResponse), body=refuse(DECISIONS, body), model=model)


def _plain(value: Any) -> Any:
    """Mappings and sequences as dicts and lists."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [_plain(item) for item in cast("Sequence[Any]", value)]
    return value


def _image(value: FileInput) -> str:
    file = read_file(value, "images")
    if file.media_type not in ("image/png", "image/jpeg"):
        raise InvalidRequestError(f"images must be PNG or JPEG, not {file.media_type}.", param="images")
    return data_url(file)
