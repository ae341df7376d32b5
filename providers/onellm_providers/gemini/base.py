"""What every operation of Gemini has: its settings, keys, errors and URLs.

Sources: google-genai 3.6 and recorded exchanges, as of November 2026.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from urllib.parse import quote

from onellm.auth import KeyHeader
from onellm.body import JSON
from onellm.call import Auth, Effect, ExchangeFields, Reply
from onellm.capabilities import Capability, Prices
from onellm.config import Host
from onellm.decode.json import Table
from onellm.error_bodies import build_error
from onellm.errors import APIError
from onellm.openai_compatible.losses import Losses
from onellm.provider import Provider
from onellm.signing import check_headers
from onellm.types.request import ModelRequest
from onellm_providers.gemini.errors import codes_of, with_status
from onellm_providers.gemini.rules import rules_for
from onellm_providers.gemini.target import Target


class GeminiBase(Provider):
    """Gemini without its operations."""

    host = Host(
        name="gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta",
        key_variables=("GOOGLE_API_KEY",),
    )
    features: Mapping[Capability, bool] = {
        Capability.JSON_MODE: True,
        Capability.JSON_SCHEMA: True,
        Capability.PROMPT_CACHING: True,
    }
    source = "Google's documentation"
    as_of = "2026-11"
    cloud = False
    version = "v1beta"

    # -- what is known ---------------------------------------------------------------------------------------------

    @property
    def owner(self) -> str:
        """Under which name messages keep what this service wants back."""
        return self.host.name

    def features_of(self, model: str) -> Mapping[Capability, bool]:
        """What every model does, and what the table says of this one."""
        return {**self.features, **rules_for(model).features}

    def model_id(self, model: str) -> str:
        """The bare name: `models/…` is how URLs have it."""
        return model.removeprefix("models/")

    # -- keys and errors -------------------------------------------------------------------------------------------

    def auth(self) -> Auth | None:
        """A key in `x-goog-api-key`, never in a URL."""
        key = self.settings.api_key
        return super().auth() if key is None else KeyHeader(key, "x-goog-api-key", "")

    def error(self, reply: Reply, model: str = "") -> APIError:
        """The typed error of a refusal, also of one inside a stream, which has no status of its own."""
        return build_error(
            with_status(reply),
            provider=self.name,
            model=model,
            secret=self._secret(),
            advice=self._advice(model),
            codes=codes_of(reply),
        )

    # -- parts -----------------------------------------------------------------------------------------------------

    def exchange(
        self,
        url: str,
        request: ModelRequest,
        *,
        method: str = "POST",
        body: Table | None = None,
        headers: Mapping[str, str] | None = None,
        effect: Effect = Effect.INFERENCE,
        dropped: tuple[str, ...] = (),
    ) -> ExchangeFields:
        """What every call of this service has."""
        return {
            "method": method,
            "url": url,
            "headers": {**self._headers(request), **(headers or {})},
            "body": JSON(body) if body is not None else None,
            "auth": self.auth(),
            "effect": effect,
            "origin": (self.name, request.model),
            "dropped": dropped,
            "error": functools.partial(self.error, model=request.model),
        }

    # -- URLs ----------------------------------------------------------------------------------------------------------

    @property
    def _base(self) -> str:
        """The base URL with a version: the SDK wants its own without."""
        base = self.settings.base_url
        return base if re.search(r"/v\d\w*$", base) else f"{base}/{self.version}"

    def _models_url(self) -> str:
        return f"{self._base}/models"

    def _path(self, model: str) -> str:
        """`models/NAME`; a tuned model's own path stays."""
        return model if re.match(r"(models|tunedModels)/", model) else f"models/{model}"

    def _url(self, model: str, method: str) -> str:
        return f"{self._base}/{quote(self._path(model))}:{method}"

    def _headers(self, request: ModelRequest) -> dict[str, str]:
        return {**check_headers(dict(self.settings.headers)), **check_headers(dict(request.extra_headers or {}))}

    def _secret(self) -> str:
        key = self.settings.api_key
        return key.reveal() if key else ""

    def _prices(self, model: str) -> Prices | None:
        return self.info(model).prices

    def _target(self, request: ModelRequest) -> Target:
        losses = Losses(drop=request.unsupported == "drop")
        return Target(self.name, self.owner, request.model, rules_for(request.model), losses, self.cloud)
