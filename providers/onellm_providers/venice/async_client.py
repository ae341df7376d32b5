"""`AsyncVenice`: all of Venice, async."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Unpack

from onellm.async_service import Asynchronous, AsyncOptions, AsyncServiceClient
from onellm_providers.venice.resources.client import VeniceResources

if TYPE_CHECKING:
    from onellm_providers.venice.e2ee import Trust
    from onellm_providers.venice.wallet import Wallet


class AsyncVenice(AsyncServiceClient, VeniceResources[Asynchronous]):
    """An async client of Venice; safe to share between tasks, and across one `asyncio.run` after another.

    `api_key` and `base_url` come from the environment (VENICE_API_KEY) where they are not given; `profile` names a
    second account. `wallet` signs requests in the place of a key. `tee_trust` is what attestations are judged by.
    `privacy="private"` refuses models that are not known to be private. `timeout`, `deadline` and `max_retries` are the
    limits of every call; `with_options` gives the same client with others. Use it as an async context manager, or call
    `close()`.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        wallet: Wallet | None = None,
        tee_trust: Trust | None = None,
        privacy: Literal["private"] | None = None,
        **options: Unpack[AsyncOptions],
    ) -> None:
        super().__init__(
            "venice", {"api_key": api_key, "wallet": wallet, "tee_trust": tee_trust, "privacy": privacy}, **options
        )
