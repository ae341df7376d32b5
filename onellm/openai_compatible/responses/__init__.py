"""The Responses format: its own operations, and chat completions spoken through it."""
