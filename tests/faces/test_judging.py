"""Moderation and rerank: bodies as OpenAI, Cohere, Jina, vLLM and llama.cpp send them."""

from __future__ import annotations

import json
from typing import Any

import openai.types as sdk
import pytest

import onellm
from onellm.call import Call
from onellm.capabilities import Capability
from onellm.config import resolve
from onellm.types.moderation import ModerationRequest
from onellm.types.rerank import RerankRequest
from tests.faces.asking import ask, both
from tests.support import KEY, serve, whole
from tests.wire import provider

NAMES = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
    "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip


def verdict(flagged: bool) -> dict[str, Any]:
    return {
        "flagged": flagged,
        "categories": {name: flagged and name == "violence" for name in NAMES},
        "category_scores": {name: 0.9 if flagged and name == "violence" else 0.01 for name in NAMES},
        "category_applied_input_types": {name: ["text"] for name in NAMES},
    }


MODERATED = {"id": "modr-1", "model": "omni-moderation-latest", "results": [verdict(False), verdict(True)]}


@both
def test_moderation_as_the_sdk_reads_it(kind: str) -> None:
    with serve(whole(MODERATED)) as server:
        got = ask(kind, server, "moderations.create", "openai/omni-moderation-latest", ["a", "b"])
    judge = sdk.ModerationCreateResponse.model_validate(MODERATED)
    assert got.model_dump() == judge.model_dump(by_alias=True)
    assert got.flagged
    assert [each.flagged for each in got.results] == [False, True]
    assert got.results[1].categories["violence"] is True
    assert got.results[1].category_scores["violence"] == 0.9


@both
@pytest.mark.parametrize("body", [{"id": "m", "model": "m", "results": []}, {"id": "m"}, {"results": [{}]}])
def test_no_verdict(kind: str, body: Any) -> None:
    with serve(whole(body)) as server, pytest.raises(onellm.BadResponseError):
        ask(kind, server, "moderations.create", "openai/m", "a", max_retries=0)


def test_nothing_to_judge() -> None:
    with pytest.raises(onellm.InvalidRequestError, match="input is empty"):
        provider("openai").moderate(ModerationRequest(model="m", input=[]))
    with pytest.raises(onellm.UnsupportedParameterError, match="does not take temperature"):
        provider("openai").moderate(ModerationRequest.model_validate({"model": "m", "input": "a", "temperature": 0}))


# -- rerank ----------------------------------------------------------------------------------------------------------


def asking(**fields: Any) -> Call[Any]:
    row = onellm.Spec("h", "https://h.example/v1", operations=frozenset({Capability.RERANK}))
    request = RerankRequest(model="m", query="q", documents=["a", "b", "c"], **fields)
    return onellm.OpenAICompatible(resolve(row.host, {"api_key": KEY}), spec=row).rerank(request)  # type: ignore[return-value]


BODIES: dict[str, dict[str, Any]] = {
    "cohere": {
        "id": "r-1", "results": [{"index": 2, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.2}],
        "meta": {"billed_units": {"search_units": 1}},
    },
    "jina and vLLM": {
        "id": "r-1", "model": "m", "usage": {"total_tokens": 7, "prompt_tokens": 7},
        "results": [
            {"index": 2, "relevance_score": 0.9, "document": {"text": "c"}},
            {"index": 0, "relevance_score": 0.2, "document": {"text": "a"}},
        ],
    },
    "llama.cpp": {
        "model": "m", "object": "list", "usage": {"prompt_tokens": 7, "total_tokens": 7},
        "results": [{"index": 0, "relevance_score": 0.2}, {"index": 2, "relevance_score": 0.9}],
    },
    "data and score": {"data": [{"index": 0, "score": 0.2}, {"index": 2, "score": 0.9}]},
}  # fmt: skip


@pytest.mark.parametrize("host", BODIES)
def test_rerank(host: str) -> None:
    got = asking().parse(onellm.Reply(200, {}, json.dumps(BODIES[host]).encode()))
    assert [(row.index, row.relevance_score) for row in got.results] == [(2, 0.9), (0, 0.2)]
    assert got.results[0].document == ("c" if host == "jina and vLLM" else None)
    if host == "cohere":
        assert got.usage.search_units == 1
    elif host != "data and score":
        assert got.usage.total_tokens == 7


def test_documents_are_attached_here() -> None:
    call = asking(return_documents=True, top_n=2)
    assert call.json == {"model": "m", "query": "q", "documents": ["a", "b", "c"], "top_n": 2}
    got = call.parse(onellm.Reply(200, {}, json.dumps(BODIES["cohere"]).encode()))
    assert [row.document for row in got.results] == ["c", "a"]


@pytest.mark.parametrize(
    "body",
    [{"results": []}, {"results": [{"index": 3, "relevance_score": 1.0}]}, {"results": [{"index": 0}]}, {"a": 1}],
    ids=["none", "a foreign index", "no score", "something else"],
)
def test_no_order(body: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        asking().parse(onellm.Reply(200, {}, json.dumps(body).encode()))


@both
def test_openai_has_no_rerank(kind: str) -> None:
    with serve(whole({})) as server, pytest.raises(onellm.CapabilityError, match="rerank"):
        ask(kind, server, "rerank.create", "openai/m", "q", ["a"])
    assert not server.requests


def test_nothing_to_rerank() -> None:
    row = onellm.Spec("h", "https://h.example/v1", operations=frozenset({Capability.RERANK}))
    host = onellm.OpenAICompatible(resolve(row.host, {"api_key": KEY}), spec=row)
    with pytest.raises(onellm.InvalidRequestError, match="documents is empty"):
        host.rerank(RerankRequest(model="m", query="q", documents=[]))
