"""Numbers between bounds, as expressions of GBNF."""

from __future__ import annotations

MOST = 10**16 - 1
"""The largest number where no bound says so: llama.cpp's own grammars end at 16 digits."""


def integers(least: int | None, most: int | None) -> str | None:
    """Whole numbers from `least` to `most`, both included; None where there is none."""
    low, high = -MOST if least is None else least, MOST if most is None else most
    ways: list[str] = []
    if low < 0:
        ways += [f'"-" {each}' for each in naturals(max(1, -high), -low)]
    ways += naturals(max(low, 0), high)
    return " | ".join(ways) or None


def numbers(least: int | None, most: int | None, *, above: bool, below: bool) -> str | None:
    """Decimal numbers from `least` to `most`; `above` and `below` leave the bound itself out. None: there is none."""
    low, high = -MOST if least is None else least, MOST if most is None else most
    ways: list[str] = []
    if low < 0:
        nearest = max(0, -high)
        ways += [f'"-" {each}' for each in _decimals(nearest, -low, below and high <= 0, above)]
    if high >= 0:
        ways += _decimals(max(low, 0), high, above and low >= 0, below)
    return " | ".join(ways) or None


def _decimals(low: int, high: int, above: bool, below: bool) -> list[str]:
    if low > high:
        return []
    ways = [] if below or (above and low == high) else [f'"{high}" ("." "0"{{1,15}})?']
    if low < high:
        if above:
            ways.append(f'"{low}" "." "0"{{0,14}} [1-9] [0-9]{{0,14}}')
        ways += [f'{each} ("." [0-9]{{1,15}})?' for each in naturals(low + above, high - 1)]
    return ways


def naturals(low: int, high: int) -> list[str]:
    """Numbers without a sign, in groups of the same length."""
    found: list[str] = []
    for size in range(len(str(low)), len(str(high)) + 1) if low <= high else ():
        begin = max(low, 10 ** (size - 1) if size > 1 else 0)
        found.append(_between(str(begin), str(min(high, 10**size - 1))))
    return found


def _between(low: str, high: str) -> str:
    """The numbers from `low` to `high`, which have as many digits."""
    if low == high:
        return f'"{low}"' if low else '""'
    rest = len(low) - 1
    if low[0] == high[0]:
        return f'"{low[0]}" {_between(low[1:], high[1:])}'
    first, last = int(low[0]), int(high[0])
    ways: list[str] = []
    if low[1:] != "0" * rest:
        ways.append(f'"{low[0]}" {_between(low[1:], "9" * rest)}')
        first += 1
    if high[1:] != "9" * rest:
        ways.append(f'"{high[0]}" {_between("0" * rest, high[1:])}')
        last -= 1
    if first <= last:
        ways.append(f"[{first}-{last}]" + (f" [0-9]{{{rest}}}" if rest else ""))
    return f"({' | '.join(ways)})"
