"""Azure OpenAI and Microsoft Foundry: OpenAI's format behind deployments, keys or Entra tokens."""

from onellm_providers.azure.provider import AZURE, AzureProvider

__all__ = ["AZURE", "AzureProvider"]
