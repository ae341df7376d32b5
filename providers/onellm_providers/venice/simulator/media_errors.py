"""The shapes of errors that only media operations have (OpenAPI file of 2026-08-21)."""

from __future__ import annotations

from typing import Any

from onellm.testing.simulator.values import ServiceError

POLICY_TEXT = "You have the right to use this face, and accept that it is screened."


def media_error(refused: ServiceError) -> dict[str, Any] | None:
    """The body of an error of a shape of its own; None for all others."""
    said = refused.message
    if refused.code == "PAYLOAD_TOO_LARGE":
        return {"code": refused.code, "error": said}
    if refused.code == "content_violation":
        return {"error": said, "suggested_prompt": "A calm lake at dawn"}
    if refused.code == "provider_content_policy":
        inner = {"message": said, "type": refused.code, "recommended_model": "sim-video", "credits_refunded": True}
        return {"error": inner}
    if refused.code == "needs_consent":
        return {
            "error": {"code": refused.code, "message": said},
            "consent_flow": "seedance",
            "face_media_roles": ["image"],
            "consent": {"consent_version": "2026-06-01", "policy_text": POLICY_TEXT},
            "docs_url": "https://docs.venice.ai/guides/seedance-face-consent",
        }
    return None
