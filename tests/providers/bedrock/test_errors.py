"""Refusals of AWS, credentials, regions and URLs, by hard cases' ids."""

from __future__ import annotations

import json
import pickle
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from onellm import (
    AuthenticationError,
    ChatRequest,
    ConfigurationError,
    ContextLengthError,
    EmbeddingRequest,
    InvalidRequestError,
    MissingAPIKeyError,
    ModelNotFoundError,
    OneLLM,
    OverloadedError,
    PermissionDeniedError,
    RateLimitError,
    Reply,
    ServerError,
    UnsupportedParameterError,
    get_provider,
    register_model,
)
from onellm.call import Gather, Work
from onellm.routing import parse_model_name
from onellm.signing import Signed
from onellm.sigv4 import Credentials
from onellm.types.rerank import RerankRequest
from tests.providers.bedrock.wire import CLAUDE, chat_call, judge, provider, service
from tests.support import KEY, Caller, serve, whole
from tests.wire import USER, both

ARN = "arn:aws:bedrock:eu-west-3:123456789012:application-inference-profile/abc123"
VARIABLES = (
    "BEDROCK_API_KEY", "AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
    "AWS_PROFILE", "BEDROCK_REGION", "AWS_REGION", "AWS_DEFAULT_REGION",
)  # fmt: skip


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment without AWS."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ONELLM_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setattr("onellm_providers.bedrock.credentials._sessions", {})
    return monkeypatch


def op(model: str = CLAUDE, **settings: Any) -> Any:
    return get_provider("bedrock", **settings).chat(ChatRequest(model=model, messages=[USER]))


@pytest.mark.parametrize(
    ("status", "name", "body", "kind"),
    [
        (429, "ThrottlingException:http://internal.amazon.com/coral/", {"message": "m"}, RateLimitError),
        (429, "ModelNotReadyException", {"message": "m"}, RateLimitError),
        (424, "ModelErrorException", {"message": "m"}, ServerError),
        (408, "ModelTimeoutException", {"message": "m"}, ServerError),
        (403, "AccessDeniedException", {"Message": "m"}, PermissionDeniedError),
        (403, "ExpiredTokenException", {"message": "m"}, AuthenticationError),
        (403, "InvalidSignatureException", {"message": "m"}, AuthenticationError),
        (403, "AccessDeniedException", {"Message": "Please make sure your API Key is valid."}, AuthenticationError),
        (404, "ResourceNotFoundException", {"message": "m"}, ModelNotFoundError),
        (400, "ValidationException", {"message": "The provided model identifier is invalid."}, ModelNotFoundError),
        (400, "", {"__type": "com.amazon.coral.service#ValidationException", "message": "m"}, InvalidRequestError),
        (400, "ValidationException", {"message": "Input is too long for requested model m"}, ContextLengthError),
        (503, "ServiceUnavailableException", {"message": "m"}, OverloadedError),
        (500, "", {"message": "m"}, ServerError),
    ],
)
def test_refusals(status: int, name: str, body: Any, kind: type) -> None:
    """ERR-01, ERR-08, ERR-12, ERR-15."""
    headers = {"x-amzn-RequestId": "r-1", **({"x-amzn-ErrorType": name} if name else {})}
    error = chat_call().error(Reply(status, headers, json.dumps(body).encode()))
    assert type(error) is kind
    assert (error.status, error.request_id, error.provider, error.model) == (status, "r-1", "bedrock", CLAUDE)
    assert (body.get("message") or body["Message"]) in str(error)
    told = name.partition(":")[0] or body.get("__type", "").rpartition("#")[2] or None
    assert error.code == told
    if "message" in body:
        assert error.body == body
    assert isinstance(pickle.loads(pickle.dumps(error)), kind)


def test_a_page_and_nothing_at_all() -> None:
    """ERR-07, ERR-01."""
    for body in (b"<html><body>Bad gateway</body></html>", b"", b"null", b"[]"):
        assert isinstance(chat_call().error(Reply(502, {"content-type": "text/html"}, body)), ServerError)


def test_a_bare_id_where_a_profile_is_wanted() -> None:
    """AUTH-09."""
    body = {"message": "Invocation of model ID m with on-demand throughput isn\u2019t supported."}
    error = chat_call(model="anthropic.claude-x").error(Reply(400, {}, json.dumps(body).encode()))
    assert "us.anthropic.claude-x" in str(error)


