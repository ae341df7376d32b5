"""One call of each operation of Venice, as the tests of completeness, errors and types make it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from onellm_providers.venice.wallet import EthereumWallet

from tests.providers.venice.media import CLIP, PNG, WAV

HI = [{"role": "user", "content": "Hi"}]
KEY_ID = "e28e82dc-9df2-4b47-b726-d0a222ef2ab5"
MODEL = "zai-org-glm-5"
EMBEDS = "text-embedding-bge-m3"
WALLET_KEY = "11" * 32
WALLET = EthereumWallet(WALLET_KEY)
QUESTIONS: Mapping[str, Any] = {
    "urgent": {"type": "noul", "instructions": "Is it urgent?"},
    "team": {"type": "choice", "instructions": "Whose is it?", "criteria": {"billing": "Money", "technical": None}},
    "mood": {"type": "score", "instructions": "How angry?", "criteria": ["calm", "cross", "furious"]},
}
JOB = {"model": "sim-video", "queue_id": "job-1"}

CALLS: Mapping[str, Callable[[Any], Any]] = {
    "POST /chat/completions": lambda venice: venice.chat.completions.create(MODEL, HI),
    "POST /responses": lambda venice: venice.responses.create(MODEL, "Hi"),
    "POST /embeddings": lambda venice: venice.embeddings.create(EMBEDS, ["a", "b"]),
    "GET /models": lambda venice: venice.models.list("all"),
    "GET /models/traits": lambda venice: venice.models.traits("text"),
    "GET /models/compatibility_mapping": lambda venice: venice.models.compatibility_mapping("text"),
    "POST /image/generate": lambda venice: venice.images.generate("A fox", model="sim-image"),
    "POST /images/generations": lambda venice: venice.images.generations("A fox"),
    "POST /image/edit": lambda venice: venice.images.edit(PNG, "Blue sky"),
    "POST /image/multi-edit": lambda venice: venice.images.multi_edit([PNG, PNG], "Blue sky"),
    "POST /image/upscale": lambda venice: venice.images.upscale(PNG, scale=2),
    "POST /image/background-remove": lambda venice: venice.images.remove_background(PNG),
    "GET /image/styles": lambda venice: venice.images.styles(),
    "POST /audio/speech": lambda venice: venice.audio.speech("Hello"),
    "POST /audio/transcriptions": lambda venice: venice.audio.transcriptions(WAV),
    "POST /audio/voices": lambda venice: venice.audio.voices(WAV, model="tts-chatterbox-hd"),
    "POST /audio/queue": lambda venice: venice.audio.queue("Rain", model="sim-music"),
    "POST /audio/quote": lambda venice: venice.audio.quote(model="sim-music", duration_seconds=10),
    "POST /audio/retrieve": lambda venice: venice.audio.retrieve(**JOB),
    "POST /audio/complete": lambda venice: venice.audio.complete(**JOB),
    "POST /audio/voice-changer/queue": lambda venice: venice.voice_changer.queue(
        WAV, model="sim-changer", voice="Aria"
    ),
    "POST /audio/voice-changer/quote": lambda venice: venice.voice_changer.quote(
        model="sim-changer", duration_seconds=3
    ),
    "POST /audio/voice-changer/retrieve": lambda venice: venice.voice_changer.retrieve(**JOB),
    "POST /audio/voice-changer/complete": lambda venice: venice.voice_changer.complete(**JOB),
    "POST /video/queue": lambda venice: venice.video.queue("A fox", model="sim-video", duration="5s"),
    "POST /video/quote": lambda venice: venice.video.quote(model="sim-video", duration="5s"),
    "POST /video/retrieve": lambda venice: venice.video.retrieve(**JOB),
    "POST /video/complete": lambda venice: venice.video.complete(**JOB),
    "POST /video/transcriptions": lambda venice: venice.video.transcriptions(CLIP),
    "GET /characters": lambda venice: venice.characters.list(limit=2),
    "GET /characters/{slug}": lambda venice: venice.characters.get("alan-watts"),
    "GET /characters/{slug}/reviews": lambda venice: venice.characters.reviews("alan-watts"),
    "GET /api_keys": lambda venice: venice.api_keys.list(),
    "GET /api_keys/{id}": lambda venice: venice.api_keys.get(KEY_ID),
    "POST /api_keys": lambda venice: venice.api_keys.create(description="ci"),
    "PATCH /api_keys": lambda venice: venice.api_keys.update(KEY_ID, description="ci"),
    "DELETE /api_keys": lambda venice: venice.api_keys.delete(KEY_ID),
    "GET /api_keys/rate_limits": lambda venice: venice.api_keys.rate_limits(),
    "GET /api_keys/rate_limits/log": lambda venice: venice.api_keys.rate_limits_log(),
    "GET /api_keys/generate_web3_key": lambda venice: venice.api_keys.web3_challenge(),
    "POST /api_keys/generate_web3_key": lambda venice: venice.api_keys.web3_create(
        address=WALLET.address, signature="0x00", token="t"
    ),
    "GET /billing/balance": lambda venice: venice.billing.balance(),
    "GET /billing/usage": lambda venice: venice.billing.usage(),
    "GET /billing/usage-analytics": lambda venice: venice.billing.usage_analytics(),
    "GET /billing/usage-history": lambda venice: venice.billing.usage_history(page_size=10),
    "POST /augment/search": lambda venice: venice.augment.search("foxes"),
    "POST /augment/scrape": lambda venice: venice.augment.scrape("https://example.com/"),
    "POST /augment/text-parser": lambda venice: venice.augment.parse_text(b"Some text."),
    "GET /crypto/rpc/networks": lambda venice: venice.crypto.networks(),
    "POST /crypto/rpc/{network}": lambda venice: venice.crypto.rpc("base-mainnet", "eth_chainId"),
    "GET /x402/balance/{walletAddress}": lambda venice: venice.x402.balance(WALLET.address),
    "POST /x402/top-up": lambda venice: venice.x402.top_up(WALLET, cap=10),
    "GET /x402/transactions/{walletAddress}": lambda venice: venice.x402.transactions(WALLET.address),
    "GET /tee/attestation": lambda venice: venice.tee.attestation("e2ee-venice-uncensored-2"),
    "GET /tee/signature": lambda venice: venice.tee.signature("e2ee-venice-uncensored-2", "chatcmpl-1"),
    "POST /decisions": lambda venice: venice.decisions.create("sim-decider", "Some state.", QUESTIONS),
}
"""`METHOD /path` → a call of it with what it must have."""
