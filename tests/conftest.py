"""The folder of reference material that may lie beside the checkout, and the rule that nothing skips while it does."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("ONELLM_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The `shared` folder: specifications and recordings that are not part of the project."""
    if not SHARED.is_dir():
        pytest.skip("the shared folder is not beside the checkout")
    return SHARED


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ONELLM_TRANSPORT=aiohttp, run what it reaches: not the blocking engine."""
    if os.environ.get("ONELLM_TRANSPORT") != "aiohttp":
        return
    kept = [item for item in items if not is_blocking(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def is_blocking(item: pytest.Item) -> bool:
    """Whether a test has a caller or client as a parameter, and here the blocking one."""
    spec = getattr(item, "callspec", None)
    return spec is not None and "sync" in [getattr(value, "kind", value) for value in spec.params.values()]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the session if a test was skipped for want of the shared folder although it is there."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not SHARED.is_dir() or reporter is None:
        return
    for report in reporter.stats.get("skipped", []):
        path, line, reason = report.longrepr
        if "shared" in reason:
            reporter.write_line(f"\n{path}:{line}: {reason}, and yet it is: {SHARED}", red=True)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
