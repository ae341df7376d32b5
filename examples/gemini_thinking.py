"""Gemini thinks, calls a tool and goes on from there: `python examples/gemini_thinking.py`. Set GEMINI_API_KEY.

Each turn is kept as JSON in between, as a program that stores its conversations would: the thought signatures that
Gemini wants back are on the message. `vertex/…` in place of `gemini/…` is the same at Google Cloud.
"""

from __future__ import annotations

import json
import sys

from onellm import ChatCompletion


def tide(port: str) -> str:
    """When the tide is high at a port."""
    return f"At {port} at 06:12 and 18:40."


def main() -> None:
    model = sys.argv[1] if len(sys.argv) > 1 else "gemini/gemini-3-flash-preview"
    stored = [json.dumps({"role": "user", "content": "When is high tide at Oban? Use the tide tool."})]
    for _ in range(3):
        talk = [json.loads(each) for each in stored]
        message = ChatCompletion.create(model, talk, tools=[tide], reasoning_effort="low").choices[0].message
        print("thought:", message.reasoning_content)
        stored.append(message.model_dump_json())
        if not message.tool_calls:
            print(message.content)
            return
        for call in message.tool_calls:
            print("called:", call.function.name, call.function.arguments)
            said = tide(**json.loads(call.function.arguments))
            stored.append(json.dumps({"role": "tool", "tool_call_id": call.id, "content": said}))


if __name__ == "__main__":
    main()