def test_a_refusal_shows_no_session_and_says_whose_key_it_was() -> None:
    """ERR-13: AWS repeats the headers that it expected to be signed."""
    own = Credentials("AKID", "hidden-secret", "hidden-session-token")
    request = ChatRequest(model=CLAUDE, messages=[USER])
    host: Any = get_provider("bedrock", credentials=own, region="eu-west-1")
    body = {"message": "The Canonical String should have been 'x-amz-security-token:hidden-session-token'"}
    reply = Reply(403, {"x-amzn-ErrorType": "InvalidSignatureException"}, json.dumps(body).encode())
    for call in (host.chat(request), host.chat_stream(request), next(host.models())):
        error = call.error(reply)
        assert isinstance(error, AuthenticationError)
        assert "hidden" not in f"{error} {error!r} {error.body} {vars(error)}"
        assert "access key AKID was refused in eu-west-1" in str(error)


# -- credentials -------------------------------------------------------------------------------------------------------


def test_a_key_is_a_bearer_and_beats_the_environment(bare: pytest.MonkeyPatch) -> None:
    """AUTH-08."""
    bare.setenv("AWS_ACCESS_KEY_ID", "AKID")
    bare.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    bare.setenv("AWS_REGION", "us-west-2")
    for call in (op(api_key=KEY), None):
        if call is None:
            bare.setenv("AWS_BEARER_TOKEN_BEDROCK", KEY)
            call = op()
        names = dict(Signed(call).request.headers)
        assert names["Authorization"] == f"Bearer {KEY}"
        assert not [name for name in names if name.lower().startswith("x-amz")]
        assert call.url.startswith("https://bedrock-runtime.us-west-2.amazonaws.com/")


def test_an_access_key_signs_with_its_token_and_the_caller_s_headers(bare: pytest.MonkeyPatch) -> None:
    """AUTH-10: read for each call, since they are changed while a program runs."""
    bare.setenv("AWS_ACCESS_KEY_ID", "AKID1")
    bare.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    bare.setenv("AWS_SESSION_TOKEN", "hidden-token")
    bare.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    host = get_provider("bedrock")
    request = ChatRequest(model=CLAUDE, messages=[USER], extra_headers={"X-Amzn-Trace": "t"})
    call: Any = host.chat(request)
    headers = dict(Signed(call).request.headers)
    assert headers["X-Amz-Security-Token"] == "hidden-token"
    signed = headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert {"host", "x-amz-date", "x-amz-security-token", "x-amzn-trace", "content-type"} <= set(signed)
    assert "Credential=AKID1/" in headers["Authorization"]
    assert "/eu-west-1/bedrock/aws4_request" in headers["Authorization"]
    assert "hidden" not in f"{call!r} {call.auth!r} {call.headers} {host.settings!r}"
    bare.setenv("AWS_ACCESS_KEY_ID", "AKID2")
    again: Any = host.chat(request)
    assert "Credential=AKID2/" in dict(Signed(again).request.headers)["Authorization"]


def test_credentials_of_the_caller(bare: pytest.MonkeyPatch) -> None:
    """AUTH-10: a function is asked for each call, in a step that blocks no event loop."""
    own = Credentials("AKID", "hidden")
    assert "Credential=AKID/" in dict(Signed(op(credentials=own, region="us-east-1")).request.headers)["Authorization"]
    flow = op(credentials=lambda: own, region="us-east-1")
    step = next(flow)
    assert isinstance(step, Work)
    call = flow.send(step.run())
    assert "Credential=AKID/" in dict(Signed(call).request.headers)["Authorization"]
    step = next(op(credentials=lambda: "AKID", region="us-east-1"))
    with pytest.raises(ConfigurationError, match="gave no"):
        step.run()


def test_a_profile_of_the_aws_files(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text("[work]\naws_access_key_id = AKIDW\naws_secret_access_key = hidden\n")
    (tmp_path / "config").write_text("[profile work]\nregion = ap-south-1\n")
    flow = op(aws_profile="work")
    call = flow.send(next(flow).run())
    assert call.url.startswith("https://bedrock-runtime.ap-south-1.amazonaws.com/")
    assert "Credential=AKIDW/" in dict(Signed(call).request.headers)["Authorization"]
    with pytest.raises(ConfigurationError, match="nobody"):
        next(op(aws_profile="nobody")).run()


def test_nothing_is_known(bare: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingAPIKeyError, match="AWS_ACCESS_KEY_ID"):
        next(op(region="us-east-1")).run()
    bare.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingAPIKeyError, match="botocore"):
        op(region="us-east-1")
    with pytest.raises(ConfigurationError, match="AWS_REGION"):
        op(api_key=KEY)


