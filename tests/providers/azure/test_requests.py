"""What leaves for Azure: URLs, credentials, bodies by the rules of the deployment's model."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from onellm_providers.azure import AzureProvider

from onellm import (
    AuthenticationError,
    ChatRequest,
    ConfigurationError,
    MissingAPIKeyError,
    OneLLM,
    Reply,
    UnsupportedParameterError,
    get_provider,
)
from onellm.body import File, Multipart
from onellm.call import Call
from onellm.types.audio import TranscriptionRequest
from onellm.types.embedding import EmbeddingRequest
from onellm.types.image import ImageEditRequest, ImageRequest
from tests.support import KEY, Caller, completion, serve, whole
from tests.surroundings import bare_environment
from tests.wire import USER, both

DATED = "2024-10-21"
V1, CLASSIC = "https://r.openai.azure.com/openai/v1", "https://r.openai.azure.com/openai"
VARIABLES = ("AZURE_API_KEY", "AZURE_BASE_URL", "AZURE_RESOURCE", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT",
             "OPENAI_API_VERSION", "AZURE_OPENAI_AD_TOKEN", "AZURE_API_VERSION", "AZURE_TOKEN")  # fmt: skip


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    bare_environment(monkeypatch, tmp_path)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def azure(**settings: Any) -> AzureProvider:
    given = {"resource": "r", "api_key": KEY, **settings}
    return cast("AzureProvider", get_provider("azure", **given))


def chat(deployment: str = "D", settings: Any = None, **params: Any) -> Call[Any]:
    request = ChatRequest(model=deployment, messages=params.pop("messages", [USER]), **params)
    return cast("Call[Any]", azure(**(settings or {})).chat(request))


# -- endpoints ---------------------------------------------------------------------------------------------------------

ENDPOINTS: list[tuple[str, str | None, str]] = [
    ("https://r.openai.azure.com", None, V1),
    ("https://r.openai.azure.com/", None, V1),
    ("https://r.openai.azure.com/openai/", None, V1),
    ("https://r.openai.azure.com/openai/v1", None, V1),
    ("https://r.openai.azure.com/openai/v1/", None, V1),
    ("https://r.openai.azure.com/openai/v1/chat/completions", None, V1),
    ("https://r.openai.azure.com/openai/deployments/D", None, V1),
    ("https://r.openai.azure.com", DATED, CLASSIC),
    ("https://r.openai.azure.com/openai/", DATED, CLASSIC),
    ("https://r.openai.azure.com/openai/deployments/D", DATED, CLASSIC),
    (f"https://r.openai.azure.com/openai/deployments/D/chat/completions?api-version={DATED}", None, CLASSIC),
    ("https://r.services.ai.azure.com", None, "https://r.services.ai.azure.com/openai/v1"),
    (
        "https://r.services.ai.azure.com/api/projects/p",
        None,
        "https://r.services.ai.azure.com/api/projects/p/openai/v1",
    ),
    ("https://r.openai.azure.us", DATED, "https://r.openai.azure.us/openai"),
    ("https://r.openai.azure.cn/openai/v1", None, "https://r.openai.azure.cn/openai/v1"),
    ("https://r.openai.azure.com:443/openai", None, "https://r.openai.azure.com:443/openai/v1"),
    ("https://gateway.example/azure/r", None, "https://gateway.example/azure/r/openai/v1"),
    ("http://127.0.0.1:8000/azure/openai", None, "http://127.0.0.1:8000/azure/openai/v1"),
]


@pytest.mark.parametrize(("endpoint", "version", "base"), ENDPOINTS)
def test_auth_02_every_form_of_an_endpoint_gives_one_url(endpoint: str, version: str | None, base: str) -> None:
    """AUTH-02."""
    call = chat(settings={"base_url": endpoint, **({"api_version": version} if version else {})})
    if base.endswith("/v1"):
        assert (call.url, call.json["model"]) == (f"{base}/chat/completions", "D")
    else:
        assert call.url == f"{base}/deployments/D/chat/completions?api-version={DATED}"
        assert "model" not in call.json


def test_a_resource_is_a_name_or_a_host() -> None:
    assert chat().url.startswith(V1)
    assert chat(settings={"resource": "r.services.ai.azure.com"}).url.startswith(
        "https://r.services.ai.azure.com/openai/v1/"
    )
    assert chat(settings={"resource": "https://r.openai.azure.us/"}).url.startswith(
        "https://r.openai.azure.us/openai/v1/"
    )


def test_v1_takes_preview_and_no_date() -> None:
    assert chat(settings={"api_version": "preview"}).url == f"{V1}/chat/completions?api-version=preview"
    with pytest.raises(ConfigurationError, match="no dated versions"):
        azure(base_url=V1, api_version=DATED)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"base_url": f"{V1}/chat/completions?api-version={DATED}"}, "no dated versions"),
        (
            {"base_url": "https://r.services.ai.azure.com/models/chat/completions"},
            "OpenAI's format; write https://r.se",
        ),
        ({"base_url": "https://r.services.ai.azure.com/anthropic/v1/messages"}, "no endpoint of OpenAI's format"),
        ({"base_url": "https://r.openai.azure.com/v1"}, "write https://r.openai.azure.com or"),
        ({"api_version": "2024-1-1"}, "'2024-1-1' is no api_version"),
        ({"base_url": f"{CLASSIC}?api-version=20241021"}, "'20241021' is no api_version"),
    ],
)
def test_what_is_no_endpoint_is_told_before_sending(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        azure(**settings)


def test_a_date_of_the_environment_is_for_the_classic_family(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_VERSION", DATED)
    assert chat(settings={"base_url": V1}).url == f"{V1}/chat/completions"
    assert DATED in chat().url


def test_the_variables_of_the_sdk_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "key-of-the-sdk-0123")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://env.openai.azure.com/")
    monkeypatch.setenv("OPENAI_API_VERSION", DATED)
    provider = get_provider("azure")
    call = cast("Call[Any]", provider.chat(ChatRequest(model="D", messages=[USER])))
    assert call.url == f"https://env.openai.azure.com/openai/deployments/D/chat/completions?api-version={DATED}"
    monkeypatch.setenv("AZURE_EAST_API_KEY", "key-of-the-east-0123")
    monkeypatch.setenv("AZURE_EAST_RESOURCE", "east")
    east = cast("Call[Any]", get_provider("azure@east").chat(ChatRequest(model="D", messages=[USER])))
    assert east.url == "https://east.openai.azure.com/openai/v1/chat/completions", "a profile has its own alone"


def test_a_deployment_is_one_part_of_the_path() -> None:
    call = chat("a/b c", {"api_version": DATED})
    assert "/deployments/a%2Fb%20c/chat/completions?" in call.url


# -- credentials -------------------------------------------------------------------------------------------------------


def credentials(headers: Any) -> dict[str, str]:
    return {name: headers[name] for name in ("api-key", "authorization") if name in headers}


@both
@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        ({"api_key": KEY}, {"api-key": KEY}),
        ({"token": "entra-token-0123456789"}, {"authorization": "Bearer entra-token-0123456789"}),
        ({"token_provider": lambda: "t-1"}, {"authorization": "Bearer t-1"}),
        ({"token_provider": lambda: "t-1", "api_key": KEY}, {"authorization": "Bearer t-1"}),
    ],
    ids=["key", "token", "provider", "both"],
)
def test_auth_01_exactly_one_credential(caller: Caller, settings: dict[str, Any], sent: dict[str, str]) -> None:
    """AUTH-01."""
    with serve(whole(completion())) as server:
        caller.chat({"azure": {"base_url": server.url, **settings}}, "azure/D")
        assert credentials(server.requests[0].headers) == sent


@both
def test_auth_01_a_token_provider_is_called_for_each_request(caller: Caller) -> None:
    """AUTH-01: never when a client is made; streams and other operations too."""
    tokens = iter(f"t-{number}" for number in range(9))
    providers = {"azure": {"base_url": "", "token_provider": lambda: next(tokens)}}
    with serve(whole(completion())) as server:
        providers["azure"]["base_url"] = server.url
        caller.chat(providers, "azure/D")
        caller.chat(providers, "azure/D")
        assert [request.headers["authorization"] for request in server.requests] == ["Bearer t-0", "Bearer t-1"]


def headers_sent(given: dict[str, Any], **params: Any) -> dict[str, str]:
    with serve(whole(completion())) as server, OneLLM(providers={"azure": {"base_url": server.url, **given}}) as client:
        client.chat.completions.create("azure/D", [cast("Any", USER)], **params)
        return credentials(server.requests[0].headers)


def test_what_was_given_selects_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the SDK: a token of the environment takes no call from the key or token that was given for it."""
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "token-of-the-environment")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "key-of-the-environment")
    bearer = {"authorization": "Bearer t-1"}
    assert headers_sent({}) == {"authorization": "Bearer token-of-the-environment"}
    assert headers_sent({"api_key": KEY}) == {"api-key": KEY}
    assert headers_sent({"token_provider": lambda: "t-1"}) == bearer
    assert headers_sent({}, api_key=KEY) == {"api-key": KEY}
    assert headers_sent({"token_provider": lambda: "t-1"}, api_key=KEY) == {"api-key": KEY}
    assert headers_sent({"token": "t-1", "api_key": "k" * 20}, api_key=KEY) == {"api-key": KEY}


