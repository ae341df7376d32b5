"""Code written for the `openai` package, run with it and with `onellm.openai` against the same server.

Only the import line differs; what it prints must not.
"""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest

from onellm.testing.simulator import Simulator
from tests.surroundings import bare_environment

SNIPPETS: dict[str, str] = {
    "chat": """
from openai import OpenAI

client = OpenAI()
completion = client.chat.completions.create(
    model="gpt-4o-mini",
    messages=[{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Say hello."}],
    temperature=0.2,
    max_completion_tokens=50,
)
print(completion.choices[0].message.content)
print(completion.choices[0].finish_reason, completion.usage.total_tokens, completion.object)
""",
    "stream": """
from openai import OpenAI

client = OpenAI(timeout=20.0, max_retries=1)
stream = client.chat.completions.create(
    model="gpt-4o-mini", messages=[{"role": "user", "content": "Say hello."}], stream=True
)
for chunk in stream:
    print(chunk.choices[0].delta.content or "", end="")
print()
with client.chat.completions.stream(
    model="gpt-4o-mini", messages=[{"role": "user", "content": "Say hello."}]
) as events:
    for event in events:
        if event.type == "content.delta":
            print(event.delta, end="|")
        elif event.type == "content.done":
            print(event.content)
    print(events.get_final_completion().choices[0].message.content)
""",
    "tools": """
import json

from openai import OpenAI

client = OpenAI()
tools = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Get the weather.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]
messages = [{"role": "user", "content": "Call get_weather for Paris, please."}]
completion = client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=tools)
message = completion.choices[0].message
messages.append(message)
for call in message.tool_calls:
    arguments = json.loads(call.function.arguments)
    print(call.type, call.function.name, sorted(arguments))
    messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps({"degrees": 21})})
print(client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=tools).choices[0].finish_reason)
""",
    "parse": """
from openai import OpenAI
from pydantic import BaseModel


class Event(BaseModel):
    name: str
    people: list[str]


client = OpenAI()
completion = client.chat.completions.parse(
    model="gpt-4o-mini",
    messages=[{"role": "user", "content": "Alice and Bob go to a fair."}],
    response_format=Event,
)
event = completion.choices[0].message.parsed
print(type(event).__name__, event.name, event.people)
""",
    "embeddings": """
from openai import OpenAI

client = OpenAI()
response = client.embeddings.create(model="text-embedding-3-small", input=["one", "two"], dimensions=8)
for row in response.data:
    print(row.index, [round(value, 5) for value in row.embedding])
print(response.usage.prompt_tokens, response.model)
""",
    "images": """
import base64

from openai import OpenAI

client = OpenAI()
result = client.images.generate(model="gpt-image-2", prompt="A fox", n=1, size="1024x1024")
print(base64.b64decode(result.data[0].b64_json)[:8])
""",
    "speech": """
from openai import OpenAI

client = OpenAI()
speech = client.audio.speech.create(model="gpt-4o-mini-tts", voice="alloy", input="Hello")
print(len(speech.content) > 0, speech.read() == speech.content)
with client.audio.speech.with_streaming_response.create(
    model="gpt-4o-mini-tts", voice="alloy", input="Hello"
) as response:
    response.stream_to_file("hello.mp3")
print(open("hello.mp3", "rb").read() == speech.content)
""",
    "transcription": """
import io

from openai import OpenAI

client = OpenAI()
sound = io.BytesIO(b"RIFF\\x24\\x00\\x00\\x00WAVEfmt " + b"\\x00" * 64)
sound.name = "hello.wav"
print(client.audio.transcriptions.create(model="gpt-4o-transcribe", file=sound).text)
""",
    "files": """
import io

from openai import OpenAI

client = OpenAI()
made = client.files.create(file=("lines.jsonl", io.BytesIO(b'{"a": 1}\\n')), purpose="batch")
print(made.filename, made.purpose, made.bytes)
print(client.files.retrieve(made.id).filename)
print(client.files.content(made.id).read())
print([each.filename for each in client.files.list()])
print(client.files.delete(made.id).deleted)
""",
    "batch": """
import json

from openai import OpenAI

client = OpenAI()
line = {
    "custom_id": "one",
    "method": "POST",
    "url": "/v1/chat/completions",
    "body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}]},
}
made = client.files.create(file=("lines.jsonl", json.dumps(line).encode()), purpose="batch")
batch = client.batches.create(
    input_file_id=made.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"what": "test"}
)
print(batch.object, batch.endpoint, batch.metadata)
while batch.status not in ("completed", "failed"):
    batch = client.batches.retrieve(batch.id)
output = client.files.content(batch.output_file_id).text
for answer in map(json.loads, output.splitlines()):
    print(answer["custom_id"], answer["response"]["body"]["choices"][0]["message"]["role"])
""",
    "errors": """
import openai
from openai import OpenAI

client = OpenAI(max_retries=0)
try:
    client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}], temperature=9)
except openai.BadRequestError as error:
    print("refused")
except openai.APIError as error:
    print("another error", type(error))
try:
    client.with_options(timeout=5).chat.completions.create(model="no-such-model", messages=[])
except (openai.NotFoundError, openai.BadRequestError):
    print("refused")
try:
    OpenAI(base_url="http://127.0.0.1:9/v1", max_retries=0).models.list()
except openai.APIConnectionError:
    print("not there")
""",
    "raw": """
from openai import OpenAI

client = OpenAI()
raw = client.chat.completions.with_raw_response.create(
    model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}]
)
print(raw.status_code, raw.headers.get("content-type", "application/json")[:16], raw.parse().object)
""",
    "responses": """
from openai import OpenAI

client = OpenAI()
response = client.responses.create(model="gpt-4o-mini", input="Say hello.", instructions="Be brief.")
print(response.output_text, response.status)
for event in client.responses.create(model="gpt-4o-mini", input="Say hello.", stream=True):
    if event.type == "response.output_text.delta":
        print(event.delta, end="|")
""",
    "async": """
import asyncio

from openai import AsyncOpenAI


async def main():
    async with AsyncOpenAI() as client:
        completion = await client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Say hello."}]
        )
        print(completion.choices[0].message.content)
        stream = await client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Say hello."}], stream=True
        )
        async for chunk in stream:
            print(chunk.choices[0].delta.content or "", end="")
        async with client.chat.completions.stream(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Say hello."}]
        ) as events:
            async for event in events:
                if event.type == "content.done":
                    print(event.content)
        embedding = await client.embeddings.create(model="text-embedding-3-small", input="x", dimensions=4)
        print(len(embedding.data[0].embedding))


asyncio.run(main())
""",
}


def run(code: str) -> str:
    """What the code prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "<snippet>", "exec"), {"__name__": "__main__"})  # our own text, from this file
    return printed.getvalue()


@pytest.mark.parametrize("name", SNIPPETS)
def test_the_same_code_prints_the_same(
    name: str, onellm_simulator: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    bare_environment(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    for variable, value in onellm_simulator.environ.items():
        monkeypatch.setenv(variable, value)
    code = SNIPPETS[name]
    ours = code.replace("import openai\n", "import onellm.openai as openai\n")
    ours = ours.replace("from openai import", "from onellm.openai import")
    assert ours != code
    expected = run(code)
    assert expected.strip()
    assert run(ours) == expected
