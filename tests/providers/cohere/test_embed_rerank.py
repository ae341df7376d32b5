"""Cohere's embeddings, rerank and list of models, by hard cases' ids, and the recorded ones as its SDK reads them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any, cast

import cohere
import httpx
import pytest
import yaml

from onellm import (
    Capability,
    EmbeddingRequest,
    InvalidRequestError,
    Reply,
    ServerError,
    UnsupportedParameterError,
    get_provider,
)
from onellm.body import File
from onellm.call import Fetch, Gather
from onellm.testing import Simulator, faults
from onellm.types.rerank import RerankRequest
from tests.support import KEY, Caller
from tests.wire import both

MODEL = "embed-v4.0"
PNG = "data:image/png;base64,iVBORw0KGgo="


@contextlib.contextmanager
def cohere_sdk(sim: Simulator) -> Iterator[cohere.ClientV2]:
    with httpx.Client() as client:
        yield cohere.ClientV2("k", base_url=sim.base_url("cohere"), max_retries=0, httpx_client=client)


def provider(sim: Simulator | None = None) -> Any:
    settings = {"base_url": sim.base_url("cohere")} if sim is not None else {}
    return get_provider("cohere", api_key=KEY, **settings)


def embed(given: Any, **params: Any) -> Any:
    return provider().embed(EmbeddingRequest(model=MODEL, input=given, **params))


def test_emb_07_the_purpose_has_a_default_and_two_spellings() -> None:
    assert embed("a").json == {
        "model": MODEL, "input_type": "search_document", "embedding_types": ["float"], "texts": ["a"]
    }  # fmt: skip
    for said, sent in (("query", "search_query"), ("search_query", "search_query"), ("clustering", "clustering")):
        assert embed("a", input_type=said).json["input_type"] == sent


def test_emb_08_dimensions_once_and_cohere_s_own_parameters() -> None:
    made = embed("a", dimensions=256, truncate="NONE", max_tokens=5, encoding_format="base64").json
    assert (made["output_dimension"], made["truncate"], made["max_tokens"]) == (256, "NONE", 5)
    assert not {"dimensions", "encoding_format"} & made.keys()
    with pytest.raises(UnsupportedParameterError, match="user"):
        embed("a", user="u")


def test_emb_09_token_numbers() -> None:
    with pytest.raises(InvalidRequestError, match="no token numbers"):
        embed([[1, 2, 3]])
    for nothing in ([], ["a", ""]):
        with pytest.raises(InvalidRequestError, match="empty"):
            embed(nothing)


@both
def test_emb_02_slices_of_96_in_order(caller: Caller) -> None:
    with Simulator() as sim:
        texts = [f"text {number}" for number in range(250)]
        request = EmbeddingRequest(model=MODEL, input=texts)
        found = caller.run(lambda: provider(sim).embed(request))
        sizes = sorted(len(each.json()["texts"]) for each in sim.requests)
        alone = caller.run(lambda: provider(sim).embed(EmbeddingRequest(model=MODEL, input=texts[200])))
    assert sizes == [58, 96, 96]
    assert [row.index for row in found.data] == list(range(250))
    assert found.data[200].embedding == alone.data[0].embedding
    assert (found.usage.prompt_tokens, found.usage.model_dump()["billed_units"]) == (500, {"input_tokens": 500})
    assert found.model_dump()["meta"] == {"api_version": {"version": "2"}}


@both
def test_emb_02_one_failed_slice_fails_the_call(caller: Caller) -> None:
    with Simulator() as sim:
        sim.inject(faults.status(500), times=1)
        request = EmbeddingRequest(model=MODEL, input=["a"] * 100)
        with pytest.raises(ServerError) as caught:
            caller.run(lambda: provider(sim).embed(request), _once())
    assert "of 100" in "".join(caught.value.__notes__)


@both
def test_images_are_embedded_one_a_call(caller: Caller) -> None:
    with Simulator() as sim:
        request = EmbeddingRequest(model=MODEL, input=[PNG, PNG + "AAAA"], input_type="image")
        found = caller.run(lambda: provider(sim).embed(request))
        sent = [each.json() for each in sim.requests]
    assert [each["images"] for each in sorted(sent, key=lambda each: len(each["images"][0]))] == [[PNG], [PNG + "AAAA"]]
    assert "texts" not in sent[0]
    assert found.data[0].embedding != found.data[1].embedding
    assert found.usage.model_dump()["billed_units"] == {"images": 2}
    assert found.usage.cost is None


def test_an_image_by_url_is_fetched_and_goes_as_a_data_uri() -> None:
    """The steps of the flow: the fetch, then a call for each image."""
    flow: Any = embed([PNG, "https://93.184.215.14/a.png"], input_type="image")
    fetching = next(flow)
    assert isinstance(fetching, Gather)
    fetch: Any = next(cast("Any", fetching.calls[0]))
    assert isinstance(fetch, Fetch)
    assert fetch.url == "https://93.184.215.14/a.png"
    embedding = flow.send([File("a.png", b"\x89PNG\r\n\x1a\n", "image/png")])
    sent: list[Any] = [next(cast("Any", each)) for each in embedding.calls]
    assert [each.json["images"] for each in sent] == [[PNG], [PNG]]


@both
def test_an_image_by_a_url_of_this_machine_is_not_fetched(caller: Caller) -> None:
    request = EmbeddingRequest(model=MODEL, input=["http://127.0.0.1/a.png"], input_type="image")
    with pytest.raises(InvalidRequestError, match="not a public address"):
        caller.run(lambda: provider().embed(request))
    with pytest.raises(InvalidRequestError, match="is no image"):
        caller.run(lambda: provider().embed(EmbeddingRequest(model=MODEL, input=["a cat"], input_type="image")))


@pytest.mark.parametrize("kind", ["float", "base64", "int8"])
def test_vectors_of_any_type(kind: str) -> None:
    values: dict[str, Any] = {"float": [0.5, -1.0], "base64": "AAAAPwAAgL8=", "int8": [1, -2]}
    body = {"id": "e", "embeddings": {kind: [values[kind]]}, "meta": {"billed_units": {"input_tokens": 2}}}
    found = embed("a", extra_body={"embedding_types": [kind]}).parse(Reply(200, {}, json.dumps(body).encode()))
    assert found.vectors == [[1.0, -2.0] if kind == "int8" else [0.5, -1.0]]
    assert found.usage.prompt_tokens == 2


@both
def test_several_types_of_vectors_in_several_slices(caller: Caller) -> None:
    with Simulator() as sim, cohere_sdk(sim) as sdk:
        texts = [f"text {number}" for number in range(100)]
        own: Any = {"embedding_types": ["int8", "float"]}
        found = caller.run(lambda: provider(sim).embed(EmbeddingRequest(model=MODEL, input=texts, **own)))
        theirs: Any = sdk.embed(model=MODEL, input_type="search_document", texts=texts[96:], **own).embeddings
    assert found.vectors[96:] == theirs.float_
    assert [row.model_dump()["int8"] for row in found.data[96:]] == theirs.int8


def test_use_07_tokens_and_billed_units_of_vectors() -> None:
    meta = {"billed_units": {"input_tokens": 2.0}, "tokens": {"input_tokens": 5.0}, "warnings": ["w"]}
    body = json.dumps({"embeddings": {"float": [[1.0]]}, "meta": meta}).encode()
    found = embed("a").parse(Reply(200, {}, body))
    assert (found.usage.prompt_tokens, found.usage.total_tokens) == (5, 5)
    assert found.usage.model_dump()["billed_units"] == meta["billed_units"]
    assert found.model_dump()["meta"] == {"warnings": ["w"]}
    alone = json.dumps({"embeddings": {"float": [[1.0]]}}).encode()
    assert embed("a").parse(Reply(200, {}, alone)).usage is None


def test_emb_03_fewer_vectors_than_inputs() -> None:
    body = json.dumps({"embeddings": {"float": [[1.0]]}}).encode()
    with pytest.raises(ValueError, match="1 vectors came for 2"):
        embed(["a", "b"]).parse(Reply(200, {}, body))
    more = json.dumps({"embeddings": {"float": [[1.0]], "int8": [[1], [2]]}}).encode()
    with pytest.raises(ValueError, match="2 vectors came for 1"):
        embed("a").parse(Reply(200, {}, more))


def test_recorded_embeddings_are_read_as_the_sdk_reads_them(shared: Any) -> None:
    paths = sorted((shared / "recordings/cohere").glob("test_embeddings*.yaml"))
    assert len(paths) == 3
    for path in paths:
        for each in yaml.load(path.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))["interactions"]:
            asked, said = each["request"]["parsed_body"], json.dumps(each["response"]["parsed_body"]).encode()
            transport = httpx.MockTransport(lambda request, said=said: httpx.Response(200, content=said))
            given = {name: value for name, value in asked.items() if value is not None}
            with httpx.Client(transport=transport) as client:
                theirs: Any = cohere.ClientV2("k", httpx_client=client).embed(**given)
            made = embed(asked["texts"], input_type="query", truncate=asked["truncate"])
            assert made.json == given
            ours = made.parse(Reply(200, {}, said))
            assert ours.vectors == theirs.embeddings.float
            assert ours.usage.prompt_tokens == theirs.meta.billed_units.input_tokens


# -- rerank ------------------------------------------------------------------------------------------------------------


@both
def test_emb_11_rerank(caller: Caller) -> None:
    documents: list[Any] = ["a", "b c", {"title": "a b"}, "d", "a b c"]
    request = RerankRequest(
        model="rerank-v3.5", query="a b c", documents=documents, top_n=3, return_documents=True, max_tokens_per_doc=99
    )
    with Simulator() as sim:
        found = caller.run(lambda: provider(sim).rerank(request))
        sent = sim.requests[0].json()
    assert sent == {
        "model": "rerank-v3.5", "query": "a b c", "top_n": 3, "max_tokens_per_doc": 99,
        "documents": ["a", "b c", '{"title": "a b"}', "d", "a b c"],
    }  # fmt: skip
    assert [(row.index, row.document) for row in found.results][:2] == [(4, "a b c"), (1, "b c")]
    assert found.usage.search_units == 1
    assert found.model == "rerank-v3.5"


def test_rerank_refuses_what_v2_does_not_take() -> None:
    with pytest.raises(UnsupportedParameterError, match="rank_fields"):
        provider().rerank(RerankRequest(model="m", query="q", documents=["a"], rank_fields=["x"]))
    with pytest.raises(InvalidRequestError, match="empty"):
        provider().rerank(RerankRequest(model="m", query="q", documents=[]))


def test_rerank_is_the_sdk_s() -> None:
    body = {
        "id": "r",
        "results": [{"index": 0, "relevance_score": 0.25}],
        "meta": {"billed_units": {"search_units": 2}},
    }
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=body))
    with httpx.Client(transport=transport) as client:
        theirs = cohere.ClientV2("k", httpx_client=client).rerank(model="m", query="q", documents=["a"])
    call = provider().rerank(RerankRequest(model="m", query="q", documents=["a"]))
    ours = call.parse(Reply(200, {}, json.dumps(body).encode()))
    assert [(row.index, row.relevance_score) for row in ours.results] == [
        (row.index, row.relevance_score) for row in theirs.results
    ]


# -- models ------------------------------------------------------------------------------------------------------------


@both
def test_models_page_by_page(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onellm_providers.cohere.provider.PAGE", 3)
    with Simulator() as sim:
        found = {info.id: info for info in caller.run(lambda: provider(sim).models())}
        assert len(sim.requests) == 3
    assert len(found) == 7
    reasons = found["command-a-reasoning-08-2025"]
    assert reasons.supports("reasoning") is reasons.supports("chat") is reasons.supports("stream") is True
    assert reasons.context_window == 256_000
    assert found["rerank-v3.5"].supports("chat") is False
    assert [found[name].supports("rerank") for name in ("rerank-v3.5", MODEL)] == [True, False]
    assert [found[name].supports("embeddings") for name in ("rerank-v3.5", MODEL)] == [False, True]
    assert found["rerank-v3.5"].supports("vision") is None


def test_what_cohere_offers() -> None:
    words = {"chat", "stream", "embeddings", "rerank"}
    assert {word.value for word in provider().operations()} == words
    assert provider().info("command-a-03-2025").supports(Capability.AUDIO_INPUT) is False


def _once() -> Any:
    from onellm.options import Options

    return Options().override(max_retries=0)
