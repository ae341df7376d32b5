"""Three questions at once, then a streamed answer, all in one event loop.

Run it with a key of your own:

    VENICE_API_KEY=… python examples/async_chat.py
"""

import asyncio

from onellm import AsyncOneLLM

QUESTIONS = ("What is a fjord?", "What is a geyser?", "What is a delta?")


async def ask(client: AsyncOneLLM, question: str) -> str:
    """One question, one answer."""
    answer = await client.chat.completions.create(messages=[{"role": "user", "content": question}])
    return answer.choices[0].message.content or ""


async def main() -> None:
    async with AsyncOneLLM(model="venice/zai-org-glm-5") as client:
        answers = await asyncio.gather(*(ask(client, question) for question in QUESTIONS))
        for question, text in zip(QUESTIONS, answers, strict=True):
            print(f"{question} {text}")

        stream = await client.chat.completions.create(
            messages=[{"role": "user", "content": "Describe a glacier in about 40 words."}],
            stream=True,
        )
        async with stream:
            async for chunk in stream:
                print(chunk.choices[0].delta.content or "", end="", flush=True)
        print()


asyncio.run(main())
