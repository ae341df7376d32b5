"""A model of Replicate as a stream: `python examples/replicate_stream.py`. Needs REPLICATE_API_KEY.

Leaving the `with` block before the end cancels the prediction.
"""

from __future__ import annotations

from onellm import ChatCompletion


def main() -> None:
    messages = [{"role": "user", "content": "Name three uses of a paper clip."}]
    with ChatCompletion.create("replicate/meta/meta-llama-3-8b-instruct", messages, stream=True) as stream:
        for chunk in stream:
            print(chunk.choices[0].delta.content or "", end="", flush=True)
    print()


if __name__ == "__main__":
    main()
