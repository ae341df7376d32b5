"""Keys, pages of models and token counts at the provider's wire, and through its own clients."""

from __future__ import annotations

import asyncio
from typing import Any

import anthropic
import pytest
from anthropic.types import message_count_tokens_params
from onellm_providers.anthropic import Anthropic, AsyncAnthropic
from onellm_providers.anthropic.models import read_model
from pydantic import TypeAdapter

import onellm
from onellm import Capability
from tests.providers.anthropic.wire import OLD, USER, message
from tests.support import KEY, ByteServer, serve, whole
from tests.wire import tool

both = pytest.mark.parametrize("kind", ["sync", "async"])
MODEL = {"id": "claude-a", "type": "model", "display_name": "A", "created_at": "2026-01-01T00:00:00Z"}


def count(kind: str, server: ByteServer, *args: Any, **params: Any) -> int:
    """What a client counts; its key comes from the environment."""
    if kind == "sync":
        with Anthropic(base_url=server.url) as client:
            return client.messages.count_tokens(*args, **params)

    async def main() -> int:
        async with AsyncAnthropic(base_url=server.url) as client:
            return await client.messages.count_tokens(*args, **params)

    return asyncio.run(main())


@both
@pytest.mark.parametrize(
    "variables",
    [
        {"ANTHROPIC_API_KEY": "k"},
        {"ANTHROPIC_AUTH_TOKEN": "gateway"},
        {"ANTHROPIC_AUTH_TOKEN": "sk-ant-oat-1"},
        {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_AUTH_TOKEN": "gateway"},
    ],
    ids=str,
)
def test_a_token_of_the_environment_is_a_bearer(
    kind: str, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with the SDK, whatever the token begins with."""
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    answer = whole({"input_tokens": 3})
    with serve(answer, answer) as server:
        assert count(kind, server, OLD, [USER]) == 3
        with anthropic.Anthropic(base_url=server.url.removesuffix("/v1"), max_retries=0, timeout=5) as sdk:
            sdk.messages.count_tokens(model=OLD, messages=[{"role": "user", "content": "Hi"}])
        ours, theirs = (each.headers for each in server.requests)
    token = variables.get("ANTHROPIC_AUTH_TOKEN")
    if "ANTHROPIC_API_KEY" in variables:
        assert (ours.get("x-api-key"), ours.get("authorization")) == ("k", None)
    else:
        assert (ours.get("x-api-key"), ours.get("authorization")) == (None, f"Bearer {token}")
        assert theirs["authorization"] == ours["authorization"]


@both
def test_a_count_takes_what_a_chat_takes(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    thinking = {"type": "enabled", "budget_tokens": 2048}
    with serve(whole({"input_tokens": 3})) as server:
        count(
            kind, server, OLD, [USER], tools=[tool("a")], tool_choice="none",
            extra_body={"thinking": thinking}, extra_headers={"anthropic-beta": "b"},
        )  # fmt: skip
        (sent,) = server.requests
    TypeAdapter(message_count_tokens_params.MessageCountTokensParams).validate_python(sent.json)
    assert (sent.json["tool_choice"], sent.json["thinking"]) == ({"type": "none"}, thinking)
    assert sent.headers["anthropic-beta"] == "b"


def test_a_user_profile_goes_as_the_sdk_sends_it() -> None:
    """In a header; as a field it stands in a batch alone."""
    answer = whole(message("x"))
    profile: Any = {"user_profile_id": "uprof_1"}
    with serve(answer, answer, answer) as server:
        with onellm.OneLLM(providers={"anthropic": {"base_url": server.url, "api_key": KEY}}) as client:
            asked: Any = {"model": f"anthropic/{OLD}", "messages": [USER]}
            client.chat.completions.create(**asked, **profile)
            with pytest.raises(onellm.BadResponseError):  # what the server answers is no batch
                client.batches.create([{"custom_id": "a", "body": {**asked, **profile}}])
        with anthropic.Anthropic(api_key=KEY, base_url=server.url.removesuffix("/v1"), timeout=5) as sdk:
            sdk.messages.create(
                model=OLD, max_tokens=5, messages=[{"role": "user", "content": "Hi"}], user_profile_id="uprof_1"
            )
        ours, batch, theirs = server.requests
    assert ours.headers["anthropic-user-profile-id"] == theirs.headers["anthropic-user-profile-id"] == "uprof_1"
    assert "user_profile_id" not in ours.json
    assert batch.json["requests"][0]["params"]["user_profile_id"] == "uprof_1"


def test_a_gateway_without_pages_of_models() -> None:
    """It sends the same page again and again, and is asked twice."""
    page = whole({"data": [MODEL], "has_more": True, "first_id": "claude-a", "last_id": "claude-a"})
    with serve(page, page, page) as server:
        settings = {"anthropic": {"base_url": server.url, "api_key": KEY}}
        with onellm.OneLLM(providers=settings, deadline=5) as client:
            assert [each.id for each in client.models.list("anthropic")] == ["claude-a"]
        assert len(server.requests) == 2


def listed(**fields: Any) -> dict[str, Any]:
    """A model as the service lists it."""
    efforts = ("low", "medium", "high", "max")
    return {
        **MODEL, "max_input_tokens": 200_000, "max_tokens": 64_000, "lifecycle": "active",
        "deprecated_at": None, "retires_at": None,
        "capabilities": {
            **{name: {"supported": True} for name in ("image_input", "structured_outputs", "thinking")},
            "pdf_input": {"supported": False},
            "effort": {"supported": True, **{word: {"supported": word != "max"} for word in efforts}},
        }, **fields,
    }  # fmt: skip


def test_what_a_model_is_said_to_do() -> None:
    info = read_model("anthropic", listed())
    words = (Capability.VISION, Capability.JSON_SCHEMA, Capability.REASONING, Capability.DOCUMENT_INPUT)
    assert [info.capabilities[word] for word in words] == [True, True, True, False]
    assert info.reasoning_efforts == ("low", "medium", "high")
    assert (info.context_window, info.max_output_tokens, info.released) == (200_000, 64_000, "2026-01-01")
    silent = read_model("anthropic", MODEL)
    assert (silent.context_window, silent.reasoning_efforts, silent.deprecated) == (None, None, None)
    assert silent.capabilities.get(Capability.VISION) is None


@pytest.mark.parametrize(
    ("fields", "gone"),
    [
        ({"lifecycle": "active", "retires_at": "2027-05-01T00:00:00Z"}, None),
        ({"lifecycle": "deprecated", "deprecated_at": "2026-05-01T00:00:00Z"}, "2026-05-01"),
        (
            {"lifecycle": "retired", "deprecated_at": "2026-05-01T00:00:00Z", "retires_at": "2026-11-01T00:00:00Z"},
            "2026-11-01",
        ),
    ],
    ids=["active", "deprecated", "retired"],
)
def test_when_a_model_goes(fields: dict[str, Any], gone: str | None) -> None:
    assert read_model("anthropic", listed(**fields)).deprecated == gone
