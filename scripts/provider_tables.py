"""Write the tables of docs/providers.md from the providers themselves: `python scripts/provider_tables.py`.

`--check` writes nothing and ends with 1 where the page is not up to date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from onellm import Capability, Spec
from onellm.config import Host
from onellm.registry import find, host_of, installed

PAGE = Path(__file__).parents[1] / "docs" / "providers.md"
CHAT = {Capability.CHAT, Capability.STREAM}
PACKAGE = "onellm_providers."


def built_in() -> list[str]:
    """The names of the providers that come with OneLLM."""
    return sorted(name for name, point in installed().items() if point.value.startswith(PACKAGE))


def code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    head, *body = ("| " + " | ".join(cells) + " |\n" for cells in (columns, *rows))
    return "".join([head, "|---" * len(columns) + "|\n", *body])


def providers() -> str:
    """Who there is: key variables and base URLs."""
    return table(
        ("name", "key variable", "base URL unless you give one"),
        ((f"`{host.name}`", _keys(host), _url(host)) for host in (host_of(find(name)) for name in built_in())),
    )


def _keys(host: Host) -> str:
    keys = code((host.variable("API_KEY"), *host.key_variables))
    return keys if host.key_required else f"{keys}; none is needed"


def _url(host: Host) -> str:
    if host.base_url == "":
        return f"none: it computes in this process. {host.note}"
    if host.base_url is None:
        return f"none: set `{host.variable('BASE_URL')}`{f'. {host.note}' if host.note else ''}"
    variables = [host.variable(name.upper()) for name in re.findall(r"{(\w+)}", host.base_url)]
    return f"`{host.base_url}`{f' with {code(variables)}' if variables else ''}"


def rows() -> str:
    """What the rows say of their hosts."""
    specs = [entry for entry in map(find, built_in()) if isinstance(entry, Spec)]
    return table(
        ("name", "offers beside chat", "known not to", "source", "read", "not confirmed"),
        (
            (
                f"`{spec.name}`",
                code(word for word in Capability if word in spec.operations - CHAT),
                code(word for word in Capability if spec.known.get(word) is False),
                spec.source,
                spec.as_of,
                "; ".join(spec.unconfirmed),
            )
            for spec in specs
        ),
    )


TABLES: dict[str, Callable[[], str]] = {"providers": providers, "rows": rows}


def written(page: str) -> str:
    """The page with its tables made anew."""
    for name, make in TABLES.items():
        begin, end = f"<!-- {name}: scripts/provider_tables.py -->\n", f"<!-- end of {name} -->\n"
        before, _, rest = page.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise SystemExit(f"{PAGE} has no place for the table {name}.")
        page = f"{before}{begin}\n{make()}\n{end}{after}"
    return page


def main() -> int:
    page = PAGE.read_text(encoding="utf-8")
    made = written(page)
    if "--check" in sys.argv[1:]:
        return int(made != page)
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
