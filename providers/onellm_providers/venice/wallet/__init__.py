"""Wallets instead of API keys: signing in, creating keys, topping up (extra `wallet`).

    venice = OneLLM(providers={"venice": {"wallet": EthereumWallet(key)}})

No library of a chain is loaded before a wallet is made.
"""

from onellm_providers.venice.wallet.ethereum import EthereumWallet
from onellm_providers.venice.wallet.flows import generate_web3_key, signed_challenge, top_up
from onellm_providers.venice.wallet.payment import payment_header
from onellm_providers.venice.wallet.sign_in import SignIn, sign_in_headers
from onellm_providers.venice.wallet.solana import SolanaWallet
from onellm_providers.venice.wallet.types import PayingWallet, PaymentRefusedError, Requirement, Wallet

__all__ = [
    "EthereumWallet",
    "PayingWallet",
    "PaymentRefusedError",
    "Requirement",
    "SignIn",
    "SolanaWallet",
    "Wallet",
    "generate_web3_key",
    "payment_header",
    "sign_in_headers",
    "signed_challenge",
    "top_up",
]
