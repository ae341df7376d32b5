"""Errors, embeddings, files, models and token counts of Gemini, as values and against the simulator."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import types
from onellm_providers.gemini import Gemini
from onellm_providers.gemini.simulator import cloud_routes, routes

import onellm
from onellm import (
    AuthenticationError,
    BadResponseError,
    ContextLengthError,
    InvalidRequestError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    Reply,
    UnsupportedParameterError,
)
from onellm.testing import Simulator, faults
from onellm.types.embedding import EmbeddingRequest
from tests.providers.gemini.wire import NEW
from tests.support import KEY, Caller
from tests.wire import USER, both, call, provider, result, tool

EMBEDDING = "gemini-embedding-2"


def refused(status: int, word: str, message: str = "m", **more: Any) -> Any:
    body = {"error": {"code": status, "message": message, "status": word, **more}}
    return call("gemini").error(Reply(status, {}, json.dumps(body).encode()))


# -- errors ------------------------------------------------------------------------------------------------------------


def test_err_04_the_wait_is_in_the_body_and_a_day_s_quota_is_no_matter_of_waiting() -> None:
    wait = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "45.837906927s"}
    error = refused(429, "RESOURCE_EXHAUSTED", details=[wait])
    assert type(error) is RateLimitError
    assert error.retry_after == pytest.approx(45.84, abs=0.01)
    violation = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}
    quota = {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]}
    assert isinstance(refused(429, "RESOURCE_EXHAUSTED", details=[wait, quota]), QuotaExceededError)


def test_err_10_a_bad_key_is_a_400_at_google() -> None:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
    error = refused(400, "INVALID_ARGUMENT", details=[info])
    assert isinstance(error, AuthenticationError)
    assert error.code == "API_KEY_INVALID"
    assert isinstance(refused(403, "PERMISSION_DENIED"), PermissionDeniedError)


@pytest.mark.parametrize(
    ("error", "kind"),
    [((400, "INVALID_ARGUMENT"), InvalidRequestError), ((401, "UNAUTHENTICATED"), AuthenticationError),
     ((404, "NOT_FOUND", "models/x is not found for API version v1beta"), ModelNotFoundError),
     ((503, "UNAVAILABLE"), OverloadedError),
     pytest.param((400, "INVALID_ARGUMENT", "The input token count (314175) exceeds the maximum number of tokens"),
                  ContextLengthError, id="ERR-08")],
)  # fmt: skip
def test_errors(error: tuple[Any, ...], kind: type[Exception]) -> None:
    assert isinstance(refused(*error), kind)


def test_err_01_an_error_in_a_list() -> None:
    body = b'[{"error": {"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED"}}]'
    error = call("gemini").error(Reply(429, {}, body))
    assert isinstance(error, RateLimitError)
    assert "slow" in str(error)


# -- embeddings --------------------------------------------------------------------------------------------------------


def embed(name: str = "gemini", model: str = EMBEDDING, **params: Any) -> Any:
    settings = {"project": "p", "access_token": "t"} if name == "vertex" else {}
    return provider(name, **settings).embed(EmbeddingRequest(model=model, **params))


def test_emb_03_emb_08_a_content_for_each_text() -> None:
    made = embed(input=["a", "b", "c"], dimensions=256)
    assert made.url.endswith(f"/models/{EMBEDDING}:batchEmbedContents")
    rows = made.json["requests"]
    assert [row["content"]["parts"] for row in rows] == [[{"text": "a"}], [{"text": "b"}], [{"text": "c"}]]
    assert all(row["model"] == f"models/{EMBEDDING}" and row["outputDimensionality"] == 256 for row in rows)
    with pytest.raises(BadResponseError, match="3 texts"):
        made.parse(Reply(200, {}, b'{"embeddings": [{"values": [1]}]}'))


def test_emb_01_vectors_are_numbered_as_they_come() -> None:
    body = {"embeddings": [{"values": [1.0]}, {"values": [2.0]}]}
    answer = embed(input=["a", "b"]).parse(Reply(200, {}, json.dumps(body).encode()))
    assert [(row.index, row.embedding) for row in answer.data] == [(0, [1.0]), (1, [2.0])]
    assert answer.usage is None


@pytest.mark.parametrize(
    ("word", "task"),
    [("query", "RETRIEVAL_QUERY"), ("search_query", "RETRIEVAL_QUERY"), ("document", "RETRIEVAL_DOCUMENT"),
     ("FACT_VERIFICATION", "FACT_VERIFICATION")],
)  # fmt: skip
def test_emb_07_what_texts_are_for(word: str, task: str) -> None:
    assert embed(input="a", input_type=word).json["requests"][0]["taskType"] == task
    assert "taskType" not in embed(input="a").json["requests"][0]


def test_emb_09_token_numbers_and_nothing_are_told() -> None:
    for wrong in ([[1, 2, 3]], [], [""]):
        with pytest.raises(InvalidRequestError):
            embed(input=wrong)
    with pytest.raises(UnsupportedParameterError, match="user"):
        embed(input="a", user="u")


def test_embeddings_at_vertex() -> None:
    made = embed("vertex", "text-embedding-005", input=["a", "b"], dimensions=8, input_type="query")
    assert made.url.endswith("/publishers/google/models/text-embedding-005:predict")
    assert made.json == {
        "instances": [
            {"content": "a", "task_type": "RETRIEVAL_QUERY"},
            {"content": "b", "task_type": "RETRIEVAL_QUERY"},
        ],
        "parameters": {"outputDimensionality": 8},
    }
    rows = [{"embeddings": {"values": [1.0], "statistics": {"token_count": 2}}}] * 2
    answer = made.parse(Reply(200, {}, json.dumps({"predictions": rows}).encode()))
    assert answer.usage.prompt_tokens == 4


# -- the simulator -----------------------------------------------------------------------------------------------------


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(services={"gemini": routes, "vertex": cloud_routes}) as running:
        yield running


@pytest.fixture
def sdk(sim: Simulator) -> genai.Client:
    options = types.HttpOptions(base_url=sim.base_url("gemini"), api_version="v1beta")
    return genai.Client(api_key="k", http_options=options)


def test_the_sdk_reads_the_simulator(sdk: genai.Client) -> None:
    whole = sdk.models.generate_content(model=NEW, contents="Say é please")
    pieces = list(sdk.models.generate_content_stream(model=NEW, contents="Say é please"))
    assert whole.text
    assert "".join(piece.text or "" for piece in pieces) == whole.text
    assert whole.usage_metadata == pieces[-1].usage_metadata
    counted = sdk.models.count_tokens(model=NEW, contents="Say é please")
    assert whole.usage_metadata is not None
    assert counted.total_tokens == whole.usage_metadata.prompt_token_count
    assert len(list(sdk.models.list())) == 9


@both
@pytest.mark.parametrize("name", ["gemini", "vertex"])
def test_a_tool_is_called_and_its_result_goes_back(caller: Caller, name: str, sim: Simulator) -> None:
    weather = tool("weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}})
    talk: list[Any] = [{"role": "user", "content": "What weather is it?"}]
    first = caller.chat(sim.providers, f"{name}/{NEW}", talk, tools=[weather], reasoning_effort="low")
    message = first.choices[0].message
    assert message.reasoning_content
    talk += [json.loads(message.model_dump_json()), result(message.tool_calls[0].id, "Rain")]
    second = caller.chat_stream(sim.providers, f"{name}/{NEW}", talk, tools=[weather])
    assert second.error is None
    assert "Rain" in second.final.choices[0].message.content
    assert caller.chat(sim.providers, f"{name}/{NEW}", talk, tools=[weather]).choices[0].message.content == (
        second.final.choices[0].message.content
    )


@both
def test_faults_of_the_simulator_are_google_s(caller: Caller, sim: Simulator) -> None:
    with pytest.raises(AuthenticationError):
        caller.chat({"gemini": {"api_key": "bad-key-of-nobody", "base_url": sim.base_url("gemini")}}, f"gemini/{NEW}")
    with pytest.raises(ModelNotFoundError):
        caller.chat(sim.providers, "gemini/gemini-0-none")
    sim.inject(faults.status(503))
    with pytest.raises(OverloadedError):
        caller.chat(sim.providers, f"gemini/{NEW}", client={"max_retries": 0})


@both
def test_emb_02_more_texts_than_fit_go_in_several_calls(caller: Caller, sim: Simulator) -> None:
    texts = [f"text {number}" for number in range(250)]

    def make() -> Any:
        settings = sim.providers["gemini"]
        return onellm.get_provider("gemini", **settings).embed(EmbeddingRequest(model=EMBEDDING, input=texts))

    answer = caller.run(make)
    assert [row.index for row in answer.data] == list(range(250))
    assert len({tuple(row.embedding) for row in answer.data}) == 250
    assert answer.usage.prompt_tokens > 250
    assert len(sim.requests) == 3


def test_files_through_the_face(sim: Simulator) -> None:
    with onellm.OneLLM(providers=sim.providers) as client:
        made = client.files.create(file=("a.pdf", b"%PDF"), purpose="user_data", provider="gemini")
        assert (made.id, made.status, made.bytes) == ("gemini/files/simulated", "processed", 4)
        assert client.files.retrieve(made.id).id == made.id
        assert [each.id for each in client.files.list(provider="gemini").data] == [made.id]
        assert client.files.delete(made.id).deleted


def test_the_sdk_uploads_to_the_simulator_as_we_do(sdk: genai.Client, sim: Simulator) -> None:
    config = types.UploadFileConfig(mime_type="text/plain", display_name="a.txt")
    made = sdk.files.upload(file=io.BytesIO(b"hello"), config=config)
    assert (made.size_bytes, made.state) == (5, types.FileState.ACTIVE)
    with onellm.OneLLM(providers=sim.providers) as client:
        client.files.create(file=("a.txt", b"hello"), purpose="user_data", provider="gemini")
        with pytest.raises(InvalidRequestError, match="cannot be downloaded"):
            client.files.content("gemini/files/simulated")
    begun, sent, ours, bytes_ = sim.requests[:4]
    for theirs, mine in ((begun, ours), (sent, bytes_)):
        said = {name: value for name, value in mine.headers.items() if name.startswith("x-goog-upload")}
        assert said.items() <= dict(theirs.headers).items()
        assert mine.path == theirs.path
    assert sent.body == bytes_.body


def test_an_upload_never_goes_to_another_host() -> None:
    flow: Any = provider("gemini")._upload(_file_request())  # type: ignore[attr-defined]
    opened = next(flow)
    assert opened.url == "https://generativelanguage.googleapis.com/upload/v1beta/files"
    with pytest.raises(BadResponseError, match="another host"):
        flow.send(opened.parse(Reply(200, {"x-goog-upload-url": "https://evil.example/u"}, b"")))


def _file_request() -> Any:
    from onellm.body import File
    from onellm.types.file import FileRequest

    return FileRequest(file=File("a.txt", b"abc", "text/plain"), purpose="user_data")


def test_models_and_token_counts(sim: Simulator) -> None:
    settings = sim.providers["gemini"]
    with Gemini(api_key=settings["api_key"], base_url=settings["base_url"]) as client:
        assert client.messages.count_tokens(NEW, [USER]) > 0
    with onellm.OneLLM(providers=sim.providers) as client2:
        found = {each.id: each for each in client2.list_models("gemini")}
    assert found[NEW].context_window == 1_048_576
    assert found[EMBEDDING].supports(onellm.Capability.CHAT) is False
    counted = provider("gemini").count_tokens(onellm.ChatRequest(model=NEW, messages=[USER]))  # type: ignore[attr-defined]
    assert counted.json["generateContentRequest"]["model"] == f"models/{NEW}"
    assert KEY not in counted.url
