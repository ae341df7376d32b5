"""One question, one answer, and what it took.

Run it with a key of your own:

    VENICE_API_KEY=… python examples/basic.py
"""

from onellm import ChatCompletion

answer = ChatCompletion.create(
    model="venice/zai-org-glm-5",
    messages=[{"role": "user", "content": "Name three uses of a paper clip."}],
    max_completion_tokens=300,
)
choice = answer.choices[0]
print(choice.message.content)
print(f"It ended because of: {choice.finish_reason}")

if answer.usage is not None:
    print(f"{answer.usage.prompt_tokens} tokens in, {answer.usage.completion_tokens} out")
    if answer.usage.cost is not None:
        print(f"${answer.usage.cost:.6f}")
print(f"{len(answer.meta.attempts)} attempt(s), request {answer.meta.request_id}")
