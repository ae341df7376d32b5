"""OpenAI's operations beside chat: completions, embeddings, images, speech, transcriptions, moderations.

Bodies are as strict as OpenAI's OpenAPI file of 2026-08-21. The same request gives the same answer.
"""

from __future__ import annotations

import base64
import hashlib
import io
import struct
import wave
import zlib
from typing import Any

from onellm.checks import Check, anything, array, boolean, either, integer, mapping, nullable, number, record, string
from onellm.decode.json import array as items_of
from onellm.decode.json import table
from onellm.testing.simulator.chat import CREATED, echo, tokens
from onellm.testing.simulator.chat_wire import DONE
from onellm.testing.simulator.forms import Upload, read_form
from onellm.testing.simulator.values import Answer, ServiceError, SimReply, SimRequest, SimStream, sse
from onellm_providers.openai_simulator.models import MODELS, Model

_INPUT = either(string(), array(string(), 1, 2048), array(integer(0), 1), array(array(integer(0), 1), 1, 2048))


def _closed(required: dict[str, Check], optional: dict[str, Check]) -> Check:
    return record({**required, **optional}, tuple(required), closed=True)


_COMPLETION = _closed(
    {"model": string(low=1), "prompt": _INPUT},
    {
        "best_of": integer(1, 20), "echo": boolean(), "frequency_penalty": number(-2, 2),
        "logit_bias": mapping(integer(-100, 100)), "logprobs": integer(0, 5), "max_tokens": integer(0),
        "n": integer(1, 128), "presence_penalty": number(-2, 2), "seed": integer(),
        "stop": nullable(either(string(), array(string(), 1, 4))), "stream": boolean(),
        "stream_options": record({"include_usage": boolean()}), "suffix": string(), "temperature": number(0, 2),
        "top_p": number(0, 1), "user": string(),
    },
)  # fmt: skip
_EMBEDDING = _closed(
    {"model": string(low=1), "input": _INPUT},
    {"dimensions": integer(1), "encoding_format": string("float", "base64"), "user": string()},
)
_IMAGE_OPTIONS: dict[str, Check] = {
    "background": string("transparent", "opaque", "auto"), "n": integer(1, 10),
    "output_compression": integer(0, 100), "output_format": string("png", "jpeg", "webp"),
    "partial_images": integer(0, 3), "quality": string(), "size": string(), "stream": boolean(), "user": string(),
}  # fmt: skip
_IMAGE = _closed(
    {"prompt": string(low=1, high=32_000), "model": string(low=1)},
    {**_IMAGE_OPTIONS, "moderation": string("low", "auto"), "style": string("vivid", "natural")},
)
_EDIT = _closed(
    {"prompt": string(low=1, high=32_000), "model": string(low=1)},
    {**_IMAGE_OPTIONS, "input_fidelity": string("high", "low")},
)
_SPEECH = _closed(
    {"model": string(low=1), "input": string(low=1, high=4096), "voice": either(string(), record({"id": string()}))},
    {
        "instructions": string(), "response_format": string("mp3", "opus", "aac", "flac", "wav", "pcm"),
        "speed": number(0.25, 4), "stream_format": string("sse", "audio"),
    },
)  # fmt: skip
_LISTENING: dict[str, Check] = {
    "prompt": string(), "response_format": string("json", "text", "srt", "verbose_json", "vtt", "diarized_json"),
    "temperature": number(0, 1),
}  # fmt: skip
_TRANSCRIPTION = _closed(
    {"model": string(low=1)},
    {
        **_LISTENING, "chunking_strategy": anything(), "include": array(string("logprobs")), "language": string(),
        "stream": boolean(), "timestamp_granularities": array(string("word", "segment")),
    },
)  # fmt: skip
_TRANSLATION = _closed({"model": string(low=1)}, _LISTENING)
_MODERATION = _closed({"input": either(string(), array(anything(), 1)), "model": string()}, {})

AUDIO = {"mp3": "audio/mpeg", "opus": "audio/ogg", "aac": "audio/aac", "flac": "audio/flac", "wav": "audio/wav"}
CATEGORIES = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
    "self-harm/intent", "self-harm/instructions", "sexual", "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip


def model_of(body: dict[str, Any], kind: str) -> Model:
    """The model, if there is one of this name that does this. Raises ServiceError."""
    model = MODELS.get(body["model"])
    if model is None:
        message = f"The model `{body['model']}` does not exist or you do not have access to it."
        raise ServiceError(404, message, code="model_not_found")
    if model.kind != kind:
        raise ServiceError(404, f"This model is not supported in the {kind} endpoint.", param="model")
    return model


