"""The headers of an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence


class Headers(Mapping[str, str]):
    """Headers by their names in lower case. Those of one name are one line (RFC 9110, 5.3).

    They are decoded when the first of them is asked for: most calls ask for none.
    """

    __slots__ = ("_lines", "_raw", "_table")

    def __init__(self, raw: Sequence[tuple[bytes, bytes]]) -> None:
        self._raw = raw
        self._lines = b""
        self._table: dict[str, str] | None = None

    @classmethod
    def of_lines(cls, lines: bytes) -> Headers:
        """From well-formed lines, each with its CR and LF."""
        headers = cls(())
        headers._lines = lines
        return headers

    def _decoded(self) -> dict[str, str]:
        if self._table is None:
            table: dict[str, str] = {}
            for raw_name, raw_value in self._raw or _pairs(self._lines):
                name, value = raw_name.lower().decode("latin-1"), raw_value.decode("latin-1")
                table[name] = f"{table[name]}, {value}" if name in table else value
            self._table = table
        return self._table

    def has(self, name: bytes) -> bool:
        """Whether there is a header of this name, in lower case; nothing is decoded for it."""
        if self._lines:
            return b"\n" + name + b":" in b"\n" + self._lines.lower()
        size = len(name)
        return name in [raw.lower() for raw, _ in self._raw if len(raw) == size]

    def __getitem__(self, name: str) -> str:
        return self._decoded()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._decoded())

    def __len__(self) -> int:
        return len(self._decoded())

    def __repr__(self) -> str:
        return repr(self._decoded())


def _pairs(lines: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in lines.split(b"\r\n")[:-1]:
        name, _, value = line.partition(b":")
        yield name, value.strip(b"\t ")