@pytest.mark.parametrize("own", [("AKID", "hidden"), {"access_key": "AKID"}, "AKID"])
def test_credentials_that_are_none_are_told_and_no_other_key_is_taken(own: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"onellm\.sigv4\.Credentials") as caught:
        op(api_key=KEY, credentials=own, region="us-east-1")
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("region", ["us-east-1.evil.example/#", "US EAST", "a/b"])
def test_a_region_that_is_none(region: str) -> None:
    with pytest.raises(ConfigurationError, match="no region"):
        op(api_key=KEY, region=region)


def test_the_region_in_a_base_url_is_the_one_that_is_signed_for(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("AWS_REGION", "us-west-2")
    own = Credentials("AKID", "hidden")
    hosts = ("bedrock-runtime.eu-west-1.amazonaws.com", "vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com")
    for host in (*hosts, "bedrock-runtime-fips.us-gov-west-1.amazonaws.com"):
        call = op(credentials=own, base_url=f"https://{host}")
        assert call.url.startswith(f"https://{host}/model/")
        region = "us-gov-west-1" if "gov" in host else "eu-west-1"
        assert f"/{region}/bedrock/aws4_request" in dict(Signed(call).request.headers)["Authorization"]


def test_a_client_keeps_the_provider_that_signs_with_the_environment(bare: pytest.MonkeyPatch) -> None:
    with OneLLM() as client:
        assert client.provider("bedrock") is not client.provider("bedrock")
        bare.setenv("AWS_ACCESS_KEY_ID", "AKID")
        bare.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
        assert client.provider("bedrock") is client.provider("bedrock")


@both
def test_a_step_for_credentials_through_both_engines(caller: Caller, bare: pytest.MonkeyPatch) -> None:
    from tests.providers.bedrock.wire import message

    asked: list[int] = []

    def credentials() -> Credentials:
        asked.append(1)
        return Credentials("AKID", "hidden")

    with serve(whole(message("Hello"))) as server:
        given = {"bedrock": {"base_url": server.url, "credentials": credentials, "region": "us-east-1"}}
        answer = caller.chat(given, f"bedrock/{CLAUDE}")
    assert answer.choices[0].message.content == "Hello"
    assert asked == [1]
    assert server.requests[0].headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKID/")


# -- URLs --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["us.a.b-v1:0", "eu.a.b", "apac.a.b", "global.a.b", "us-gov.a.b", "a.b:1:8k"])
def test_ids_are_sent_as_they_are(model: str) -> None:
    """AUTH-09, URL-02."""
    assert f"/model/{model.replace(':', '%3A')}/converse" in op(model, api_key=KEY, region="us-east-1").url


def test_an_arn_is_one_segment_and_its_region_counts_where_none_is_configured(bare: pytest.MonkeyPatch) -> None:
    """AUTH-07, AUTH-09, URL-01."""
    assert parse_model_name(f"bedrock/{ARN}") == ("bedrock", ARN)
    path = "/model/arn%3Aaws%3Abedrock%3Aeu-west-3%3A123456789012%3Aapplication-inference-profile%2Fabc123/converse"
    assert op(ARN, api_key=KEY).url == f"https://bedrock-runtime.eu-west-3.amazonaws.com{path}"
    assert "us-west-2" in op(ARN, api_key=KEY, region="us-west-2").url
    assert op(CLAUDE, api_key=KEY, region="cn-north-1").url.startswith(
        "https://bedrock-runtime.cn-north-1.amazonaws.com.cn/"
    )


def test_profiles_and_arns_are_known_by_their_own_ids_and_by_their_models() -> None:
    """AUTH-09: the price of a profile is its own; what the list lacks is the model's."""
    base = "anthropic.claude-sonnet-4-6"
    arn = f"arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.{base}"
    host = provider()
    plain, priced, unlisted = host.info(base), host.info(f"eu.{base}"), host.info(f"ca.{base}")
    assert plain.prices is not None
    assert priced.prices is not None
    assert (priced.id, unlisted.id) == (f"eu.{base}", f"ca.{base}")
    assert priced.prices.input == pytest.approx(plain.prices.input * 1.1)  # type: ignore[operator]
    assert unlisted.context_window == plain.context_window
    assert host.info(arn) == priced
    assert "/model/anthropic.claude-sonnet-4-6/count-tokens" in counted(arn).url


def test_a_model_behind_an_arn_is_what_the_settings_say() -> None:
    """AUTH-09, RSN-26: its rules, prices and what it knows are the model's; the ARN is called."""
    host: Any = provider(models={ARN: CLAUDE})
    call = host.chat(ChatRequest(model=ARN, messages=[USER], reasoning_effort="low"))
    assert "application-inference-profile%2Fabc123/converse" in call.url
    assert call.json["additionalModelRequestFields"]["thinking"]["type"] == "enabled"
    assert host.info(ARN).prices == host.info(CLAUDE).prices is not None
    assert (
        f"/model/{CLAUDE.removeprefix('us.').replace(':', '%3A')}/count-tokens"
        in counted(ARN, models={ARN: CLAUDE}).url
    )
    titan: Any = provider(models={ARN: "amazon.titan-embed-text-v2:0"})
    assert titan.embed(EmbeddingRequest(model=ARN, input="a")).json == {"inputText": "a"}
    with pytest.raises(ConfigurationError, match="mapping"):
        provider(models=[ARN]).info(ARN)


def counted(model: str, **settings: Any) -> Any:
    host: Any = provider(**settings)
    return host.count_tokens(ChatRequest(model=model, messages=[USER]))


def test_what_the_caller_says_of_an_arn_counts() -> None:
    register_model(f"bedrock/{ARN}", context_window=77)
    try:
        assert provider().info(ARN).context_window == 77
    finally:
        register_model(f"bedrock/{ARN}")
    assert provider().info(ARN).context_window is None


@pytest.mark.parametrize("base", ["https://h.example/x", "https://h.example/x/"])
def test_a_base_url_of_one_s_own(base: str) -> None:
    """URL-03."""
    assert op("m", api_key=KEY, region="us-east-1", base_url=base).url == "https://h.example/x/model/m/converse"


# -- invoke, lists, counts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "params", "body", "answer"),
    [
        (
            "amazon.titan-embed-text-v2:0",
            {"dimensions": 256, "normalize": True},
            {"inputText": "a", "dimensions": 256, "normalize": True},
            {"embedding": [1, 2], "inputTextTokenCount": 3},
        ),
        ("amazon.titan-embed-text-v1", {}, {"inputText": "a"}, {"embedding": [1, 2], "inputTextTokenCount": 3}),
        (
            "amazon.titan-embed-image-v1",
            {"dimensions": 256},
            {"inputText": "a", "embeddingConfig": {"outputEmbeddingLength": 256}},
            {"embedding": [1, 2], "inputTextTokenCount": 3},
        ),
        (
            "cohere.embed-english-v3",
            {"input_type": "query", "truncate": "END"},
            {"texts": ["a"], "input_type": "search_query", "truncate": "END"},
            {"embeddings": [[1, 2]]},
        ),
        (
            "us.cohere.embed-v4:0",
            {"input_type": "document", "dimensions": 256},
            {"texts": ["a"], "input_type": "search_document", "output_dimension": 256},
            {"embeddings": {"float": [[1, 2]]}},
        ),
    ],
)
def test_embeddings(model: str, params: Any, body: Any, answer: Any) -> None:
    """EMB-06: Cohere's want a purpose."""
    call: Any = provider().embed(EmbeddingRequest(model=model, input="a", **params))
    assert call.json == body
    assert call.url.endswith("/invoke")
    found = call.parse(Reply(200, {"x-amzn-bedrock-input-token-count": "3"}, json.dumps(answer).encode()))
    assert found.vectors == [[1.0, 2.0]]
    assert found.usage.prompt_tokens == 3


