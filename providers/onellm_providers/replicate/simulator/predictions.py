"""Predictions of a service without a memory: a prediction's id says what was asked, and so what comes out."""

from __future__ import annotations

import base64
import json
import re
import struct
import zlib
from typing import Any, NamedTuple, cast

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.testing.simulator.chat import complete, tokens
from onellm.testing.simulator.values import ServiceError, SimRequest, dump
from onellm_providers.replicate.schema import read_schema
from onellm_providers.replicate.simulator.models import Model, of_version, schema_of

TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list,
}  # fmt: skip


class Prediction(NamedTuple):
    """What was asked of which model."""

    model: Model
    given: Table

    @property
    def id(self) -> str:
        packed = zlib.compress(dump([self.model.version, self.given]), 9)
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_id(text: str) -> Prediction:
    """The prediction of this id. Raises ServiceError."""
    try:
        version, given = json.loads(zlib.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))
    except (ValueError, zlib.error):
        raise ServiceError(404, "The requested resource could not be found.") from None
    return Prediction(of_version(version), given)


def check(model: Model, given: Any) -> Table:
    """The inputs, if the model takes them. Raises ServiceError."""
    if not isinstance(given, dict):
        raise ServiceError(422, "- input: Invalid type. Expected: object")
    inputs = table(cast("object", given))
    for name, value in inputs.items():
        wanted = TYPES.get(str(model.inputs.get(name, {}).get("type")))
        if wanted is not None and not isinstance(value, wanted):
            raise ServiceError(422, f"- input.{name}: Invalid type. Expected: {model.inputs[name]['type']}")
    try:
        read_schema({"openapi_schema": schema_of(model)}).check(inputs)
    except InvalidRequestError as error:
        raise ServiceError(422, f"- input: {error}") from None
    return inputs


def pieces_of(prediction: Prediction) -> list[str]:
    """The output of a model of texts, token by token."""
    given = prediction.given
    messages = [table(each) for each in array(given.get("messages"))]
    if not messages:
        system = given.get("system_prompt")
        messages = [{"role": "system", "content": system}] if system else []
        messages.append({"role": "user", "content": given.get("prompt", "")})
    stop = [mark for mark in str(given.get("stop_sequences") or "").split(",") if mark]
    limit = given.get("max_tokens", given.get("max_completion_tokens"))
    answer = complete({"messages": messages, "seed": given.get("seed"), "stop": stop}, limit=limit)
    return tokens(answer.choices[0].content or "")


def counted(prediction: Prediction) -> Table:
    """The metrics of a model of texts."""
    asked = " ".join(str(value) for value in prediction.given.values() if isinstance(value, str))
    made = len(pieces_of(prediction))
    return {"input_token_count": len(tokens(asked)), "output_token_count": made, "predict_time": 0.1}


def tell(prediction: Prediction, status: str, request: SimRequest) -> Table:
    """The prediction as the service tells it, by now."""
    model, ended = prediction.model, status == "succeeded"
    base = base_of(request)
    own = f"{base}/predictions/{prediction.id}"
    urls = {"get": own, "cancel": f"{own}/cancel", "web": f"https://replicate.com/p/{prediction.id}"}
    if model.kind == "text" and model.streams:
        urls["stream"] = f"{base}/streams/{prediction.id}"
    told: Table = {
        "id": prediction.id,
        "model": model.id,
        "version": model.version,
        "input": prediction.given,
        "logs": "",
        "output": None,
        "data_removed": False,
        "error": None,
        "status": status,
        "created_at": "2026-01-01T00:00:00.123Z",
        "urls": urls,
    }
    if ended and model.kind == "text":
        told |= {"output": pieces_of(prediction), "metrics": counted(prediction)}
    elif ended:
        count = prediction.given.get("num_outputs", 1)
        told["output"] = [f"{base}/delivery/{prediction.id}/out-{index}.png" for index in range(count)]
        told["metrics"] = {"predict_time": 0.1, "image_count": count}
    return told


def base_of(request: SimRequest) -> str:
    """The service's base URL, as this request knew it."""
    found = re.match(r".*?/v1(?=/)", request.path)
    return f"http://{request.headers.get('host', '')}{found[0] if found else ''}"


def png(prediction: Prediction, name: str) -> bytes:
    """A picture of one dot, in a colour of its own."""
    colour = struct.pack(">I", zlib.crc32(f"{prediction.id} {name}".encode()))[:3]

    def block(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = block(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + block(b"IDAT", zlib.compress(b"\0" + colour)) + block(b"IEND", b"")
