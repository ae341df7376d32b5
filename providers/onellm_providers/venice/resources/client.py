"""The resources of both clients, made when they are first used."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from onellm.resource import IO
from onellm.service import Service

if TYPE_CHECKING:
    from onellm.async_service import Asynchronous
    from onellm.file_input import FileInput
    from onellm.service import Blocking
    from onellm_providers.venice.resources.api_keys import ApiKeys
    from onellm_providers.venice.resources.audio import Audio
    from onellm_providers.venice.resources.augment import Augment
    from onellm_providers.venice.resources.billing import Billing
    from onellm_providers.venice.resources.characters import Characters
    from onellm_providers.venice.resources.chat import Chat
    from onellm_providers.venice.resources.crypto import Crypto
    from onellm_providers.venice.resources.decisions import Decisions
    from onellm_providers.venice.resources.embeddings import Embeddings
    from onellm_providers.venice.resources.images import Images
    from onellm_providers.venice.resources.models import Models
    from onellm_providers.venice.resources.requests import Method
    from onellm_providers.venice.resources.responses import Responses
    from onellm_providers.venice.resources.tee import Tee
    from onellm_providers.venice.resources.video import Video
    from onellm_providers.venice.resources.voice_changer import VoiceChanger
    from onellm_providers.venice.resources.x402 import X402
    from onellm_providers.venice.types.answer import Answer


class VeniceResources(Service[IO]):
    """All of Venice by area."""

    @property
    def models(self) -> Models[IO]:
        """Models, traits, and the names by which others call them."""
        from onellm_providers.venice.resources.models import Models

        return self.resource(Models[IO])

    @property
    def images(self) -> Images[IO]:
        """Images: made of a text, edited, enlarged, cut out."""
        from onellm_providers.venice.resources.images import Images

        return self.resource(Images[IO])

    @property
    def audio(self) -> Audio[IO]:
        """Speech, transcripts, cloned voices; music and sounds."""
        from onellm_providers.venice.resources.audio import Audio

        return self.resource(Audio[IO])

    @property
    def voice_changer(self) -> VoiceChanger[IO]:
        """Recordings spoken again by another voice."""
        from onellm_providers.venice.resources.voice_changer import VoiceChanger

        return self.resource(VoiceChanger[IO])

    @property
    def video(self) -> Video[IO]:
        """Videos, and what is said in one."""
        from onellm_providers.venice.resources.video import Video

        return self.resource(Video[IO])

    @property
    def chat(self) -> Chat[IO]:
        """Chat completions, whole and streamed."""
        from onellm_providers.venice.resources.chat import Chat

        return self.resource(Chat[IO])

    @property
    def responses(self) -> Responses[IO]:
        """Answers as lists of items, whole and streamed."""
        from onellm_providers.venice.resources.responses import Responses

        return self.resource(Responses[IO])

    @property
    def embeddings(self) -> Embeddings[IO]:
        """Vectors for texts."""
        from onellm_providers.venice.resources.embeddings import Embeddings

        return self.resource(Embeddings[IO])

    @property
    def characters(self) -> Characters[IO]:
        """Characters that others have made, and their reviews."""
        from onellm_providers.venice.resources.characters import Characters

        return self.resource(Characters[IO])

    @property
    def api_keys(self) -> ApiKeys[IO]:
        """Keys, and their limits."""
        from onellm_providers.venice.resources.api_keys import ApiKeys

        return self.resource(ApiKeys[IO])

    @property
    def billing(self) -> Billing[IO]:
        """Balance, usage and the ledger."""
        from onellm_providers.venice.resources.billing import Billing

        return self.resource(Billing[IO])

    @property
    def augment(self) -> Augment[IO]:
        """Search, pages and documents as text."""
        from onellm_providers.venice.resources.augment import Augment

        return self.resource(Augment[IO])

    @property
    def crypto(self) -> Crypto[IO]:
        """JSON-RPC to blockchains."""
        from onellm_providers.venice.resources.crypto import Crypto

        return self.resource(Crypto[IO])

    @property
    def x402(self) -> X402[IO]:
        """Wallets that pay for calls."""
        from onellm_providers.venice.resources.x402 import X402

        return self.resource(X402[IO])

    @property
    def tee(self) -> Tee[IO]:
        """What the machines of trusted environments attest."""
        from onellm_providers.venice.resources.tee import Tee

        return self.resource(Tee[IO])

    @property
    def decisions(self) -> Decisions[IO]:
        """Typed answers to questions about a state."""
        from onellm_providers.venice.resources.decisions import Decisions

        return self.resource(Decisions[IO])

    @overload
    def request(
        self: VeniceResources[Blocking],
        method: Method,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        files: Mapping[str, FileInput] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        effect: Literal["read", "inference", "purchase"] | None = None,
    ) -> Answer: ...
    @overload
    def request(
        self: VeniceResources[Asynchronous],
        method: Method,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        files: Mapping[str, FileInput] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        effect: Literal["read", "inference", "purchase"] | None = None,
    ) -> Coroutine[Any, Any, Answer]: ...
    def request(
        self,
        method: Method,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        files: Mapping[str, FileInput] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        effect: Literal["read", "inference", "purchase"] | None = None,
    ) -> Any:
        """Any path of Venice, for what this version does not know: `client.request("GET", "image/styles").json()`.

        `path` is below the base URL. The body is `json`, or `files` with `data` as multipart. `effect` says what
        repeating would cost: a GET is "read", anything else a "purchase", which is not sent again where its outcome is
        unknown.
        """
        from onellm_providers.venice.resources.requests import Requests

        ask: Any = self.resource(Requests[Any]).request
        return ask(method, path, query=query, json=json, files=files, data=data, headers=headers, effect=effect)
