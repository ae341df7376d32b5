"""Every operation of Venice, and the method of the clients that performs it.

49 stand in the OpenAPI file of 2026-08-21. Seven are documented elsewhere: attestations in the TEE guide, the voice
changer and decisions in venice-py 2.9.0.
"""

from __future__ import annotations

from collections.abc import Mapping

OPERATIONS: Mapping[str, str] = {
    "POST /chat/completions": "chat.completions.create",
    "POST /responses": "responses.create",
    "POST /embeddings": "embeddings.create",
    "GET /models": "models.list",
    "GET /models/traits": "models.traits",
    "GET /models/compatibility_mapping": "models.compatibility_mapping",
    "POST /image/generate": "images.generate",
    "POST /images/generations": "images.generations",
    "POST /image/edit": "images.edit",
    "POST /image/multi-edit": "images.multi_edit",
    "POST /image/upscale": "images.upscale",
    "POST /image/background-remove": "images.remove_background",
    "GET /image/styles": "images.styles",
    "POST /audio/speech": "audio.speech",
    "POST /audio/transcriptions": "audio.transcriptions",
    "POST /audio/voices": "audio.voices",
    "POST /audio/queue": "audio.queue",
    "POST /audio/quote": "audio.quote",
    "POST /audio/retrieve": "audio.retrieve",
    "POST /audio/complete": "audio.complete",
    "POST /audio/voice-changer/queue": "voice_changer.queue",
    "POST /audio/voice-changer/quote": "voice_changer.quote",
    "POST /audio/voice-changer/retrieve": "voice_changer.retrieve",
    "POST /audio/voice-changer/complete": "voice_changer.complete",
    "POST /video/queue": "video.queue",
    "POST /video/quote": "video.quote",
    "POST /video/retrieve": "video.retrieve",
    "POST /video/complete": "video.complete",
    "POST /video/transcriptions": "video.transcriptions",
    "GET /characters": "characters.list",
    "GET /characters/{slug}": "characters.get",
    "GET /characters/{slug}/reviews": "characters.reviews",
    "GET /api_keys": "api_keys.list",
    "GET /api_keys/{id}": "api_keys.get",
    "POST /api_keys": "api_keys.create",
    "PATCH /api_keys": "api_keys.update",
    "DELETE /api_keys": "api_keys.delete",
    "GET /api_keys/rate_limits": "api_keys.rate_limits",
    "GET /api_keys/rate_limits/log": "api_keys.rate_limits_log",
    "GET /api_keys/generate_web3_key": "api_keys.web3_challenge",
    "POST /api_keys/generate_web3_key": "api_keys.web3_create",
    "GET /billing/balance": "billing.balance",
    "GET /billing/usage": "billing.usage",
    "GET /billing/usage-analytics": "billing.usage_analytics",
    "GET /billing/usage-history": "billing.usage_history",
    "POST /augment/search": "augment.search",
    "POST /augment/scrape": "augment.scrape",
    "POST /augment/text-parser": "augment.parse_text",
    "GET /crypto/rpc/networks": "crypto.networks",
    "POST /crypto/rpc/{network}": "crypto.rpc",
    "GET /x402/balance/{walletAddress}": "x402.balance",
    "POST /x402/top-up": "x402.top_up",
    "GET /x402/transactions/{walletAddress}": "x402.transactions",
    "GET /tee/attestation": "tee.attestation",
    "GET /tee/signature": "tee.signature",
    "POST /decisions": "decisions.create",
}

BEYOND_THE_FILE = frozenset({
    "POST /audio/voice-changer/queue",
    "POST /audio/voice-changer/quote",
    "POST /audio/voice-changer/retrieve",
    "POST /audio/voice-changer/complete",
    "GET /tee/attestation",
    "GET /tee/signature",
    "POST /decisions",
})  # fmt: skip
