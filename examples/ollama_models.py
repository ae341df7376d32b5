"""Fetch a model to an Ollama server, see how far that is, and chat with a model that is there.

Run it beside `ollama serve`:

    python examples/ollama_models.py tinyllama llama3.2
"""

import sys

from onellm_providers.ollama import Ollama

from onellm import ChatCompletion

wanted, talker = (*sys.argv[1:], "tinyllama", "llama3.2")[:2]

with Ollama() as client:
    with client.models.pull(wanted) as progress:
        for step in progress:
            part = f" {step.completed / step.total:.0%}" if step.total and step.completed is not None else ""
            print(f"{step.status}{part}")
    for model in client.models.list():
        details = client.models.show(model.model)
        print(f"{model.model}: {', '.join(details.capabilities or [])}; up to {details.context_length} tokens")

answer = ChatCompletion.create(f"ollama/{talker}", [{"role": "user", "content": "Say hello."}])
print(answer.choices[0].message.content)
