"""See that the model wants a tool called, call it, and hand back what it said.

Run it with a key of your own:

    VENICE_API_KEY=… python examples/tool_calls.py
"""

import json

from onellm import ChatCompletion, ToolCall

MODEL = "venice/zai-org-glm-5"
QUESTION = {"role": "user", "content": "Do I need a coat in Oslo today? Ask get_weather."}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather in a city now.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
                "additionalProperties": False,
            },
        },
    }
]


def get_weather(city: str) -> str:
    """A tool of this program. A real one would ask a weather service."""
    return f"-3 °C and clear in {city}"


def run(call: ToolCall) -> str:
    """Do what the model asked for. Its arguments are JSON that a model wrote: expect mistakes."""
    if call.function.name != "get_weather":
        return f"There is no tool {call.function.name}."
    try:
        arguments = json.loads(call.function.arguments)
        return get_weather(str(arguments["city"]))
    except (ValueError, LookupError, TypeError) as error:
        return f"These arguments cannot be used: {error!r}"


first = ChatCompletion.create(MODEL, messages=[QUESTION], tools=TOOLS)
message = first.choices[0].message

if not message.tool_calls:
    print("No tool is wanted. The answer:", message.content)
else:
    results: list[dict[str, object]] = []
    for call in message.tool_calls:
        result = run(call)
        print(f"The model wants {call.function.name}({call.function.arguments}); it gets: {result}")
        results.append({"role": "tool", "tool_call_id": call.id, "content": result})
    # The message with the calls goes back as it is, followed by a result for each of its calls.
    second = ChatCompletion.create(MODEL, messages=[QUESTION, message, *results], tools=TOOLS)
    print("The answer:", second.choices[0].message.content)
