"""A measured figure and its limit, as one line of a report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the report."""

    name: str
    value: float
    limit: float
    unit: str
    note: str

    @property
    def ok(self) -> bool:
        return round(self.value, 2) <= self.limit

    def __str__(self) -> str:
        verdict = "ok" if self.ok else "MISSED"
        return f"{self.name:<46} {self.value:7.2f}{self.unit:<3} limit {self.limit:5.2f}  {verdict:<6}  {self.note}"
