"""Amazon Bedrock: a talk with a tool, streamed.

    AWS_REGION=us-east-1 AWS_BEARER_TOKEN_BEDROCK=… python examples/bedrock.py

An access key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY does as well.
"""

from onellm import ChatCompletion

MODEL = "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0"
TIDE = {
    "type": "function",
    "function": {
        "name": "tide",
        "description": "When the tide is high at a port.",
        "parameters": {"type": "object", "properties": {"port": {"type": "string"}}, "required": ["port"]},
    },
}

talk = [{"role": "user", "content": "When is high tide at Oban? Use the tide tool."}]
answer = ChatCompletion.create(MODEL, talk, tools=[TIDE])
message = answer.choices[0].message
talk.append(message.model_dump())
for call in message.tool_calls or []:
    print("called", call.function.name, call.function.arguments)
    talk.append({"role": "tool", "tool_call_id": call.id, "content": "06:12 and 18:40"})

for chunk in ChatCompletion.create(MODEL, talk, tools=[TIDE], stream=True):
    for choice in chunk.choices:
        print(choice.delta.content or "", end="")
print()
