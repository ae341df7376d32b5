"""An answer as it is written, then the whole of it with its usage.

Run it with a key of your own:

    VENICE_API_KEY=… python examples/streaming.py
"""

import sys

from onellm import ChatCompletion, OneLLMError

stream = ChatCompletion.create(
    model="venice/zai-org-glm-5",
    messages=[{"role": "user", "content": "Tell the history of the lighthouse in about 80 words."}],
    stream=True,
)
try:
    with stream:  # leaving the block early closes the connection, so that the service stops too
        for chunk in stream:
            print(chunk.choices[0].delta.content or "", end="", flush=True)
        print()
        answer = stream.final()
except OneLLMError as error:
    print()
    sys.exit(f"The stream did not reach its end: {error}")

print(f"The whole answer has {len(answer.choices[0].message.content or '')} characters.")
if answer.usage is not None:
    print(f"{answer.usage.prompt_tokens} tokens in, {answer.usage.completion_tokens} out")
if stream.meta.time_to_first_token is not None:
    print(f"The first token came after {stream.meta.time_to_first_token:.2f} s.")
