"""A model in this process, no server and no key: python examples/local_model.py path/to/model.gguf "Say hello"

Needs llama-cpp-python: pip install llama-cpp-python
"""

import os
import sys

from onellm import ConfigurationError, ModelNotFoundError, OneLLM


def main() -> int:
    """Stream one answer, and say what it took."""
    path, prompt = sys.argv[1], " ".join(sys.argv[2:]) or "Hello!"
    client = OneLLM(providers={"llama_cpp": {"n_gpu_layers": -1}})
    try:
        stream = client.chat.completions.create(
            f"llama_cpp/{os.path.abspath(path)}", [{"role": "user", "content": prompt}], stream=True, max_tokens=200
        )
        for chunk in stream:
            print(chunk.choices[0].delta.content or "", end="", flush=True)
    except (ConfigurationError, ModelNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    usage = stream.final().usage
    if usage is not None:
        print(f"\n{usage.prompt_tokens} tokens in, {usage.completion_tokens} out, {stream.meta.latency:.1f} seconds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
