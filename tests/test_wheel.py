"""The wheel holds the two packages as git has them, and nothing else. `make test-wheel` runs the tests on it."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {"onellm": ROOT, "onellm_providers": ROOT / "providers"}

pytestmark = pytest.mark.skipif(
    not (ROOT / ".git").exists() or not shutil.which("git"), reason="there is no git checkout to compare with"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names in the wheel that is built from the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(folder.glob("*.tar.gz"))) == 1
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


@pytest.mark.security("S23")
def test_the_wheel_holds_the_files_of_the_tree(wheel: list[str]) -> None:
    built = {name for name in wheel if name.split("/")[0] in PACKAGES}
    assert built == {name for package, parent in PACKAGES.items() for name in files(parent, package)}


@pytest.mark.security("S23")
def test_the_wheel_holds_nothing_else(wheel: list[str]) -> None:
    others = {name.split("/")[0] for name in wheel} - set(PACKAGES)
    assert len(others) == 1
    assert others.pop().endswith(".dist-info")


@pytest.mark.security("S23")
def test_the_wheel_runs_nothing_when_an_interpreter_starts(wheel: list[str]) -> None:
    assert not [name for name in wheel if name.endswith(".pth") or "sitecustomize" in name or ".data/" in name]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_packages_say_that_they_are_typed(wheel: list[str], package: str) -> None:
    assert f"{package}/py.typed" in wheel


def files(parent: Path, package: str) -> set[str]:
    """The package's files that git has, or would add: on a clean checkout, those of the commit."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", package]
    listed = subprocess.run(command, cwd=parent, capture_output=True, text=True, check=True).stdout.splitlines()
    return {name for name in listed if (parent / name).exists()}
