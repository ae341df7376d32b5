"""Video: POST /video/….

`bitrate_mode`, `image_strength`, `camera_trajectory` and the parameters of enhancement models stand in Venice's guides
or in the client venice-py 2.9.0, not in the OpenAPI file, whose queue body is open.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from onellm.checks import Check, Issue, Path, array, boolean, integer, number, record, string
from onellm_providers.venice.tables.audio import COMPLETE, RETRIEVE
from onellm_providers.venice.tables.words import Growing, broken, constant, ruled

DURATIONS = (*(f"{seconds}s" for seconds in range(1, 31)), "-1", "1 gen", "auto", "Auto")
RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "9:21", "16:9", "21:9", "adaptive", "auto")
RESOLUTIONS = (
    "256p", "360p", "480p", "540p", "580p", "720p", "1080p", "1440p", "2160p", "4k", "2x", "4x", "2K", "768P",
    "true_1080p",
)  # fmt: skip
UPSCALERS = frozenset({"topaz-video-upscale"})
"""Models that refuse a prompt and a resolution, and take no duration, though the file requires two of them."""

_LEVEL = number(0, 1)
_CONFIRMED = ("confirmed_terms_and_privacy", "confirmed_legal_right", "confirmed_screening_acknowledged")
_CONSENTS = record(
    {"seedance": record(dict.fromkeys(_CONFIRMED, constant(True)), _CONFIRMED, closed=True)}, closed=True
)
_ELEMENT = record(
    {"frontal_image_url": string(), "reference_image_urls": array(string(), high=3), "video_url": string()}
)
_KEYFRAME = record({"image_url": string(), "frame_index": integer(0)}, ("image_url", "frame_index"))
_POSE = record(
    {"time": _LEVEL, "azimuth": number(), "elevation": number(-90, 90), "distance": number(above=0)},
    ("time", "azimuth", "elevation", "distance"),
    closed=True,
)
_ENHANCEMENT: dict[str, Check] = {
    **dict.fromkeys(
        ("compression", "creativity", "halo", "noise", "realism", "recover_detail", "sharp", "softness"), _LEVEL
    ),
    "enhancement_model": string(low=1),
    "grain": number(0, 0.1),
    "output_format": string("mp4", "prores"),
    "slowdown_factor": constant(1, 2, 4, 8),
    "target_fps": number(above=0),
}


def video_tables(growing: Growing) -> dict[str, Check]:
    """The tables by path."""
    priced: dict[str, Check] = {
        "aspect_ratio": growing(*RATIOS),
        "audio": boolean(),
        "duration": string(*DURATIONS),
        "model": string(),
        "resolution": string(*RESOLUTIONS),
        "upscale_factor": constant(1, 2, 4),
        "video_url": string(),
    }
    queued = priced | _ENHANCEMENT | {
        "audio_url": string(),
        "bitrate_mode": string("standard", "high"),
        "camera_trajectory": array(_POSE, 2, 12),
        "consents": _CONSENTS,
        "elements": array(_ELEMENT, high=4),
        "end_image_url": string(),
        "image_strength": _LEVEL,
        "image_url": string(),
        "keyframes": array(_KEYFRAME, high=10),
        "negative_prompt": string(high=20000),
        "omni_reference_task_type": string("auto", "reference", "edit", "extend"),
        "prompt": string(low=1, high=20000),
        "reference_audio_urls": array(string(), high=10),
        "reference_document_urls": array(string(), high=1),
        "reference_image_urls": array(string(), high=30),
        "reference_video_urls": array(string(), high=10),
        "scene_image_urls": array(string(), high=4),
    }  # fmt: skip
    return {
        "video/queue": ruled(
            record(queued, ("model",)), _required, _no_prompt, _accompanied, _frames_in_time, _poses_in_order
        ),
        "video/quote": ruled(
            record({**priced, "reference_video_total_duration": number(0)}, ("model",)), _duration, _no_prompt
        ),
        "video/retrieve": RETRIEVE,
        "video/complete": COMPLETE,
        "video/transcriptions": record(
            {"url": string(low=1), "response_format": string("json", "text")}, ("url",), closed=True
        ),
    }


def _required(body: dict[str, Any], path: Path) -> Iterator[Issue]:
    if "prompt" not in body and body["model"] not in UPSCALERS:
        yield Issue((*path, "prompt"), "invalid_type", "Required", {"expected": "string", "received": "undefined"})
    yield from _duration(body, path)


def _duration(body: dict[str, Any], path: Path) -> Iterator[Issue]:
    if "duration" not in body and body["model"] not in UPSCALERS:
        yield Issue((*path, "duration"), "invalid_type", "Required", {"expected": "string", "received": "undefined"})


def _no_prompt(body: dict[str, Any], path: Path) -> Iterator[Issue]:
    if body["model"] in UPSCALERS:
        for name in ("prompt", "resolution", "duration"):
            if name in body:
                yield broken((*path, name), f"{body['model']} takes no {name}; use upscale_factor and video_url")


def _accompanied(body: dict[str, Any], path: Path) -> Iterator[Issue]:
    if body.get("reference_audio_urls") and not (body.get("reference_image_urls") or body.get("reference_video_urls")):
        said = "reference_audio_urls needs at least one reference image or reference video beside it"
        yield broken((*path, "reference_audio_urls"), said)


def _frames_in_time(body: dict[str, Any], path: Path) -> Iterator[Issue]:
    frames = [frame["frame_index"] for frame in body.get("keyframes", ())]
    if len(set(frames)) < len(frames):
        yield broken((*path, "keyframes"), "Each frame_index must be unique")
    length = str(body.get("duration", "")).removesuffix("s")
    if frames and length.isdigit() and max(frames) > int(length) * 24:
        yield broken((*path, "keyframes"), f"A frame_index must be no greater than {int(length) * 24}, duration x 24")


def _poses_in_order(body: dict[str, Any], path: Path) -> Iterator[Issue]:
    times = [pose["time"] for pose in body.get("camera_trajectory", ())]
    if any(later <= earlier for earlier, later in pairwise(times)):
        yield broken((*path, "camera_trajectory"), "The times of a camera_trajectory must increase")
