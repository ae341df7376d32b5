"""Write a model for embeddings of some 300 kB in llama.cpp's GGUF format: BERT, one layer, random weights."""

from __future__ import annotations

import string
from importlib import import_module
from pathlib import Path
from typing import Any

# Of the extra `real`. Imported so that type checkers say the same whether it is installed or not.
gguf, np = import_module("gguf"), import_module("numpy")

WIDTH, HEADS, HIDDEN, CONTEXT = 64, 4, 128, 512
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = string.ascii_lowercase + string.digits
BEGIN = "\u2581"  # before what begins a word, as llama.cpp spells WordPiece
TOKENS = [*SPECIAL, *(BEGIN + letter for letter in LETTERS + string.punctuation), *LETTERS, f"{BEGIN}tide"]


def write(path: Path) -> None:
    """Write the model to `path`, the same bytes each time."""
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_name(path.stem)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    add_vocabulary(writer)
    add_weights(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_vocabulary(writer: Any) -> None:
    """Letters and digits, at the beginning of a word and in it."""
    kinds = gguf.TokenType
    writer.add_tokenizer_model("bert")
    writer.add_token_list(TOKENS)
    writer.add_token_types([kinds.CONTROL] * len(SPECIAL) + [kinds.NORMAL] * (len(TOKENS) - len(SPECIAL)))
    writer.add_token_type_count(2)
    writer.add_vocab_size(len(TOKENS))
    for add, token in (
        (writer.add_pad_token_id, "[PAD]"),
        (writer.add_unk_token_id, "[UNK]"),
        (writer.add_bos_token_id, "[CLS]"),
        (writer.add_sep_token_id, "[SEP]"),
        (writer.add_eos_token_id, "[SEP]"),
        (writer.add_mask_token_id, "[MASK]"),
    ):
        add(TOKENS.index(token))


def add_weights(writer: Any) -> None:
    """Noise; norms that change nothing, and no biases."""
    random = np.random.default_rng(seed=2)

    def noise(rows: int, columns: int, scale: float = 0.1) -> Any:
        return (random.standard_normal((rows, columns)) * scale).astype(np.float32)

    writer.add_tensor("token_embd.weight", noise(len(TOKENS), WIDTH, scale=1))
    writer.add_tensor("position_embd.weight", noise(CONTEXT, WIDTH))
    writer.add_tensor("token_types.weight", noise(2, WIDTH))
    for name in ("token_embd_norm", "blk.0.attn_output_norm", "blk.0.layer_output_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(WIDTH, np.float32))
        writer.add_tensor(f"{name}.bias", np.zeros(WIDTH, np.float32))
    layer = dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_output"), (WIDTH, WIDTH))
    layer |= {"ffn_up": (HIDDEN, WIDTH), "ffn_down": (WIDTH, HIDDEN)}
    for name, shape in layer.items():
        writer.add_tensor(f"blk.0.{name}.weight", noise(*shape))
        writer.add_tensor(f"blk.0.{name}.bias", np.zeros(shape[0], np.float32))
