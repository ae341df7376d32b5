"""What the bodies may hold, in the words of `onellm.checks` (google-genai 3.6)."""

from __future__ import annotations

from onellm.checks import anything, array, integer, mapping, number, record, string

TURN = record({"role": string("user", "model", "function"), "parts": array(record({}), 1)}, ("parts",), closed=True)
CONFIG = record(
    {
        **dict.fromkeys(("temperature", "topP", "topK", "presencePenalty", "frequencyPenalty"), number()),
        "maxOutputTokens": integer(1),
        "candidateCount": integer(1, 8),
        "stopSequences": array(string(), 0, 5),
        "logprobs": integer(0, 20),
        "responseMimeType": string("text/plain", "application/json", "text/x.enum"),
        **dict.fromkeys(
            (
                "seed", "responseLogprobs", "responseSchema", "responseJsonSchema", "responseModalities",
                "speechConfig", "thinkingConfig", "mediaResolution", "imageConfig", "audioTranscriptionConfig",
                "enableEnhancedCivicAnswers",
            ),
            anything(),
        ),
    },
    closed=True,
)  # fmt: skip
GENERATED = record(
    {
        "contents": array(TURN, 1),
        "generationConfig": CONFIG,
        **dict.fromkeys(
            (
                "systemInstruction", "tools", "toolConfig", "safetySettings", "cachedContent", "labels",
                "serviceTier", "store", "continuationToken", "modelArmorConfig",
            ),
            anything(),
        ),
    },
    ("contents",),
    closed=True,
)  # fmt: skip
COUNTED = mapping(anything())
EMBEDDED_ONE = record({"content": record({"parts": array(record({}), 1)}, ("parts",))}, ("content",))
EMBEDDED = record({"requests": array(EMBEDDED_ONE, 1)}, ("requests",), closed=True)