@both
@pytest.mark.parametrize("name", ["token_provider", "credential"])
def test_an_async_source_of_tokens_is_told(caller: Caller, name: str, recwarn: pytest.WarningsRecorder) -> None:
    async def token(*scopes: str) -> str:
        return "t"

    given: Any = {"token_provider": token, "credential": SimpleNamespace(get_token=token)}[name]
    with pytest.raises(ConfigurationError, match=r"not of azure\.identity\.aio"):
        caller.chat({"azure": {"resource": "r", name: given}}, "azure/D")
    assert not [each for each in recwarn if "never awaited" in str(each.message)]


@both
def test_a_credential_of_azure_identity_serves_until_its_end(caller: Caller) -> None:
    from azure.core.credentials import AccessToken

    asked: list[str] = []

    def get_token(*scopes: str) -> AccessToken:
        asked.extend(scopes)
        return AccessToken("from-identity", 99_999_999_999)

    provider = azure(api_key=None, credential=SimpleNamespace(get_token=get_token))
    with serve(whole(completion())) as server:
        provider.settings = provider.settings.__class__(**{**vars(provider.settings), "base_url": server.url})
        op = cast("Callable[[], Call[Any]]", lambda: provider.chat(ChatRequest(model="D", messages=[USER])))
        caller.run(op)
        caller.run(op)
        assert [credentials(request.headers) for request in server.requests] == [
            {"authorization": "Bearer from-identity"}
        ] * 2
    assert asked == ["https://ai.azure.com/.default"]


