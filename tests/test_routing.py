"""Model strings: the first slash, nothing else (URL-01 and URL-09 have the cases of other services)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onellm import InvalidModelStringError, parse_model_name
from onellm.routing import split_profile


@given(st.text("abc_-@09", min_size=1), st.text(min_size=1))
def test_the_first_slash_splits(provider: str, model: str) -> None:
    assert parse_model_name(f"{provider}/{model}") == (provider, model)


@pytest.mark.parametrize("model", ["gpt-4o", "", " "])
def test_without_a_slash(model: str) -> None:
    with pytest.raises(InvalidModelStringError, match=r"names no provider.*'provider/model'") as caught:
        parse_model_name(model)
    assert repr(model) in str(caught.value)


def test_the_hint_uses_the_name() -> None:
    with pytest.raises(InvalidModelStringError, match="'openai/gpt-4o'"):
        parse_model_name("gpt-4o")


@pytest.mark.parametrize("model", ["/m", "openai/", "/", " openai/m", "openai /m"])
def test_a_part_is_missing(model: str) -> None:
    with pytest.raises(InvalidModelStringError, match="lacks a part"):
        parse_model_name(model)


@pytest.mark.parametrize("model", [None, 3, b"openai/m", ["openai/m"]])
def test_no_string(model: object) -> None:
    with pytest.raises(InvalidModelStringError, match=type(model).__name__):
        parse_model_name(model)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("label", "parts"),
    [("venice", ("venice", "")), ("venice@work", ("venice", "work")), ("venice@a@b", ("venice", "a@b"))],
)
def test_profiles(label: str, parts: tuple[str, str]) -> None:
    assert split_profile(label) == parts


def test_an_empty_profile_is_not_the_first_account() -> None:
    with pytest.raises(InvalidModelStringError, match="'venice@' names no profile"):
        split_profile("venice@")
