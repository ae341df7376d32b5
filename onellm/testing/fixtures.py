"""A pytest plugin, known to pytest as `onellm`. Every start of pytest imports it, so it imports nothing itself."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from onellm.testing.recording import Tape
    from onellm.testing.simulator import Simulator


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("onellm").addoption(
        "--onellm-record",
        action="store_true",
        help="let tests with the fixture onellm_recording call real services, and record what they say "
        "(ONELLM_RECORD=1 in the environment does the same)",
    )


@pytest.fixture
def onellm_simulator() -> Iterator[Simulator]:
    """A running simulator of all installed services.

    def test_retry(onellm_simulator):
        client = OneLLM(providers=onellm_simulator.providers)
    """
    from onellm.testing.simulator import simulator

    with simulator() as running:
        yield running


@pytest.fixture
def onellm_block_network() -> Iterator[None]:
    """No connection beyond this machine for the time of the test (onellm.testing.block_network)."""
    from onellm.testing.network import block_network

    with block_network():
        yield


@pytest.fixture
def onellm_recording(request: pytest.FixtureRequest) -> Iterator[Tape]:
    """The recording of this test, `recordings/MODULE/TEST.json` beside its file.

    It is replayed, and the network is blocked meanwhile. With `--onellm-record` it is made, unless the test fails.

    def test_title(onellm_recording):
        client = OneLLM(transport=onellm_recording.transport)
    """
    from onellm.testing.network import block_network
    from onellm.testing.recording import record, replay

    path = _recording_path(request)
    if not _records(request.config):
        with block_network(), replay(path) as tape:
            yield tape
        return
    failed = request.session.testsfailed
    with record(path) as tape:
        yield tape
        if request.session.testsfailed > failed:
            tape.discard()


def _records(config: pytest.Config) -> bool:
    return bool(config.getoption("--onellm-record")) or os.environ.get("ONELLM_RECORD", "0") not in ("", "0")


def _recording_path(request: pytest.FixtureRequest) -> Path:
    test = str(request.node.nodeid).partition("::")[2].replace("::", ".")
    name = re.sub(r"[^\w.-]+", "-", test)[:120].strip("-")
    if len(test) > 120 or re.search(r"[^\w.\[\]-]", test):  # two tests could have this name
        name += f"-{zlib.crc32(test.encode()):08x}"
    return request.path.parent / "recordings" / request.path.stem / f"{name}.json"
