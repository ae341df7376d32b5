"""What Venice's media operations take: names, types, ranges (Venice OpenAPI file of 2026-08-21).

    SENT["image/edit"]      what the client lets through; lists that Venice keeps adding to are open (models, ratios)
    LISTED["image/edit"]    the same with the file's own lists, as the simulator holds it

Paths are those of the API. Beside the shape of a body a table holds the rules that the file states in prose.
"""

from __future__ import annotations

from collections.abc import Mapping

from onellm.checks import Check, string
from onellm_providers.venice.tables.audio import audio_tables
from onellm_providers.venice.tables.images import image_tables
from onellm_providers.venice.tables.video import video_tables
from onellm_providers.venice.tables.words import any_of

SENT: Mapping[str, Check] = {**image_tables(any_of), **audio_tables(any_of), **video_tables(any_of)}
LISTED: Mapping[str, Check] = {**image_tables(string), **audio_tables(string), **video_tables(string)}
