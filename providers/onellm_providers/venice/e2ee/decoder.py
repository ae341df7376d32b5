"""The stream of an encrypted chat: chunks whose every text was a ciphertext."""

from __future__ import annotations

from collections.abc import Sequence

from onellm.call import Decoder
from onellm.errors import OneLLMError
from onellm.types.chunk import ChatCompletionChunk, Delta
from onellm_providers.venice.e2ee.cipher import KeyPair, decrypt
from onellm_providers.venice.e2ee.errors import EncryptionError

TEXTS = ("content", "reasoning_content", "refusal")


class DecryptingDecoder:
    """Opens what another decoder gives. A text that is no ciphertext, or does not open, is the stream's failure."""

    def __init__(self, inner: Decoder[ChatCompletionChunk], pair: KeyPair) -> None:
        self.done = False
        self.complete = False
        self.failure: OneLLMError | None = None
        self._inner = inner
        self._pair = pair

    def feed(self, data: bytes) -> list[ChatCompletionChunk]:
        return self._open(self._inner.feed(data))

    def close(self) -> list[ChatCompletionChunk]:
        return self._open(self._inner.close())

    def _open(self, chunks: Sequence[ChatCompletionChunk]) -> list[ChatCompletionChunk]:
        """The chunks up to the first that cannot be opened."""
        opened: list[ChatCompletionChunk] = []
        for chunk in chunks:
            try:
                open_chunk(chunk, self._pair)
            except EncryptionError as error:
                self.failure = error
                return opened
            opened.append(chunk)
        self.done, self.complete, self.failure = self._inner.done, self._inner.complete, self._inner.failure
        return opened


def open_chunk(chunk: ChatCompletionChunk, pair: KeyPair) -> None:
    """Decrypt the texts of a chunk in place. Raises EncryptionError for anything that says something unencrypted."""
    for choice in chunk.choices:
        if choice.logprobs is not None:
            raise EncryptionError("Tokens came in plaintext (logprobs); the answer is not encrypted.")
        open_delta(choice.delta, pair)


def open_delta(delta: Delta, pair: KeyPair) -> None:
    """Decrypt the texts of a delta in place."""
    for name in TEXTS:
        if text := getattr(delta, name):
            setattr(delta, name, decrypt(text, pair))
    if delta.tool_calls:
        raise EncryptionError("Tool calls came in plaintext; the answer is not encrypted.")
    extra = delta.__pydantic_extra__ or {}
    for name, value in extra.items():
        if isinstance(value, str) and value:
            extra[name] = decrypt(value, pair)
        elif value:
            raise EncryptionError(f"{name} came in plaintext; the answer is not encrypted.")
