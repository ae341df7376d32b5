"""What Venice's media operations take: names, types, ranges (Venice OpenAPI file of 2026-08-21).

    SENT["image/edit"]      what the client lets through; lists that Venice keeps adding to are open (models, ratios)
    LISTED["image/edit"]    the same with the file's own lists, as the simulator holds it

Paths are those of the API. Beside the shape of a body a table holds the rules that the file states in prose.
"""

from __future__ import annotations

from collections.abc import Mapping

from onellm.checks import Check, string
from onellm_providers.venice.tables.audio import audio
from onellm_providers.venice.tables.images import images
from onellm_providers.venice.tables.video import video
from onellm_providers.venice.tables.words import any_of

SENT: Mapping[str, Check] = {**images(any_of), **audio(any_of), **video(any_of)}
LISTED: Mapping[str, Check] = {**images(string), **audio(string), **video(string)}
