"""A generateContent body as a chat completion, and what the simulator's model says to it as an answer."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any, cast

from onellm.decode.json import Table, array, table
from onellm.testing.simulator.chat import Completion, tokens
from onellm.testing.simulator.values import dump
from onellm_providers.gemini.simulator.rules import Model

ENDS = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP"}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""An image of one point."""
MODES: dict[str, Any] = {"ANY": "required", "NONE": "none"}


def as_chat(body: Table, model: str) -> dict[str, Any]:
    """The same conversation in OpenAI's form."""
    system = [table(part).get("text", "") for part in array(table(body.get("systemInstruction")).get("parts"))]
    messages: list[dict[str, Any]] = [{"role": "system", "content": str(text)} for text in system]
    for turn in array(body.get("contents")):
        messages += _turn(table(turn))
    chat: dict[str, Any] = {"model": model, "messages": messages}
    config = table(body.get("generationConfig"))
    functions = [
        table(each) for tool in array(body.get("tools")) for each in array(table(tool).get("functionDeclarations"))
    ]
    if functions:
        chat["tools"] = [_tool(each) for each in functions]
        mode = table(table(body.get("toolConfig")).get("functionCallingConfig"))
        chat["tool_choice"] = MODES.get(str(mode.get("mode")), "auto")
        if names := array(mode.get("allowedFunctionNames")):
            chat["tool_choice"] = {"type": "function", "function": {"name": names[0]}}
    if config.get("responseMimeType") == "application/json":
        schema = config.get("responseJsonSchema") or lowered(config.get("responseSchema"))
        wanted: Table = {"type": "json_object"}
        chat["response_format"] = {"type": "json_schema", "json_schema": {"schema": schema}} if schema else wanted
    return {**chat, "n": config.get("candidateCount"), "stop": config.get("stopSequences"), "seed": config.get("seed")}


def lowered(schema: Any) -> Any:
    """A schema of OpenAPI's as JSON Schema: its types in lower case."""
    if isinstance(schema, list):
        return [lowered(each) for each in array(cast("object", schema))]
    if not isinstance(schema, dict):
        return schema
    return {
        name: value.lower() if name == "type" and isinstance(value, str) else lowered(value)
        for name, value in table(cast("object", schema)).items()
    }


def with_image(whole: Table, body: Table) -> Table:
    """The answer with an image where one was asked for; a prompt that says `unsafe` gets none."""
    if "IMAGE" not in array(table(body.get("generationConfig")).get("responseModalities")):
        return whole
    (candidate, *_) = whole["candidates"]
    if "unsafe" in json.dumps(body["contents"]):
        candidate.update(content={"role": "model", "parts": []}, finishReason="IMAGE_SAFETY")
    else:
        candidate["content"]["parts"].append({"inlineData": {"mimeType": "image/png", "data": PNG}})
    return whole


def effort_of(body: Table, model: Model) -> str:
    """How much the model thinks; its thoughts are shown where that is asked for."""
    thinking = table(table(body.get("generationConfig")).get("thinkingConfig"))
    if not thinking.get("includeThoughts"):
        return "none"
    level = str(thinking.get("thinkingLevel") or "low").lower()
    return level if model.thinks else "none"


def answer(completion: Completion, model: str) -> Table:
    """The whole answer. The first call of a turn has a signature, as with Gemini 3."""
    candidates: list[Table] = []
    for choice in completion.choices:
        parts: list[Table] = [{"text": choice.reasoning, "thought": True}] if choice.reasoning else []
        if choice.content:
            parts.append({"text": choice.content})
        for number, call in enumerate(choice.calls):
            part: Table = {"functionCall": {"id": call.id, "name": call.name, "args": _arguments(call.arguments)}}
            parts.append({**part, "thoughtSignature": sign(call.name)} if number == 0 else part)
        reason = ENDS[choice.finish_reason]
        candidates.append({"content": {"role": "model", "parts": parts}, "finishReason": reason, "index": choice.index})
    thought = completion.reasoning_tokens
    return {
        "candidates": candidates,
        "usageMetadata": {
            "promptTokenCount": completion.prompt_tokens,
            "candidatesTokenCount": completion.completion_tokens - thought,
            "thoughtsTokenCount": thought,
            "totalTokenCount": completion.prompt_tokens + completion.completion_tokens,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": completion.prompt_tokens}],
        },
        "modelVersion": model,
        "responseId": completion.id.replace("chatcmpl-", ""),
    }


def events(whole: Table) -> list[Table]:
    """The same answer as the values of a stream; the last of each candidate has its finish reason."""
    head = {name: value for name, value in whole.items() if name != "candidates"}
    return [{"candidates": [each], **head} for each in _pieces(whole["candidates"])]


def sign(text: str) -> str:
    """A thought signature."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _pieces(candidates: list[Table]) -> Iterator[Table]:
    for candidate in candidates:
        index = candidate["index"]
        for part in candidate["content"]["parts"]:
            texts = [{**part, "text": piece} for piece in tokens(part["text"])] if "text" in part else [part]
            for piece in texts:
                yield {"content": {"role": "model", "parts": [piece]}, "index": index}
        yield {**candidate, "content": {"role": "model", "parts": [{"text": ""}]}}


def _turn(turn: Table) -> Iterator[dict[str, Any]]:
    parts = [table(part) for part in array(turn.get("parts"))]
    for part in parts:
        if "functionResponse" in part:
            response = table(table(part["functionResponse"]).get("response"))
            said = response.get("output", response)
            yield {"role": "tool", "content": said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)}
    rest = [_part(part) for part in parts if not {"functionResponse", "functionCall"} & part.keys()]
    calls = [table(part["functionCall"]) for part in parts if "functionCall" in part]
    if rest or calls:
        made = [{"name": call.get("name"), "arguments": dump(call.get("args") or {}).decode()} for call in calls]
        role = "assistant" if turn.get("role") == "model" else "user"
        yield {"role": role, "content": rest, **({"tool_calls": made} if made else {})}


def _part(part: Table) -> Table:
    return {"type": "text", "text": str(part["text"])} if "text" in part else {"type": "media"}


def _tool(function: Table) -> dict[str, Any]:
    schema = function.get("parametersJsonSchema") or lowered(function.get("parameters")) or {"type": "object"}
    return {"type": "function", "function": {"name": function.get("name"), "parameters": schema}}


def _arguments(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # cut off by maxOutputTokens
        return {}
