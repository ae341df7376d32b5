"""HOST-06: a host that takes a schema and does not keep to it. What it said is checked here, and not lost."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from onellm import InvalidOutputError
from tests.support import Caller, serve, whole
from tests.wire import both

CLOUD = "ollama/gpt-oss:120b-cloud"


@dataclass
class City:
    city: str


@both
def test_host_06_a_schema_that_the_host_ignored(caller: Caller) -> None:
    said = {"role": "assistant", "content": '{"town": "Oban"}'}
    answer = {"model": "m", "created_at": "2026-11-01T00:00:00Z", "message": said, "done": True, "done_reason": "stop"}
    with serve(whole(answer)) as server:
        settings = {"ollama": {"base_url": f"http://127.0.0.1:{server.port}"}}
        got = caller.chat(settings, CLOUD, response_format=City)
    assert server.requests[0].json["format"]["properties"].keys() == {"city"}
    with pytest.raises(InvalidOutputError) as caught:
        _ = got.parsed
    assert caught.value.text == said["content"]
