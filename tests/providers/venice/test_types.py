"""Must hold 8: what mypy and pyright know of each method, on both clients; nothing here is run."""

from __future__ import annotations

from typing import assert_type

from onellm_providers.venice import AsyncVenice, Venice
from onellm_providers.venice.e2ee import AttestedKey
from onellm_providers.venice.types import (
    answer,
    api_keys,
    augment,
    billing,
    characters,
    crypto,
    decisions,
    models,
    responses,
    tee,
    x402,
)

from onellm import ChatCompletionChunk, ChatCompletionResponse, ModelInfo
from onellm.async_stream import AsyncStream
from onellm.stream import Stream
from onellm.types.embedding import EmbeddingResponse
from tests.providers.venice.calls import QUESTIONS, WALLET

HI = [{"role": "user", "content": "Hi"}]


def blocking(v: Venice) -> None:
    assert_type(v.chat.completions.create("m", HI), ChatCompletionResponse)
    assert_type(v.chat.completions.create("m", HI, stream=False, seed=1), ChatCompletionResponse)
    assert_type(
        v.chat.completions.create("m", HI, stream=True, enable_web_search="on"),
        Stream[ChatCompletionChunk, ChatCompletionResponse],
    )
    assert_type(v.responses.create("m", "Hi"), responses.VeniceResponse)
    assert_type(v.responses.create("m", "Hi", stream=True), Stream[responses.ResponseEvent, responses.VeniceResponse])
    assert_type(v.embeddings.create("m", "Hi"), EmbeddingResponse)
    assert_type(v.models.list("all"), models.ModelList)
    assert_type(v.models.get("m"), models.VeniceModel)
    assert_type(v.models.refresh(), list[ModelInfo])
    assert_type(v.models.traits(), models.ModelTraits)
    assert_type(v.models.get_model_traits("m"), list[str])
    assert_type(v.models.compatibility_mapping(), models.CompatibilityMapping)
    assert_type(v.models.resolve("m"), str)
    assert_type(v.characters.list(), characters.CharacterPage)
    assert_type(v.characters.get("a"), characters.Character)
    assert_type(v.characters.search("a"), characters.CharacterPage)
    assert_type(v.characters.reviews("a"), characters.ReviewPage)
    assert_type(next(iter(v.characters.iter_all())), characters.Character)
    assert_type(next(iter(v.characters.iter_reviews("a"))), characters.Review)
    assert_type(v.api_keys.list(), api_keys.ApiKeyList)
    assert_type(v.api_keys.get("k"), api_keys.ApiKey)
    assert_type(v.api_keys.create(description="d"), api_keys.NewKey)
    assert_type(v.api_keys.update("k", description="d"), api_keys.ApiKey)
    assert_type(v.api_keys.delete("k"), api_keys.Done)
    assert_type(v.api_keys.rate_limits(), api_keys.RateLimits)
    assert_type(v.api_keys.rate_limits_log(), api_keys.RateLimitLog)
    assert_type(next(iter(v.api_keys.iter_rate_limits_log())), api_keys.LimitHit)
    assert_type(v.api_keys.web3_challenge(), api_keys.Web3Challenge)
    assert_type(v.api_keys.web3_create(address="0x", signature="0x", token="t"), api_keys.NewKey)
    assert_type(v.api_keys.generate_web3_key(WALLET), api_keys.NewKey)
    assert_type(v.billing.balance(), billing.Balance)
    assert_type(v.billing.credits_remaining(), billing.CreditsRemaining)
    assert_type(v.billing.usage(), answer.Answer)
    assert_type(v.billing.usage_analytics(), billing.UsageAnalytics)
    assert_type(v.billing.usage_by_model("m"), billing.ModelUsage)
    assert_type(v.billing.usage_history(), billing.UsageHistoryPage)
    assert_type(v.billing.usage_history_csv(), billing.UsageHistoryCSV)
    assert_type(next(iter(v.billing.iter_usage_history())), billing.UsageEntry)
    assert_type(next(iter(v.billing.iter_usage_history_csv())), billing.UsageHistoryCSV)
    assert_type(v.augment.search("q"), augment.SearchResults)
    assert_type(v.augment.scrape("u"), augment.ScrapedPage)
    assert_type(v.augment.parse_text(b"x"), augment.ParsedDocument)
    assert_type(v.crypto.networks(), crypto.Networks)
    assert_type(v.crypto.rpc("n", "m"), crypto.RpcAnswer)
    assert_type(v.crypto.batch("n", []), crypto.RpcBatch)
    assert_type(v.x402.balance(), x402.WalletBalance)
    assert_type(v.x402.top_up(WALLET, cap=5), x402.TopUp)
    assert_type(v.x402.transactions(), x402.Transactions)
    assert_type(next(iter(v.x402.iter_transactions())), x402.Transaction)
    assert_type(v.tee.attestation("m"), tee.Attestation)
    assert_type(v.tee.verify("m"), AttestedKey)
    assert_type(v.tee.signature("m", "r"), tee.Signature)
    assert_type(v.decisions.create("m", "s", QUESTIONS), decisions.DecisionResponse)
    assert_type(v.request("GET", "models"), answer.Answer)


