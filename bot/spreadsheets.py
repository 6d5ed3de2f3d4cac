"""Tables of texts that people wrote, as files that a spreadsheet opens without taking any of them for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a spreadsheet take a cell for a formula, the wide signs of East Asian keyboards included."""


def table(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Write a CSV file with the names of its columns."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(columns)
    for row in rows:
        writer.writerow(defused(cell) for cell in row)
    return file.getvalue()


def defused(value: object) -> object:
    """Keep a spreadsheet from running what somebody wrote: a quote before it makes it text."""
    if not isinstance(value, str):
        return value
    return f"'{value}" if value.lstrip(" \n").startswith(_FORMULA) or value.startswith(_FORMULA) else value
