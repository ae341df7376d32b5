"""Models at Replicate behind `replicate/…`, each call a prediction: created once, waited for, cancelled when left."""

from onellm_providers.replicate.provider import ReplicateProvider

__all__ = ["ReplicateProvider"]
