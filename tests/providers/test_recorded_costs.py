"""What recorded answers cost: the parts are the reported whole, and the tokens at the snapshot's prices give the same.

And the invariants of usage on every recorded chat completion: parts within their wholes, the total their sum.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from onellm import APIError, Meta, Prices, Reply
from onellm.call import Call
from onellm.cost import Tokens, cost_parts
from onellm.models import snapshot
from onellm.registry import list_providers
from onellm.types.response import ResponseRequest
from tests.providers.recordings import Exchange, chats, plain
from tests.support import KEY, Caller, serve, streamed, whole
from tests.wire import both, provider

REPORTING = ("openai-llm-cli", "openrouter")
"""The folders whose chat completions report a cost; all went through OpenRouter."""

DIFFERENT = {
    "test_tools_streaming_variant_b:1": "the request was routed to Moonshot AI, which is dearer than the listed price",
    "test_tools_streaming_variant_c:1": "the request was routed to Fireworks, which is dearer than the listed price",
    "test_openrouter_advisor_tool_stream:0": "the tool asks a second model, which is billed with it",
    "test_openrouter_web_search_annotations:0": "a web search is billed with it, and the route is a dearer one",
    "test_openrouter_web_search_annotations_stream:0": "a web search is billed with it, and the route is a dearer one",
    "test_openrouter_stream_error:0": "the answer failed, and its usage is in the error's body",
}
"""Recordings, by the end of their label, whose cost is not that of their tokens at the listed prices, and why."""

BROKEN = ("test_openrouter_stream_error:0",)


def reporting(shared: Path) -> Iterator[Exchange]:
    """The recorded chat completions that report what they cost."""
    for folder in REPORTING:
        for exchange in chats(shared / "recordings" / folder):
            if (plain(exchange).usage or {}).get("cost") is not None:
                yield exchange


def without_cost(exchange: Exchange) -> bytes:
    """The answer as a host would send it that reports no cost."""
    if not exchange.streamed:
        return json.dumps(stripped(json.loads(exchange.body))).encode()
    lines = exchange.body.decode().split("\n")
    return "\n".join(
        f"data: {json.dumps(stripped(json.loads(line[5:])))}" if line.startswith("data:") and "{" in line else line
        for line in lines
    ).encode()


def stripped(value: dict[str, Any]) -> dict[str, Any]:
    for name in ("cost", "cost_details"):
        (value.get("usage") or {}).pop(name, None)
    return value


def answer(caller: Caller, exchange: Exchange, body: bytes, model: str) -> Any:
    """The answer through a client, and with a stream what its own meta says."""
    if exchange.streamed:
        with serve(streamed(body)) as server:
            stream = caller.chat_stream(server.provider(), model)
        assert stream.error is None
        told = [(meta.cost, meta.cost_parts, meta.cost_unknown) for meta in (stream.meta, stream.final.meta)]
        assert told[0] == told[1]
        return stream.final
    with serve(whole(body, exchange.status)) as server:
        return caller.chat(server.provider(), model)


def model_of(exchange: Exchange) -> str:
    """The model as OpenRouter lists it; the answers of `llm` name it, its requests do not."""
    asked = str(exchange.request["model"])
    return asked if "/" in asked else "moonshotai/kimi-k2"


def test_the_recordings_that_report_a_cost_are_these(shared: Path) -> None:
    found = [exchange.label for exchange in reporting(shared)]
    assert len(found) == 11
    assert all(any(label.endswith(name) for label in found) for name in DIFFERENT)
    for folder in sorted((shared / "recordings").iterdir()):
        if folder.name not in REPORTING:
            assert all((usage or {}).get("cost") is None for usage in usages(folder)), folder.name


def usages(folder: Path) -> list[Any]:
    return [plain(exchange).usage for exchange in good(folder)]


def good(folder: Path) -> list[Exchange]:
    """The recorded chat completions that are one: some are pages of HTML."""
    return [exchange for exchange in chats(folder) if exchange.status < 300]


@both
def test_the_reported_parts_are_the_reported_cost(caller: Caller, shared: Path) -> None:
    with_parts = 0
    for exchange in reporting(shared):
        if exchange.label.endswith(BROKEN):
            continue
        meta = answer(caller, exchange, exchange.body, "openrouter/m").meta
        reported = plain(exchange).usage
        assert meta.cost == reported["cost"], exchange.label
        split = bool(reported["cost_details"].get("upstream_inference_prompt_cost"))
        assert {*meta.cost_parts} - {"other"} == ({"input", "output"} if split else set()), exchange.label
        if meta.cost_parts:
            with_parts += 1
            assert math.isclose(math.fsum(meta.cost_parts.values()), meta.cost, rel_tol=1e-9)
            assert ("other" in meta.cost_parts) is ("server_tool_use_details" in reported), exchange.label
    assert with_parts == 6


@both
def test_tokens_at_the_snapshot_s_prices_cost_what_was_reported(caller: Caller, shared: Path) -> None:
    """OpenRouter reports ten decimals; the sum of floats is as exact as that."""
    agreed = 0
    for exchange in reporting(shared):
        if exchange.label.endswith(BROKEN):
            continue
        meta = answer(caller, exchange, without_cost(exchange), f"openrouter/{model_of(exchange)}").meta
        assert math.fsum(meta.cost_parts.values()) == meta.cost
        same = math.isclose(meta.cost, plain(exchange).usage["cost"], abs_tol=1e-10)
        assert same is not exchange.label.endswith(tuple(DIFFERENT)), exchange.label
        agreed += same
    assert agreed == 5


def test_cached_and_written_tokens_cost_what_responses_report(shared: Path) -> None:
    """Two answers of OpenRouter's Responses: one writes 4012 tokens into the cache, the other reads them from it.

    The model is newer than the snapshot; these are its listed prices.
    """
    prices = Prices(input=5.0, output=30.0, cache_read=0.5, cache_write=6.25)
    path = "recordings/openrouter/test_openai_prompt_cache__test_openrouter_responses_prompt_cache_e2e.yaml"
    recorded = yaml.safe_load((shared / path).read_text(encoding="utf-8"))
    buckets: list[set[str]] = []
    for said in fields(recorded, "usage"):
        usage = said["usage"]
        details = usage["input_tokens_details"]
        tokens = Tokens(
            prompt=usage["input_tokens"],
            completion=usage["output_tokens"],
            cached=details["cached_tokens"],
            written=details.get("cache_write_tokens", 0),
        )
        parts = cost_parts(tokens, prices)
        assert isinstance(parts, dict)
        assert math.isclose(math.fsum(parts.values()), usage["cost"], abs_tol=1e-10)
        buckets.append(set(parts))
        meta = read_response(said)
        assert meta.cost == usage["cost"]
        assert set(meta.cost_parts) == {"input", "output"}
        assert math.isclose(math.fsum(meta.cost_parts.values()), usage["cost"], rel_tol=1e-9)
    assert buckets == [{"input", "cache_write", "output"}, {"input", "cache_read", "output"}]


def read_response(said: Any) -> Meta:
    """What our reading of a response says of its cost."""
    request = ResponseRequest(model="m", input="Hi")
    call = provider("openrouter").respond(request)
    assert isinstance(call, Call)
    answer = call.parse(Reply(200, {}, json.dumps(said, default=str).encode()))
    meta = Meta()
    answer.attach(meta)
    return meta


def test_xai_s_ticks_are_what_its_tokens_cost(shared: Path) -> None:
    """A tick is a ten-thousandth of a millionth of a dollar; the recorded call has cached tokens."""
    counted = 0
    for path in sorted((shared / "recordings" / "xai-grpc").glob("*.yaml")):
        for said in fields(yaml.safe_load(path.read_text(encoding="utf-8")), "usage"):
            usage = said["usage"] or {}
            if "cost_in_usd_ticks" not in usage:
                continue
            known = snapshot.find("xai", said["model"])
            assert known
            assert known.prices
            tokens = Tokens(
                prompt=int(usage["prompt_tokens"]),
                completion=int(usage["completion_tokens"]),
                cached=int(usage["cached_prompt_text_tokens"]),
            )
            parts = cost_parts(tokens, known.prices)
            assert isinstance(parts, dict)
            assert math.isclose(math.fsum(parts.values()), int(usage["cost_in_usd_ticks"]) * 1e-10, abs_tol=1e-10)
            counted += 1
    assert counted == 1


def fields(value: Any, name: str) -> Iterator[dict[str, Any]]:
    """The mappings that have a field of this name."""
    if isinstance(value, dict):
        if name in value:
            yield value
        for item in value.values():
            yield from fields(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from fields(item, name)


# -- usage -------------------------------------------------------------------------------------------------------------


@both
def test_usage_is_consistent_on_every_recorded_chat_completion(caller: Caller, shared: Path) -> None:
    counted = 0
    for folder in sorted((shared / "recordings").iterdir()):
        name = {"openai-llm-cli": "openai"}.get(folder.name, folder.name)
        if name not in list_providers() or name == "ollama":  # which also has an endpoint of OpenAI's shape
            name = "openai_compatible"
        for exchange in good(folder) if folder.is_dir() else ():
            expected = plain(exchange)
            if expected.error is not None or expected.usage is None:
                continue
            with serve(streamed(exchange.body) if exchange.streamed else whole(exchange.body)) as server:
                settings = {name: {"base_url": server.url, "api_key": KEY}}
                try:
                    if exchange.streamed:
                        usage = caller.chat_stream(settings, f"{name}/m").final.usage
                    else:
                        usage = caller.chat(settings, f"{name}/m").usage
                except APIError as error:
                    raise AssertionError(exchange.label) from error
            check_usage(usage, expected.usage, exchange.label)
            counted += 1
    assert counted >= 40


def check_usage(usage: Any, sent: Any, label: str) -> None:
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens == sent["total_tokens"], label
    parts = {name: getattr(prompt, name, None) or 0 for name in ("cached_tokens", "cache_write_tokens", "audio_tokens")}
    assert all(count >= 0 for count in parts.values()), label
    assert parts["cached_tokens"] + parts["cache_write_tokens"] <= usage.prompt_tokens, label
    assert parts["audio_tokens"] <= usage.prompt_tokens, label
    parts = {name: getattr(completion, name, None) or 0 for name in ("reasoning_tokens", "audio_tokens")}
    assert all(count >= 0 for count in parts.values()), label
    assert sum(parts.values()) <= usage.completion_tokens, label