async def asynchronous(v: AsyncVenice) -> None:
    assert_type(await v.chat.completions.create("m", HI), ChatCompletionResponse)
    assert_type(
        await v.chat.completions.create("m", HI, stream=True),
        AsyncStream[ChatCompletionChunk, ChatCompletionResponse],
    )
    assert_type(await v.responses.create("m", "Hi"), responses.VeniceResponse)
    assert_type(
        await v.responses.create("m", "Hi", stream=True),
        AsyncStream[responses.ResponseEvent, responses.VeniceResponse],
    )
    assert_type(await v.embeddings.create("m", "Hi"), EmbeddingResponse)
    assert_type(await v.models.list("all"), models.ModelList)
    assert_type(await v.models.get("m"), models.VeniceModel)
    assert_type(await v.models.refresh(), list[ModelInfo])
    assert_type(await v.models.traits(), models.ModelTraits)
    assert_type(await v.models.get_model_traits("m"), list[str])
    assert_type(await v.models.compatibility_mapping(), models.CompatibilityMapping)
    assert_type(await v.models.resolve("m"), str)
    assert_type(await v.characters.list(), characters.CharacterPage)
    assert_type(await v.characters.get("a"), characters.Character)
    assert_type(await v.characters.search("a"), characters.CharacterPage)
    assert_type(await v.characters.reviews("a"), characters.ReviewPage)
    assert_type([each async for each in v.characters.iter_all()], list[characters.Character])
    assert_type([each async for each in v.characters.iter_reviews("a")], list[characters.Review])
    assert_type(await v.api_keys.list(), api_keys.ApiKeyList)
    assert_type(await v.api_keys.get("k"), api_keys.ApiKey)
    assert_type(await v.api_keys.create(description="d"), api_keys.NewKey)
    assert_type(await v.api_keys.update("k", description="d"), api_keys.ApiKey)
    assert_type(await v.api_keys.delete("k"), api_keys.Done)
    assert_type(await v.api_keys.rate_limits(), api_keys.RateLimits)
    assert_type(await v.api_keys.rate_limits_log(), api_keys.RateLimitLog)
    assert_type([each async for each in v.api_keys.iter_rate_limits_log()], list[api_keys.LimitHit])
    assert_type(await v.api_keys.web3_challenge(), api_keys.Web3Challenge)
    assert_type(await v.api_keys.web3_create(address="0x", signature="0x", token="t"), api_keys.NewKey)
    assert_type(await v.api_keys.generate_web3_key(WALLET), api_keys.NewKey)
    assert_type(await v.billing.balance(), billing.Balance)
    assert_type(await v.billing.credits_remaining(), billing.CreditsRemaining)
    assert_type(await v.billing.usage(), answer.Answer)
    assert_type(await v.billing.usage_analytics(), billing.UsageAnalytics)
    assert_type(await v.billing.usage_by_model("m"), billing.ModelUsage)
    assert_type(await v.billing.usage_history(), billing.UsageHistoryPage)
    assert_type(await v.billing.usage_history_csv(), billing.UsageHistoryCSV)
    assert_type([each async for each in v.billing.iter_usage_history()], list[billing.UsageEntry])
    assert_type([each async for each in v.billing.iter_usage_history_csv()], list[billing.UsageHistoryCSV])
    assert_type(await v.augment.search("q"), augment.SearchResults)
    assert_type(await v.augment.scrape("u"), augment.ScrapedPage)
    assert_type(await v.augment.parse_text(b"x"), augment.ParsedDocument)
    assert_type(await v.crypto.networks(), crypto.Networks)
    assert_type(await v.crypto.rpc("n", "m"), crypto.RpcAnswer)
    assert_type(await v.crypto.batch("n", []), crypto.RpcBatch)
    assert_type(await v.x402.balance(), x402.WalletBalance)
    assert_type(await v.x402.top_up(WALLET, cap=5), x402.TopUp)
    assert_type(await v.x402.transactions(), x402.Transactions)
    assert_type([each async for each in v.x402.iter_transactions()], list[x402.Transaction])
    assert_type(await v.tee.attestation("m"), tee.Attestation)
    assert_type(await v.tee.verify("m"), AttestedKey)
    assert_type(await v.tee.signature("m", "r"), tee.Signature)
    assert_type(await v.decisions.create("m", "s", QUESTIONS), decisions.DecisionResponse)
    assert_type(await v.request("GET", "models"), answer.Answer)


def wrong(v: Venice, a: AsyncVenice) -> None:
    """What both type checkers refuse: each line is a mistake, and an ignored one that is none would be reported."""
    v.augment.search("q", limits=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    v.augment.search()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    v.models.list("pictures")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    v.chat.completions.create("m", HI, temprature=1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    for _ in a.characters.iter_all():  # type: ignore[misc]  # pyright: ignore[reportArgumentType, reportGeneralTypeIssues]
        pass
