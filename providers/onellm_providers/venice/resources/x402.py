"""`venice.x402`"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from onellm.call import Call, Effect, Flow
from onellm.errors import InvalidRequestError
from onellm.resource import IO, endpoint
from onellm_providers.venice.resources.base import VeniceResource, refuse, segment, unwraps
from onellm_providers.venice.resources.pages import Pages
from onellm_providers.venice.tables.account import TRANSACTIONS_QUERY, WALLET
from onellm_providers.venice.types.x402 import (
    TopUp,
    TopUpAnswer,
    Transaction,
    TransactionPage,
    Transactions,
    WalletBalance,
    WalletBalanceAnswer,
)

if TYPE_CHECKING:
    from onellm_providers.venice.wallet import PayingWallet

PAGE = 100


class X402(VeniceResource[IO]):
    """Wallets that pay for calls. The wallet itself signs in: give the client its `wallet`."""

    @endpoint
    def balance(self, wallet_address: str | None = None) -> Call[WalletBalance]:
        """What a wallet has, in USD: GET /x402/balance/{walletAddress}. Without an address, the client's own wallet."""
        path = f"x402/balance/{self._address(wallet_address)}"
        return self._call("GET", path, unwraps(WalletBalanceAnswer))

    @endpoint
    def top_up(
        self,
        wallet: PayingWallet,
        *,
        cap: Decimal | int | str,
        pay_to: str | None = None,
        solana_rpc: str | None = None,
    ) -> Flow[TopUp]:
        """Pay from a wallet into its balance at Venice: POST /x402/top-up, once to ask the price and once to pay it.

        `cap` is the most that may be spent, in US dollars; `pay_to` the only receiver that is allowed. A wallet of
        Solana needs a recent blockhash, which `solana_rpc` is asked for. Nothing is paid twice: where no answer came,
        UnknownOutcomeError is raised; look at `balance` before paying again. Raises PaymentRefusedError where Venice
        asks for more than is allowed, before anything is signed.
        """
        from onellm_providers.venice.wallet import flows

        return flows.top_up(
            self._top_up(None), self._top_up, wallet, cap, pay_to=pay_to, solana_rpc=solana_rpc or flows.SOLANA_RPC
        )

    @endpoint
    def transactions(
        self, wallet_address: str | None = None, *, limit: int | None = None, offset: int | None = None
    ) -> Call[Transactions]:
        """One page of a wallet's transactions: GET /x402/transactions/{walletAddress}.

        `limit` is 1–100 (50), `offset` counts from 0. Without an address, those of the client's own wallet.
        """
        return self._transactions(wallet_address, limit, offset)

    def iter_transactions(
        self, wallet_address: str | None = None, *, page_size: int = PAGE
    ) -> Pages[IO, Transactions, Transaction]:
        """All transactions of a wallet, page by page."""

        def after(page: Transactions, seen: int) -> Call[Transactions] | None:
            more = page.pagination.has_more and page.transactions
            return self._transactions(wallet_address, page_size, seen) if more else None

        return Pages(
            self._engine,
            self._options,
            lambda: self._transactions(wallet_address, page_size, None),
            lambda page: page.transactions,
            after,
        )

    def _transactions(self, address: str | None, limit: int | None, offset: int | None) -> Call[Transactions]:
        query = refuse(TRANSACTIONS_QUERY, {"limit": limit, "offset": offset})
        path = f"x402/transactions/{self._address(address)}"
        return self._call("GET", path, unwraps(TransactionPage), query=query)

    def _top_up(self, payment: Mapping[str, str] | None) -> Call[TopUp]:
        """Without a payment it asks for the price, which buys nothing."""
        effect = Effect.PURCHASE if payment else Effect.READ
        return self._call("POST", "x402/top-up", unwraps(TopUpAnswer), effect=effect, headers=payment, key="never")

    def _address(self, given: str | None) -> str:
        """A wallet's address as it is: Solana's are case-sensitive. Raises InvalidRequestError."""
        wallet = self._service.settings.extra.get("wallet")
        text: object = given if given is not None else getattr(wallet, "address", None)
        for issue in WALLET(text, ()):
            raise InvalidRequestError(f"wallet_address: {issue.message}.", param="wallet_address")
        return segment(str(text))
