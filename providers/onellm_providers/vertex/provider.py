"""Gemini at Vertex AI: URLs of a project and a location, tokens of Google Cloud, embeddings in forms of its own.

Sources: google-genai 3.6 and recorded exchanges of 2026. The URL for a key alone (express mode) is from Google's
documentation as third-party digests have it.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable
from typing import Any, ClassVar, cast
from urllib.parse import quote

from onellm.auth import KeyHeader
from onellm.call import Auth, Call, Op
from onellm.config import Host, Secret
from onellm.decode.json import Table
from onellm.errors import APIError, AuthenticationError, ConfigurationError, MissingAPIKeyError
from onellm.provider import Provider
from onellm.tokens import Token, TokenSource
from onellm.types.chat import ChatRequest
from onellm.types.embedding import EmbeddingRequest, EmbeddingResponse
from onellm_providers.gemini.body import tier_headers
from onellm_providers.gemini.embeddings import in_batches
from onellm_providers.gemini.provider import GeminiProvider
from onellm_providers.vertex import embeddings
from onellm_providers.vertex.credentials import CloudTokens, Fetcher

VERSION = "v1beta1"
DEFAULT = f"https://aiplatform.googleapis.com/{VERSION}"
MULTI = frozenset({"us", "eu"})
"""Locations of several regions, which have hosts of their own."""
PROJECT = ("VERTEX_PROJECT", "GOOGLE_CLOUD_PROJECT")
LOCATION = ("VERTEX_LOCATION", "GOOGLE_CLOUD_LOCATION")
UNCOUNTED = frozenset({"toolConfig", "cachedContent"})
"""Fields of a chat that counting tokens does not know here (google-genai 3.6)."""
_PART = re.compile(r"[A-Za-z0-9:._-]+")


class VertexProvider(GeminiProvider):
    """Gemini at Vertex AI.

    Settings beside the usual ones: `project`, `location` (`global` unless told otherwise), and one of `credentials`
    (a path, what such a file holds, or an object of google-auth) and `access_token`. Without either, application
    default credentials are used. With an `api_key` and neither, calls go without a project (express mode).
    """

    host = Host(
        name="vertex",
        base_url=DEFAULT,
        key_variables=(),
        key_required=False,
        settings=("project", "location", "credentials", "access_token"),
    )
    cloud = True
    version = VERSION
    file_create: ClassVar[Any] = Provider.file_create
    file_list: ClassVar[Any] = Provider.file_list
    file_retrieve: ClassVar[Any] = Provider.file_retrieve
    file_content: ClassVar[Any] = Provider.file_content
    file_delete: ClassVar[Any] = Provider.file_delete

    # -- operations ------------------------------------------------------------------------------------------------

    def embed(self, request: EmbeddingRequest) -> Op[EmbeddingResponse]:
        """Embeddings: POST …:predict for older models, …:embedContent and …:batchEmbedContents for others."""

        def send(at: int, texts: list[str], fields: Table, dropped: tuple[str, ...]) -> Call[EmbeddingResponse]:
            asked = embeddings.encode(texts, fields, request)
            exchange = self.exchange(self._url(request.model, asked.method), request, body=asked.body, dropped=dropped)
            read = embeddings.reader(asked, request.model, len(texts), self._prices(request.model))
            return Call(parse=read, **exchange)

        return in_batches(request, self.name, send, embeddings.size_of(request.model))

    # -- keys ------------------------------------------------------------------------------------------------------

    def auth(self) -> Auth | None:
        """What was given comes first: a token, credentials, a project; then a key; then the machine's own."""
        if isinstance(self._auth, KeyHeader) or not self._express:
            return self._auth
        key = self.settings.api_key
        if key is None:
            raise MissingAPIKeyError(
                f"{self.name} needs a project: set GOOGLE_CLOUD_PROJECT or pass project, with credentials of Google "
                f"Cloud; or set {self.settings.key_variable}, or run `onellm auth set {self.name}`."
            )
        return KeyHeader(key, "x-goog-api-key", "")

    @property
    def lacks_key(self) -> bool:
        """With a source of tokens it is kept, and its token with it."""
        return self._express and super().lacks_key

    @functools.cached_property
    def _auth(self) -> Auth:
        """The one source of tokens of this provider: others never share it."""
        extra = self.settings.extra
        token = extra.get("access_token")
        if token is not None and extra.get("credentials") is not None:
            raise ConfigurationError(f"{self.name}: give credentials or an access_token, not both.")
        if callable(token):
            return TokenSource(cast("Callable[[], Token]", token), self.name)
        if token is not None:
            return KeyHeader(token if isinstance(token, Secret) else Secret(str(token), "access token"))
        return CloudTokens(self._fetcher, self.name)

    @functools.cached_property
    def _fetcher(self) -> Fetcher:
        return Fetcher(self.settings.extra.get("credentials"))

    @property
    def _express(self) -> bool:
        """A key and nothing of a project: explicit settings win over a key, and so does a project over no key."""
        extra = self.settings.extra
        if any(extra.get(name) for name in ("project", "credentials", "access_token")):
            return False
        return self.settings.api_key is not None or not self._project

    def _secret(self) -> str:
        auth = self._auth
        if isinstance(auth, KeyHeader):
            return auth.secret.reveal()
        if isinstance(auth, TokenSource) and auth.last is not None and not self._express:
            return auth.last.reveal()
        return super()._secret()

    def _advice(self, model: str) -> dict[type[APIError], str]:
        advice = super()._advice(model)
        if not self._express:
            advice[AuthenticationError] = (
                "The access token was refused: pass another access_token or other credentials, or run "
                "`gcloud auth application-default login`."
            )
        return advice

    # -- URLs ------------------------------------------------------------------------------------------------------

    @property
    def _project(self) -> str:
        return self._part("project", PROJECT, lambda: self._fetcher.project or "")

    @property
    def _location(self) -> str:
        return self._part("location", LOCATION, lambda: "global")

    def _part(self, name: str, variables: tuple[str, ...], default: Callable[[], str]) -> str:
        value = str(self.settings.extra.get(name) or "").strip()
        for variable in variables:
            value = value or os.environ.get(variable, "").strip()
        value = value or default()
        if value and not _PART.fullmatch(value):
            raise ConfigurationError(f"{self.name}: the {name} holds what cannot be a part of a URL.")
        return value

    def _root(self) -> str:
        """The base URL: that of the location, unless another was given."""
        base = self._base
        if base != DEFAULT or self._express:
            return base
        location = self._location
        if location == "global":
            return DEFAULT
        if location in MULTI:
            return f"https://aiplatform.{location}.rep.googleapis.com/{VERSION}"
        return f"https://{location}-aiplatform.googleapis.com/{VERSION}"

    def _place(self) -> str:
        if self._express:
            return ""
        if not self._project:
            raise ConfigurationError(
                f"{self.name} needs a project: set GOOGLE_CLOUD_PROJECT, or pass project or credentials that name one."
            )
        return f"projects/{self._project}/locations/{self._location}/"

    def _path(self, model: str) -> str:
        """`publishers/google/models/NAME`; a publisher's or an endpoint's own path stays."""
        if model.startswith("projects/"):
            return model
        if not re.match(r"(publishers|endpoints)/", model):
            model = f"publishers/google/models/{model.removeprefix('models/').removeprefix('google/')}"
        return self._place() + model

    def _url(self, model: str, method: str) -> str:
        return f"{self._root()}/{quote(self._path(model), safe='/:@')}:{method}"

    def _models_url(self) -> str:
        return f"{self._root()}/publishers/google/models"

    def model_id(self, model: str) -> str:
        return model.rsplit("/", 1)[-1]

    # -- parts -----------------------------------------------------------------------------------------------------

    def _encode(self, request: ChatRequest, *, stream: bool) -> tuple[Table, dict[str, str], tuple[str, ...]]:
        body, headers, dropped = super()._encode(request, stream=stream)
        return body, {**headers, **tier_headers(body)}, dropped

    def _counted(self, model: str, body: Table) -> Table:
        return {name: value for name, value in body.items() if name not in UNCOUNTED}