def test_several_texts_are_asked_in_order() -> None:
    """EMB-01, EMB-02."""
    flow: Any = provider().embed(EmbeddingRequest(model="amazon.titan-embed-text-v2:0", input=["a", "b", "c"]))
    step = next(flow)
    assert isinstance(step, Gather)
    for number, inner in enumerate(step.calls):
        assert isinstance(inner, Generator)
        call: Any = next(inner)
        body = {"embedding": [number], "inputTextTokenCount": 2}
        with pytest.raises(StopIteration):
            inner.send(call.parse(Reply(200, {}, json.dumps(body).encode())))
    with pytest.raises(StopIteration) as done:
        flow.send([None] * 3)
    answer = done.value.value
    assert [(row.index, row.embedding) for row in answer.data] == [(0, [0.0]), (1, [1.0]), (2, [2.0])]
    assert answer.usage.prompt_tokens == 6
    cohere: Any = provider().embed(EmbeddingRequest(model="cohere.embed-v4:0", input=["a"] * 97, input_type="query"))
    assert len(next(cohere).calls) == 2


def test_embeddings_that_cannot_be_asked_for() -> None:
    wrong: tuple[tuple[str, dict[str, Any], type[Exception]], ...] = (
        ("cohere.embed-v4:0", {}, InvalidRequestError),
        ("amazon.titan-embed-text-v1", {"dimensions": 3}, UnsupportedParameterError),
        ("acme.embed", {}, InvalidRequestError),
        ("amazon.titan-embed-text-v1", {"input": [[1, 2]]}, InvalidRequestError),
    )
    for model, params, kind in wrong:
        with pytest.raises(kind, match=r"^(?!.*Did you mean)"):
            provider().embed(EmbeddingRequest(**{"model": model, "input": "a", **params}))