def complete(request: SimRequest) -> Answer:
    """POST /completions: the prompt's echo, one choice for each prompt and `n`."""
    body = request.checked(_COMPLETION)
    model = model_of(body, "completions")
    prompts = [str(each) for each in _each(body["prompt"])]
    limit = 16 if body.get("max_tokens") is None else body["max_tokens"]
    choices: list[dict[str, Any]] = []
    used = 0
    wanted: int = body.get("n", 1)
    for place in range(len(prompts) * wanted):
        text = tokens(echo(prompts[place // wanted], place))
        said, finish = text[:limit], "length" if len(text) > limit else "stop"
        used += len(said)
        choices.append({"index": place, "text": "".join(said), "logprobs": None, "finish_reason": finish})
    asked = sum(len(tokens(each)) for each in prompts)
    usage = {"prompt_tokens": asked, "completion_tokens": used, "total_tokens": asked + used}
    head = {"id": "cmpl-simulated", "object": "text_completion", "created": CREATED, "model": model.id}
    if not body.get("stream"):
        return SimReply.json({**head, "choices": choices, "usage": usage})
    pieces = [
        {**head, "choices": [{**choice, "text": piece, "finish_reason": None}]}
        for choice in choices
        for piece in tokens(choice["text"])
    ]
    ends = [{**head, "choices": [{**choice, "text": ""}]} for choice in choices]
    asked_for = table(body.get("stream_options")).get("include_usage")
    counted: list[dict[str, Any]] = [{**head, "choices": [], "usage": usage}] if asked_for else []
    return SimStream([*map(sse, [*pieces, *ends, *counted]), DONE])


def _each(given: Any) -> list[Any]:
    """Several inputs, or one: a text or token numbers."""
    items = items_of(given)
    return items if items and not isinstance(items[0], int) else [given]


def embed(request: SimRequest) -> Answer:
    """POST /embeddings: a vector of length 1 that the text's hash decides."""
    body = request.checked(_EMBEDDING)
    model = model_of(body, "embeddings")
    inputs = _each(body["input"])
    if any(each == "" for each in inputs):
        raise ServiceError(400, "'$.input' is invalid. Input must not be empty.", param="input")
    vectors = [_vector(str(each), body.get("dimensions") or 1536) for each in inputs]
    packed = body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": _pack(vector) if packed else vector}
        for index, vector in enumerate(vectors)
    ]
    count = sum(len(tokens(str(each))) for each in inputs)
    usage = {"prompt_tokens": count, "total_tokens": count}
    return SimReply.json({"object": "list", "data": data, "model": model.id, "usage": usage})


def _vector(text: str, size: int) -> list[float]:
    stream = hashlib.shake_128(text.encode()).digest(size)
    raw = [byte - 127.5 for byte in stream]
    length = sum(each * each for each in raw) ** 0.5
    return list(struct.unpack(f"<{size}f", struct.pack(f"<{size}f", *(each / length for each in raw))))


def _pack(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def generate(request: SimRequest) -> Answer:
    """POST /images/generations."""
    body = request.checked(_IMAGE)
    model_of(body, "images")
    return _images(body, "image_generation")


def edit(request: SimRequest) -> Answer:
    """POST /images/edits."""
    form = read_form(request, numbers=("n", "output_compression", "partial_images"))
    body = form.checked(_EDIT)
    model_of(body, "images")
    if not form.files.get("image") and not form.files.get("image[]"):
        raise ServiceError(
            400, "Missing required parameter: 'image'.", param="image", code="missing_required_parameter"
        )
    return _images(body, "image_edit")


def _images(body: dict[str, Any], event: str) -> Answer:
    """One small square for each image, of a colour that the prompt decides."""
    colour = hashlib.sha256(body["prompt"].encode()).digest()[:3]
    encoded = base64.b64encode(_png(colour)).decode()
    shown = {"background": "opaque", "output_format": "png", "quality": "low", "size": "1024x1024"}
    asked = len(tokens(body["prompt"]))
    usage = {
        "input_tokens": asked, "output_tokens": 272, "total_tokens": asked + 272,
        "input_tokens_details": {"text_tokens": asked, "image_tokens": 0},
    }  # fmt: skip
    if not body.get("stream"):
        data = [{"b64_json": encoded} for _ in range(body.get("n", 1))]
        return SimReply.json({"created": CREATED, "data": data, **shown, "usage": usage})
    common = {"b64_json": encoded, "created_at": CREATED, **shown}
    events: list[dict[str, Any]] = [
        {"type": f"{event}.partial_image", "partial_image_index": index, **common}
        for index in range(body.get("partial_images") or 0)
    ]
    events.append({"type": f"{event}.completed", **common, "usage": usage})
    return SimStream([sse(each, each["type"]) for each in events])


def _png(colour: bytes, size: int = 64) -> bytes:
    rows = b"".join(b"\0" + colour * size for _ in range(size))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def speak(request: SimRequest) -> Answer:
    """POST /audio/speech: silence, as WAV whatever was asked for but pcm."""
    body = request.checked(_SPEECH)
    model_of(body, "speech")
    kind = body.get("response_format", "mp3")
    silence = bytes(2 * 240 * len(tokens(body["input"])))  # 10 ms a token, 16 bits at 24 kHz
    if kind == "pcm":
        return SimReply(200, {"Content-Type": "audio/pcm"}, silence)
    return SimReply(200, {"Content-Type": AUDIO[kind]}, _wav(silence))


def _wav(samples: bytes) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24_000)
        file.writeframes(samples)
    return buffer.getvalue()


def transcribe(request: SimRequest) -> Answer:
    """POST /audio/transcriptions: says what the file is called."""
    form = read_form(request, numbers=("temperature",))
    body = form.checked(_TRANSCRIPTION)
    model = model_of(body, "transcriptions")
    text = f"This is what {_sound(form.files).name} says. It is simulated."
    if body.get("stream") and model.id != "whisper-1":
        pieces = [{"type": "transcript.text.delta", "delta": piece} for piece in tokens(text)]
        return SimStream([*map(sse, [*pieces, {"type": "transcript.text.done", "text": text}]), DONE])
    return _said(text, body.get("response_format", "json"), "transcribe")


def translate(request: SimRequest) -> Answer:
    """POST /audio/translations."""
    form = read_form(request, numbers=("temperature",))
    body = form.checked(_TRANSLATION)
    model_of(body, "transcriptions")
    text = f"This is what {_sound(form.files).name} says in English. It is simulated."
    return _said(text, body.get("response_format", "json"), "translate")


def _sound(files: dict[str, list[Upload]]) -> Upload:
    if not files.get("file"):
        raise ServiceError(400, "Missing required parameter: 'file'.", param="file", code="missing_required_parameter")
    return files["file"][0]


def _said(text: str, kind: str, task: str) -> Answer:
    if kind in ("text", "srt", "vtt"):
        start = {"text": "", "srt": "1\n00:00:00,000 --> 00:00:02,000\n", "vtt": "WEBVTT\n\n00:00.000 --> 00:02.000\n"}
        return SimReply(200, {"Content-Type": "text/plain; charset=utf-8"}, f"{start[kind]}{text}\n".encode())
    usage = {"type": "duration", "seconds": 2}
    if kind == "json":
        return SimReply.json({"text": text, "usage": usage})
    segment = {"id": 0, "seek": 0, "start": 0.0, "end": 2.0, "text": text, "tokens": [1], "temperature": 0.0}
    measured = {"avg_logprob": -0.1, "compression_ratio": 1.0, "no_speech_prob": 0.01}
    verbose = {"task": task, "language": "english", "duration": 2.0, "text": text, "segments": [segment | measured]}
    return SimReply.json(verbose | {"usage": usage})


def moderate(request: SimRequest) -> Answer:
    """POST /moderations: flags what holds the word "kill"."""
    body = request.checked(_MODERATION)
    model = model_of(body, "moderations")
    items = items_of(body["input"])
    inputs: list[Any] = items if items and isinstance(items[0], str) else [body["input"]]
    results = [_verdict("kill" in str(each).lower()) for each in inputs]
    return SimReply.json({"id": "modr-simulated", "model": model.id, "results": results})


def _verdict(flagged: bool) -> dict[str, Any]:
    return {
        "flagged": flagged,
        "categories": {name: flagged and name == "violence" for name in CATEGORIES},
        "category_scores": {name: 0.98 if flagged and name == "violence" else 0.001 for name in CATEGORIES},
        "category_applied_input_types": {name: ["text"] for name in CATEGORIES},
    }


FACES = (
    ("POST", "/completions", complete),
    ("POST", "/embeddings", embed),
    ("POST", "/images/generations", generate),
    ("POST", "/images/edits", edit),
    ("POST", "/audio/speech", speak),
    ("POST", "/audio/transcriptions", transcribe),
    ("POST", "/audio/translations", translate),
    ("POST", "/moderations", moderate),
)
