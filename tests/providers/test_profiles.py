"""Several accounts of one provider in one process: each call goes to its own address with its own credential."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

import onellm
from tests.both import Either
from tests.support import ByteServer, completion, serve, whole
from tests.wire import USER

PROFILES = ("azure@eastus", "azure@west", "venice@work", "venice@home")
KEYS = {name: f"key-of-{name.replace('@', '-')}-0123456789" for name in PROFILES}
TOKENS = {name: f"token-of-{name.replace('@', '-')}-0123456789" for name in PROFILES if name.startswith("azure")}

EXAMPLES = hypothesis.settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)  # fmt: skip


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, ByteServer]]:
    answer = whole(completion())
    with serve(answer) as one, serve(answer) as two, serve(answer) as three, serve(answer) as four:
        yield dict(zip(PROFILES, (one, two, three, four), strict=True))


def settings(servers: dict[str, ByteServer], tokens: frozenset[str]) -> dict[str, dict[str, Any]]:
    given: dict[str, dict[str, Any]] = {}
    for name in PROFILES:
        given[name] = {"base_url": servers[name].url, "api_key": KEYS[name]}
        if name in tokens:
            given[name]["token_provider"] = lambda name=name: TOKENS[name]
    return given


calls = st.lists(st.sampled_from(PROFILES), min_size=1, max_size=8)
with_tokens = st.frozensets(st.sampled_from(sorted(TOKENS)))


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_keys_never_cross(kind: str, servers: dict[str, ByteServer]) -> None:
    @EXAMPLES
    @hypothesis.given(calls, with_tokens)
    def check(order: list[str], tokens: frozenset[str]) -> None:
        for server in servers.values():
            server.requests.clear()

        async def main() -> None:
            either = Either(kind, providers=settings(servers, tokens))
            try:
                await asyncio.gather(*(either.chat([USER], model=f"{name}/m") for name in order))
            finally:
                await either.close()

        asyncio.run(main())
        for name, server in servers.items():
            assert len(server.requests) == order.count(name)
            for request in server.requests:
                own = TOKENS[name] if name in tokens else KEYS[name]
                known = {*KEYS.values(), *TOKENS.values()}
                found = {
                    secret for secret in known if secret in repr(request.headers) or secret.encode() in request.body
                }
                assert found == {own}

    check()


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_keys_of_the_environment_never_cross(
    kind: str, servers: dict[str, ByteServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PROFILES:
        variable = name.replace("@", "_").upper()
        monkeypatch.setenv(f"{variable}_API_KEY", KEYS[name])
        monkeypatch.setenv(f"{variable}_BASE_URL", servers[name].url)
        servers[name].requests.clear()

    async def main() -> None:
        either = Either(kind)
        try:
            await asyncio.gather(*(either.chat([USER], model=f"{name}/m") for name in PROFILES * 3))
        finally:
            await either.close()

    asyncio.run(main())
    for name, server in servers.items():
        assert len(server.requests) == 3
        for request in server.requests:
            assert [KEYS[each] in repr(request.headers) for each in PROFILES] == [each == name for each in PROFILES]


def test_a_profile_without_a_key_takes_nobody_else_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "key-of-the-first-0123456789")
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "token-of-the-first-0123456789")
    monkeypatch.setenv("AZURE_EAST_RESOURCE", "east")
    with pytest.raises(onellm.MissingAPIKeyError, match="AZURE_EAST_API_KEY"):
        onellm.OneLLM().chat.completions.create("azure@east/D", [USER])