def test_a_scope_goes_by_the_family_of_urls_unless_it_is_given() -> None:
    from azure.core.credentials import AccessToken

    asked: list[str] = []

    def get_token(*scopes: str) -> AccessToken:
        asked.extend(scopes)
        return AccessToken("t", 99_999_999_999)

    credential = SimpleNamespace(get_token=get_token)
    for settings in ({}, {"api_version": DATED}, {"scope": "https://cognitiveservices.azure.us/.default"}):
        headers_sent({"credential": credential, **settings})
    names = ["ai.azure.com", "cognitiveservices.azure.com", "cognitiveservices.azure.us"]
    assert asked == [f"https://{name}/.default" for name in names]


def test_azure_identity_s_own_provider_of_tokens_is_one_of_ours() -> None:
    from azure.core.credentials import AccessToken
    from azure.identity import get_bearer_token_provider

    credential = SimpleNamespace(get_token=lambda *scopes, **options: AccessToken("t-1", 99_999_999_999))
    provider = get_bearer_token_provider(cast("Any", credential), "https://ai.azure.com/.default")
    assert headers_sent({"token_provider": provider}) == {"authorization": "Bearer t-1"}


@both
def test_a_credential_that_fails_is_an_authentication_error(caller: Caller) -> None:
    from azure.core.exceptions import ClientAuthenticationError

    def get_token(*scopes: str) -> Any:
        raise ClientAuthenticationError("no login here")

    with pytest.raises(AuthenticationError, match="no login here"):
        caller.chat({"azure": {"resource": "r", "credential": SimpleNamespace(get_token=get_token)}}, "azure/D")


