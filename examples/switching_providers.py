"""The same conversation with several providers: the model string is all that changes.

Run it with the keys that you have, and name other models if you like:

    VENICE_API_KEY=… OPENAI_API_KEY=… python examples/switching_providers.py
    GROQ_API_KEY=… python examples/switching_providers.py groq/llama-3.3-70b-versatile llama_server/any
"""

import sys

from onellm import APIConnectionError, MissingAPIKeyError, OneLLM

MODELS = sys.argv[1:] or ["venice/zai-org-glm-5", "openai/gpt-5.4-mini"]
MESSAGES = [
    {"role": "system", "content": "Answer in one sentence."},
    {"role": "user", "content": "What is a model?"},
]

with OneLLM() as client:
    for model in MODELS:
        try:
            answer = client.chat.completions.create(model, MESSAGES, max_completion_tokens=200)
        except (MissingAPIKeyError, APIConnectionError) as error:
            print(f"{model} is left out. {error}")
            continue
        print(f"{model}: {answer.choices[0].message.content}")
