"""Install the built wheel into an environment of its own and run the tests there, far from the source.

Prints what a plain install brings, in one line: how many distributions, and how large they are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
NEEDED = ["tests", "examples", "bench", "scripts", "docs", "README.md", "CHANGELOG.md", "pyproject.toml"]
"""All that the tests use, but the packages."""
NAME = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["name"]
MEASURE = """
import sys
from importlib.metadata import distributions
sizes = {
    found.name: sum(file.locate().stat().st_size for file in found.files or [] if file.locate().is_file())
    for found in distributions()
    if found.name not in ("pip", "setuptools")
}
print(
    f"a plain install brings {len(sizes)} distributions, {sum(sizes.values()) / 1e6:.1f} MB in all,"
    f" of which {sys.argv[1]} itself is {sizes[sys.argv[1]] / 1e6:.2f} MB"
)
"""


def main() -> None:
    """Build, install, measure, test."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        run(sys.executable, "-m", "build", "--no-isolation", "--outdir", here / "dist", ROOT, quiet=True)
        (wheel,) = (here / "dist").glob("*.whl")
        plain = install(here / "plain", str(wheel))
        run(plain, "-c", MEASURE, NAME, cwd=here)
        tested = install(here / "tested", f"{wheel}[dev]")
        source = here / "source"
        source.mkdir()
        for name in filter(lambda name: (ROOT / name).exists(), NEEDED):
            copy(ROOT / name, source / name)
        run(tested, "-c", "import onellm; assert 'site-packages' in onellm.__file__, onellm.__file__", cwd=source)
        run(tested, "-m", "pytest", "-m", "not real and not soak", cwd=source)


def install(environment: Path, requirement: str) -> Path:
    """Make an environment with one requirement in it, and return its Python."""
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", requirement)
    return python


def copy(source: Path, target: Path) -> None:
    """Copy a file or a folder."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "test_wheel.py"))
    else:
        shutil.copy(source, target)


def run(*command: str | Path, cwd: Path | None = None, quiet: bool = False) -> None:
    """Run a command in an environment that finds the shared folder, and end with its status if it fails."""
    environment = os.environ | {"ONELLM_SHARED": os.environ.get("ONELLM_SHARED", str(ROOT.parent / "shared"))}
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
        environment.pop(name, None)
    done = subprocess.run(command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL if quiet else None, check=False)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
