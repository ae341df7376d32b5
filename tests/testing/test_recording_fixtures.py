"""The fixtures in a test session of somebody else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from onellm.testing import Simulator

TESTS = """
import asyncio
import pytest
from onellm import AsyncOneLLM, OneLLM
from onellm.testing import NetworkBlocked

HI = [{"role": "user", "content": "Hi"}]

def test_a(onellm_recording):
    client = OneLLM(transport=onellm_recording.transport)
    said = client.chat.completions.create("venice/zai-org-glm-5", HI).choices[0].message.content
    assert "You said" in said

class TestIn:
    @pytest.mark.parametrize("name", ["x/y", "x.y"])
    def test_b(self, onellm_recording, name):
        async def main():
            client = AsyncOneLLM(transport=onellm_recording.async_transport)
            messages = [{"role": "user", "content": name}]
            stream = await client.chat.completions.create("openai/gpt-5.4-mini", messages, stream=True)
            return (await stream.final()).choices[0].message.content
        assert name in asyncio.run(main())

def test_a_replay_blocks_the_network(onellm_recording):
    if not onellm_recording.recording:
        with pytest.raises(NetworkBlocked):
            OneLLM(providers={"openai": {"base_url": "http://192.0.2.1/v1"}}).list_models("openai")

def test_blocked(onellm_block_network):
    with pytest.raises(NetworkBlocked):
        OneLLM(providers={"openai": {"base_url": "https://api.openai.com/v1"}}).list_models("openai")

def test_fails(onellm_recording):
    OneLLM(transport=onellm_recording.transport).chat.completions.create("openai/gpt-5.4-mini", HI)
    assert False
"""


def run(folder: Path, *options: str, **environment: str) -> str:
    """What pytest says in a session with the plugin and nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "onellm.testing.fixtures", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(("options", "record"), [(["--onellm-record"], ""), ([], "1")], ids=["option", "environment"])
def test_recorded_then_replayed(options: list[str], record: str, tmp_path: Path, onellm_simulator: Simulator) -> None:
    (tmp_path / "test_mine.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    recorded = run(tmp_path, *options, ONELLM_RECORD=record, **onellm_simulator.environ)
    assert "1 failed, 5 passed" in recorded
    assert len(onellm_simulator.requests) == 4
    files = sorted(path.name for path in (tmp_path / "recordings" / "test_mine").iterdir())
    assert files[1:] == ["TestIn.test_b-x.y.json", "test_a.json", "test_a_replay_blocks_the_network.json"]
    assert files[0].startswith("TestIn.test_b-x-y-"), "x/y is no file name, and another test could be called x-y"

    replayed = run(tmp_path, ONELLM_RECORD="0", **onellm_simulator.environ)
    assert "5 passed, 1 error" in replayed
    assert "There is no recording" in replayed, "the test that failed has none"
    assert "--onellm-record" in replayed
    assert len(onellm_simulator.requests) == 4, "nothing was sent"


def test_the_plugin_loads_nothing() -> None:
    code = "import sys, pytest; before = {*sys.modules}; import onellm.testing.fixtures; print({*sys.modules} - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert not [
        name for name in ("httpx", "pydantic", "asyncio", "onellm.testing.recording") if f"'{name}'" in done.stdout
    ]
