"""What the translators to formats other than OpenAI's share: reading OpenAI's messages, tools and parameters."""
