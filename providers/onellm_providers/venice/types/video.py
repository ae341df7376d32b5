"""Video: what a job takes beside plain values, and what Venice answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NotRequired, TypeAlias, TypedDict

from onellm.file_input import FileInput
from onellm_providers.venice.types.facts import Facts

Duration: TypeAlias = Literal[
    "1s", "2s", "3s", "4s", "5s", "6s", "7s", "8s", "9s", "10s", "11s", "12s", "13s", "14s", "15s", "16s", "17s",
    "18s", "19s", "20s", "21s", "22s", "23s", "24s", "25s", "26s", "27s", "28s", "29s", "30s", "-1", "1 gen", "auto",
    "Auto",
]  # fmt: skip
Resolution: TypeAlias = Literal[
    "256p", "360p", "480p", "540p", "580p", "720p", "1080p", "1440p", "2160p", "4k", "2x", "4x", "2K", "768P",
    "true_1080p",
]  # fmt: skip


class Element(TypedDict, total=False):
    """A character or object, `@Element1` in the prompt."""

    frontal_image_url: FileInput
    reference_image_urls: list[FileInput]
    video_url: FileInput


class Keyframe(TypedDict):
    """An image and the frame that shows it; a video has 24 frames a second."""

    image_url: FileInput
    frame_index: int


class CameraPose(TypedDict):
    """Where the camera is at `time`, from 0 (start) to 1 (end). Angles are in degrees."""

    time: float
    azimuth: float
    elevation: float
    distance: float


class SeedanceConsent(TypedDict):
    """What a person confirms after reading the `policy_text` of a ConsentRequiredError."""

    confirmed_terms_and_privacy: Literal[True]
    confirmed_legal_right: Literal[True]
    confirmed_screening_acknowledged: Literal[True]


class Consents(TypedDict):
    """Confirmations by provider."""

    seedance: NotRequired[SeedanceConsent]


class Enhancement(TypedDict, total=False):
    """Parameters of enhancement models (Topaz), each 0 to 1 but `grain` (0 to 0.1) and `target_fps`."""

    enhancement_model: str
    compression: float
    creativity: float
    grain: float
    halo: float
    noise: float
    realism: float
    recover_detail: float
    sharp: float
    softness: float
    output_format: Literal["mp4", "prores"]
    slowdown_factor: Literal[1, 2, 4, 8]
    target_fps: float


class VideoTranscript(Facts):
    """What is said in a video, and its language."""

    transcript: str
    lang: str | None = None


class VideoOptions(TypedDict, total=False):
    """The parameters of `video.queue` beside prompt and model."""

    duration: Duration | None
    negative_prompt: str | None
    aspect_ratio: str | None
    resolution: Resolution | None
    audio: bool | None
    image_url: FileInput | None
    end_image_url: FileInput | None
    audio_url: FileInput | None
    video_url: FileInput | None
    reference_image_urls: Sequence[FileInput] | None
    reference_video_urls: Sequence[FileInput] | None
    reference_audio_urls: Sequence[FileInput] | None
    reference_document_urls: Sequence[FileInput] | None
    scene_image_urls: Sequence[FileInput] | None
    elements: Sequence[Element] | None
    keyframes: Sequence[Keyframe] | None
    upscale_factor: Literal[1, 2, 4] | None
    omni_reference_task_type: Literal["auto", "reference", "edit", "extend"] | None
    bitrate_mode: Literal["standard", "high"] | None
    image_strength: float | None
    camera_trajectory: Sequence[CameraPose] | None
    enhancement: Enhancement | None
    consents: Consents | None
