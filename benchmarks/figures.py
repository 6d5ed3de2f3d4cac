"""A figure: what was measured, what it was compared with, and the bar it has to reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table; `is_met` is None where nothing but the number was asked for."""

    what: str
    value: str
    against: str = ""
    bar: str = ""
    is_met: bool | None = None


def table(figures: Sequence[Figure]) -> str:
    """Write the figures as a Markdown table that reads as plain text too."""
    heads = ("figure", "measured", "compared with", "bar", "")
    rows = [heads, *map(_cells, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in padded]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _cells(figure: Figure) -> tuple[str, str, str, str, str]:
    verdict = {None: "", True: "met", False: "MISSED"}[figure.is_met]
    return figure.what, figure.value, figure.against, figure.bar, verdict
