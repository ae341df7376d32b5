"""A system prompt, and a conversation of two turns under it.

Run it with a key of your own:

    VENICE_API_KEY=… python examples/system_prompt.py
"""

from onellm import MessageParam, OneLLM

client = OneLLM(model="venice/zai-org-glm-5")
messages: list[MessageParam] = [
    {"role": "system", "content": "You are a librarian. Answer in one sentence, and name one book."},
]

for question in ("Where should I start with astronomy?", "And something older?"):
    messages.append({"role": "user", "content": question})
    answer = client.chat.completions.create(messages=messages, temperature=0.3)
    reply = answer.choices[0].message
    messages.append(reply)  # the model remembers nothing: each turn sends the whole conversation
    print(f"You: {question}\nLibrarian: {reply.content}")

client.close()
