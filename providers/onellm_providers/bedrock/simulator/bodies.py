"""What a body of Converse may hold, in the words of `onellm.checks` (botocore 1.44, `ConverseRequest`)."""

from __future__ import annotations

from onellm.checks import anything, array, integer, mapping, number, record, string

TEXT = record({"text": string(low=1)}, ("text",), closed=True)
BLOCK = mapping(anything())
TURN = record(
    {"role": string("user", "assistant"), "content": array(BLOCK, 1, 100_000)}, ("role", "content"), closed=True
)
INFERENCE = record(
    {
        "maxTokens": integer(1),
        "temperature": number(0, 1),
        "topP": number(0, 1),
        "stopSequences": array(string(low=1), 0, 2500),
    },
    closed=True,
)
TOOLS = record({"tools": array(BLOCK, 1, 10_000), "toolChoice": mapping(anything())}, ("tools",), closed=True)
CONVERSE = record(
    {
        "messages": array(TURN, 1, 100_000),
        "system": array(BLOCK, 0, 10_000),
        "inferenceConfig": INFERENCE,
        "toolConfig": TOOLS,
        "additionalModelRequestFields": anything(),
        "additionalModelResponseFieldPaths": array(string(), 0, 10),
        "guardrailConfig": mapping(anything()),
        "outputConfig": mapping(anything()),
        "performanceConfig": record({"latency": string("standard", "optimized")}, closed=True),
        "promptVariables": mapping(anything()),
        "requestMetadata": mapping(string()),
        "serviceTier": record({"type": string("default", "flex", "priority", "reserved")}, ("type",), closed=True),
    },
    ("messages",),
)
COUNT = record(
    {"input": record({"converse": mapping(anything())}, ("converse",), closed=True)}, ("input",), closed=True
)
