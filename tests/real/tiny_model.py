"""Write a chat model of some 360 kB in llama.cpp's GGUF format: one layer, random weights, always the same ones.

What it says is noise; the tokenizer, the grammar, the template and the wire around it are llama.cpp's own.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

# Of the extra `real`. Imported so that type checkers say the same whether it is installed or not.
gguf, np = import_module("gguf"), import_module("numpy")

WIDTH, HEADS, HIDDEN, CONTEXT = 64, 4, 128, 4096

# ChatML in which a tool call is JSON and nothing around it. llama.cpp finds that out from the template by itself; a
# required call then begins at the first `{`, and from there its grammar holds even a model that talks noise.
TEMPLATE = """\
{%- if tools %}
    {{- '<|im_start|>system\\nYou may call these functions:\\n<tools>\\n' }}
    {%- for tool in tools %}
        {{- tool | tojson + '\\n' }}
    {%- endfor %}
    {{- '</tools>\\nTo call one, answer {"name": its name, "arguments": its arguments}.<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if message.role == 'tool' %}
        {{- '<|im_start|>user\\nThe function returned: ' + message.content }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + (message.content or '') }}
        {%- for call in message.tool_calls or [] %}
            {{- '{"name": "' + call.function.name + '", "arguments": ' + call.function.arguments | tojson + '}' }}
        {%- endfor %}
    {%- endif %}
    {{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""

SPECIAL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]  # SentencePiece's way of spelling what no piece spells
PIECES = ["\u2581", *map(chr, range(33, 127)), "th", "he", "the", "\u2581the", "in", "er", "\u2581a"]
TOKENS = [*SPECIAL, *BYTES, *PIECES]
END = TOKENS.index("<|im_end|>")

# How likely a token is beside other text: a tool call begins soon and a string soon ends. Raw bytes are never said, for
# one that is not UTF-8 makes the server answer 500.
LIKELY = {"<|im_end|>": 0, "{": 1.2, '"': 1}


def write(path: Path, template: str = TEMPLATE, *, add_bos: bool = False) -> None:
    """Write the model to `path`, the same bytes each time. `add_bos`: a prompt begins with <s>."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(path.stem)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    add_vocabulary(writer, template, add_bos)
    add_weights(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_vocabulary(writer: Any, template: str, add_bos: bool) -> None:
    """A SentencePiece vocabulary that can spell any text: control tokens, all bytes, printable ASCII, a few merges."""
    kinds = gguf.TokenType
    writer.add_tokenizer_model("llama")
    writer.add_token_list(TOKENS)
    writer.add_token_scores([0.0] * (len(SPECIAL) + len(BYTES)) + [-1.0 - rank for rank in range(len(PIECES))])
    control = [kinds.UNKNOWN] + [kinds.CONTROL] * (len(SPECIAL) - 1)
    writer.add_token_types([*control, *[kinds.BYTE] * len(BYTES), *[kinds.NORMAL] * len(PIECES)])
    writer.add_vocab_size(len(TOKENS))
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(END)
    writer.add_add_bos_token(add_bos)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(template)


def add_weights(writer: Any) -> None:
    """Noise, but that dimension 0 is the same for all tokens, so that column 0 of the output weighs them by LIKELY."""
    random = np.random.default_rng(seed=1)

    def noise(rows: int, columns: int, scale: float = 0.2) -> Any:
        return (random.standard_normal((rows, columns)) * scale).astype(np.float32)

    embedding, output = noise(len(TOKENS), WIDTH, scale=1), noise(len(TOKENS), WIDTH)
    embedding[:, 0] = 4
    output[:, 0] = [LIKELY.get(token, -6 if token in SPECIAL or token in BYTES else 0) for token in TOKENS]
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output.weight", output)
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(WIDTH, np.float32))
    layer = dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_output"), (WIDTH, WIDTH))
    layer |= {"ffn_gate": (HIDDEN, WIDTH), "ffn_up": (HIDDEN, WIDTH), "ffn_down": (WIDTH, HIDDEN)}
    for name, shape in layer.items():
        matrix = noise(*shape)
        matrix[0] = 0  # writes nothing into dimension 0
        writer.add_tensor(f"blk.0.{name}.weight", matrix)
