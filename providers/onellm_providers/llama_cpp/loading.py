"""llama-cpp-python, imported when a model is first needed, and a model loaded by it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from onellm.errors import ConfigurationError, InvalidRequestError
from onellm_providers.llama_cpp.header import trained_context
from onellm_providers.llama_cpp.row import NAME

CHAT_CONTEXT = 8192
"""The context of a chat, unless told otherwise or the model was trained on a shorter one."""
EMBEDDING_CONTEXT = 2048
OPTIONS = frozenset({
    "flash_attn", "lora_path", "main_gpu", "n_batch", "n_ctx", "n_gpu_layers", "n_threads", "pooling_type",
    "tensor_split", "type_k", "type_v", "use_mlock", "use_mmap",
})  # fmt: skip
"""Settings that go to `llama_cpp.Llama` as they are."""


def library() -> Any:
    """The package `llama_cpp`. Raises ConfigurationError where it is not installed or its library does not load."""
    try:
        return import_module("llama_cpp")
    except (ImportError, OSError, RuntimeError) as error:  # its compiled library raises the last three
        raise ConfigurationError(
            f"{NAME} needs the extra onellm[llama], which is not installed or does not load ({error}): "
            "run `python -m pip install llama-cpp-python`."
        ) from error


class Loaded:
    """A model in memory. Whoever uses it holds its lane."""

    def __init__(self, path: str, options: dict[str, Any], *, embedding: bool) -> None:
        self.library = library()
        self.on_gpu = options.get("n_gpu_layers", 0) != 0
        trained = trained_context(path) or 0
        usual = EMBEDDING_CONTEXT if embedding else CHAT_CONTEXT
        context: int = options.get("n_ctx") or (min(usual, trained) if trained else usual)
        batch = context if embedding else options.get("n_batch", 512)
        given = {**options, "n_ctx": context, "n_batch": batch, "n_ubatch": batch, "embedding": embedding}
        if "n_threads" in given:
            given["n_threads_batch"] = given["n_threads"]  # for prompts; the library takes all processors
        template_error = import_module("jinja2").TemplateError  # the library reads the model's template at once
        try:
            self.llama: Any = self.library.Llama(path, verbose=False, **given)
        except (ValueError, RuntimeError, AssertionError, TypeError, template_error) as error:
            raise InvalidRequestError(
                f"llama.cpp does not load {path} ({error}): the file may be damaged, of an architecture that this "
                "version does not know, or too large for the memory that is free.",
                param="model",
                provider=NAME,
            ) from error
        self._check_lora(options)
        model: Any = self.llama.model
        self.vocabulary: Any = self.library.llama_model_get_vocab(model)
        self.context = min(context, self.library.llama_model_n_ctx_train(model) or context)
        self.size: int = self.library.llama_model_size(model) + self._cache(model, context)

    def _check_lora(self, options: dict[str, Any]) -> None:
        """Raise where there is no adapter: llama-cpp-python does not see that it got none, and computing crashes."""
        if "lora_path" in options and not self.llama._lora_adapter:
            self.llama.close()
            raise InvalidRequestError(
                f"llama.cpp does not load the adapter {options['lora_path']}: it must be a LoRA in GGUF, made for "
                "this model. It is the setting lora_path.",
                param="model",
                provider=NAME,
            )

    def _cache(self, model: Any, context: int) -> int:
        """The bytes of keys and values of a full context, as 16-bit floats."""
        its = self.library
        heads: int = max(its.llama_model_n_head(model), 1)
        width: int = its.llama_model_n_embd(model) * its.llama_model_n_head_kv(model) // heads
        return int(context * its.llama_model_n_layer(model) * width * 4)

    def text_of(self, token: int) -> bytes:
        """The bytes that a token stands for; those of a control token are none."""
        spelt: bytes = self.llama.detokenize([token])
        return spelt

    def name_of(self, token: int) -> str:
        """The text of a token as the vocabulary spells it, such as `<s>`."""
        return str(self.llama._model.token_get_text(token)) if token >= 0 else ""

    def ends(self, token: int) -> bool:
        """Whether a token ends an answer: end of text, of a turn, of a message."""
        return bool(self.library.llama_vocab_is_eog(self.vocabulary, token))

    def close(self) -> None:
        """Free the memory."""
        self.llama.close()