@both
def test_a_missing_extra_is_named(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(ConfigurationError, match="extra 'azure'"):
        caller.chat({"azure": {"resource": "r", "credential": "default"}}, "azure/D")


def test_what_cannot_give_tokens_is_told() -> None:
    for settings, words in (
        ({"token_provider": "t"}, "must be a function"),
        ({"credential": 5}, "azure-identity"),
        ({"token_provider": str, "credential": "default"}, "not both"),
        ({"token_provider": str, "token": "t"}, "not both token and token_provider"),
        ({"deployments": ["D"]}, "deployments is a mapping"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            chat(settings=settings)
    with pytest.raises(MissingAPIKeyError, match="AZURE_API_KEY"):
        chat(settings={"api_key": None})


def test_a_token_shows_itself_nowhere() -> None:
    token = "entra-token-0123456789abcdef"
    provider = azure(token=token, api_key=None)
    assert token not in f"{provider.settings!r} {vars(provider)!r} {provider.auth()!r}"
    error = provider.error(Reply(401, {}, f'{{"error": {{"message": "bad {token}"}}}}'.encode()))
    assert token not in f"{error} {error.body}"


# -- bodies ------------------------------------------------------------------------------------------------------------


def test_a_deployment_has_the_facts_of_its_model() -> None:
    provider = azure(deployments={"prod": "gpt-5.4-mini"})
    assert provider.info("prod").context_window == provider.info("gpt-5.4-mini").context_window == 400_000
    assert provider.prices("prod") == provider.prices("gpt-5.4-mini") is not None
    assert provider.info("other").context_window is None
    assert chat("prod", {"deployments": {"prod": "gpt-5.4-mini"}}).json["model"] == "prod"


@pytest.mark.parametrize(
    ("deployment", "settings", "sent"),
    [
        ("gpt-5.4-mini", {}, "max_completion_tokens"),
        ("gpt-5.4-mini", {"api_version": DATED}, "max_completion_tokens"),
        ("gpt-4o", {"api_version": "2024-06-01"}, "max_tokens"),
        ("Mistral-Large-3", {}, "max_tokens"),
        ("prod", {"deployments": {"prod": "Mistral-Large-3"}}, "max_tokens"),
    ],
)
@pytest.mark.parametrize("given", ["max_tokens", "max_completion_tokens"])
def test_par_01_one_name_for_the_limit(deployment: str, settings: Any, sent: str, given: str) -> None:
    """PAR-01."""
    body = chat(deployment, settings, **{given: 100}).json
    assert {name: value for name, value in body.items() if name.startswith("max_")} == {sent: 100}


def test_old_versions_know_no_stream_options() -> None:
    request = ChatRequest(model="D", messages=[USER])
    old = cast("Any", azure(api_version="2024-06-01").chat_stream(request))
    assert "stream_options" not in old.json
    new = cast("Any", azure(api_version=DATED).chat_stream(request))
    assert new.json["stream_options"] == {"include_usage": True}


def test_rsn_22_an_effort_that_the_model_does_not_have() -> None:
    """RSN-22."""
    settings = {"deployments": {"prod": "gpt-5"}}
    known = azure(**settings).info("prod").reasoning_efforts
    assert known
    assert "none" not in known
    with pytest.raises(UnsupportedParameterError, match="reasoning_effort") as caught:
        chat("prod", settings, reasoning_effort="none")
    assert caught.value.param == "reasoning_effort"
    dropped = chat("prod", settings, reasoning_effort="none", unsupported="drop")
    assert "reasoning_effort" not in dropped.json
    assert dropped.dropped == ("reasoning_effort",)
    assert chat("prod", settings, reasoning_effort="low").json["reasoning_effort"] == "low"
    assert chat("unknown", reasoning_effort="none").json["reasoning_effort"] == "none", "not known never blocks"


def test_mm_07_a_file_part_is_refused() -> None:
    """MM-07."""
    part = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}}
    with pytest.raises(UnsupportedParameterError, match="file"):
        chat(messages=[{"role": "user", "content": [part, {"type": "text", "text": "Sum up."}]}])


@pytest.mark.parametrize("version", [None, DATED])
def test_img_02_the_model_is_in_the_body_or_in_the_path(version: str | None) -> None:
    """IMG-02, IMG-03: generations, edits and transcriptions."""
    provider = azure(api_version=version, deployments={"pics": "gpt-image-2"})
    png = File("a.png", b"\x89PNG", "image/png")
    made = cast("Any", provider.image(ImageRequest(model="pics", prompt="x", n=2)))
    edit = cast("Any", provider.image_edit(ImageEditRequest(model="pics", prompt="x", image=[png, png])))
    heard = cast(
        "Any", provider.transcribe(TranscriptionRequest(model="ear", file=File("a.mp3", b"ID3", "audio/mpeg")))
    )
    for call, name, path in (
        (made, "pics", "images/generations"),
        (edit, "pics", "images/edits"),
        (heard, "ear", "audio/transcriptions"),
    ):
        body = call.body
        fields = dict(body.parts) if isinstance(body, Multipart) else call.json
        if version:
            assert call.url == f"{CLASSIC}/deployments/{name}/{path}?api-version={DATED}"
            assert "model" not in fields
        else:
            assert (call.url, fields["model"]) == (f"{V1}/{path}", name)
    assert [name for name, part in edit.body.parts if isinstance(part, File)] == ["image[]", "image[]"]


def test_emb_04_no_encoding_format_unless_given() -> None:
    """EMB-04."""
    call = cast("Any", azure().embed(EmbeddingRequest(model="embed-v4", input="x")))
    assert call.json == {"model": "embed-v4", "input": ["x"]}
    given = cast("Any", azure().embed(EmbeddingRequest(model="embed-v4", input="x", encoding_format="float")))
    assert given.json["encoding_format"] == "float"


def test_operations_without_a_deployment_have_the_version_alone() -> None:
    provider = azure(api_version=DATED)
    assert provider.models().url == f"{CLASSIC}/models?api-version={DATED}"
    assert azure().models().url == f"{V1}/models"
