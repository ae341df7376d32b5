"""`Speech`, `AudioTranscription` and `AudioTranslation`: `create` and `acreate`."""

from __future__ import annotations

from typing import Any

from onellm.api.face import asynchronous, asynchronous_either, blocking, blocking_either
from onellm.resources.audio import Speeches, Transcriptions, Translations


class Speech:
    """Text to speech on the process's own clients, with keys from the environment."""

    create = blocking_either(Speeches[Any].create)
    acreate = asynchronous_either(Speeches[Any].create)


class AudioTranscription:
    """Speech to text on the process's own clients, with keys from the environment."""

    create = blocking_either(Transcriptions[Any].create)
    acreate = asynchronous_either(Transcriptions[Any].create)


class AudioTranslation:
    """Speech to English text on the process's own clients, with keys from the environment."""

    create = blocking(Translations[Any].create)
    acreate = asynchronous(Translations[Any].create)
