"""Canonical request and result values: OpenAI's shapes. One module for each operation, imported when it is used."""