def test_rerank() -> None:
    request = RerankRequest(
        model="cohere.rerank-v3-5:0", query="q", documents=["x", "y"], top_n=2, return_documents=True
    )
    call: Any = provider().rerank(request)
    assert call.json == {"query": "q", "documents": ["x", "y"], "top_n": 2, "api_version": 2}
    rows = [{"index": 0, "relevance_score": 0.1}, {"index": 1, "relevance_score": 0.9}]
    found = call.parse(Reply(200, {}, json.dumps({"results": rows}).encode()))
    assert [(row.index, row.document) for row in found.results] == [(1, "y"), (0, "x")]


def test_models_and_profiles_page_by_page() -> None:
    flow: Any = provider().models()
    call = next(flow)
    assert call.url == "https://bedrock.us-east-1.amazonaws.com/foundation-models"
    row = {
        "modelArn": "arn:aws:bedrock:us-east-1::foundation-model/a.b", "modelId": "a.b",
        "inputModalities": ["TEXT", "IMAGE"],
        "outputModalities": ["TEXT"], "responseStreamingSupported": True, "modelLifecycle": {"status": "LEGACY"},
    }  # fmt: skip
    call = flow.send(call.parse(Reply(200, {}, json.dumps({"modelSummaries": [row]}).encode())))
    assert call.url.endswith("/inference-profiles?maxResults=1000")
    profile = {"inferenceProfileId": "us.a.b", "type": "SYSTEM_DEFINED", "models": [{"modelArn": row["modelArn"]}]}
    page = {"inferenceProfileSummaries": [profile], "nextToken": "n/1"}
    call = flow.send(call.parse(Reply(200, {}, json.dumps(page).encode())))
    assert call.url.endswith("nextToken=n%2F1")
    own = {**profile, "inferenceProfileId": "x", "type": "APPLICATION", "inferenceProfileArn": ARN}
    with pytest.raises(StopIteration) as done:
        flow.send(call.parse(Reply(200, {}, json.dumps({"inferenceProfileSummaries": [own]}).encode())))
    found = done.value.value
    assert [info.id for info in found] == ["a.b", "us.a.b", ARN]
    assert [info.supports("vision") for info in found] == [True] * 3
    assert found[0].deprecated
    assert service("bedrock").operation_model("ListInferenceProfiles").http["requestUri"] == "/inference-profiles"


def test_counting_asks_the_model_behind_the_profile() -> None:
    call: Any = provider().count_tokens(ChatRequest(model=CLAUDE, messages=[USER], temperature=0.5))  # type: ignore[attr-defined]
    assert call.url.endswith(f"/model/{CLAUDE.removeprefix('us.').replace(':', '%3A')}/count-tokens")
    judge(call.json, "CountTokens")
    assert call.json == {"input": {"converse": {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}}}
