"""The picture of ties between departments: a table of who met whom, drawn to be read on any background.

Numbers say it all: shade and frame only repeat them. matplotlib is loaded when the first picture is drawn, as that
takes seconds and most processes never draw one. It must not draw in two threads at once.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

from bot.ties import Tie, Ties
from handlers.views import elements
from handlers.views.programme_ties import how_many, name_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.ft2font import FT2Font
    from matplotlib.patches import Patch

INCHES: Final = (10.0, 6.4)
DOTS_PER_INCH: Final = 100
"""With the inches 1,000 by 640 pixels, whatever is drawn: 3 MB while drawing, 100 kB to send."""
FONT: Final = "DejaVu Sans"
"""It comes with matplotlib, so that a picture is the same on every machine."""
LABEL: Final = 26
PAPER, INK, FAINT = "#ffffff", "#1a1a1a", "#c0c0c0"
"""A picture is on paper of its own, so that it reads the same on a dark page."""
SHADES: Final = ("#ffffff", "#deebf7", "#9ecae1", "#4292c6", "#08519c")
"""From no meeting to the most: one hue from light to dark, told apart also by who sees no colours."""
DARK: Final = 4
"""From this shade on what is written is white."""
ROOM: Final = 0.62
"""Of the width, what the table takes; the last names stand to the right of it."""


def drawn(ties: Ties, latest: int) -> bytes:
    """Draw at least two departments and their ties as a PNG; those of the latest round have a frame."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=INCHES, dpi=DOTS_PER_INCH, facecolor=PAPER)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.02, 0.02, 0.96, 0.96))
    _frame(axes, len(ties.departments))
    _cells(axes, ties, latest)
    _names(axes, ties)
    _words(axes, ties, latest)
    file = io.BytesIO()
    figure.savefig(file, format="png", facecolor=PAPER)
    return file.getvalue()


def _frame(axes: Axes, count: int) -> None:
    """Let one unit be one department, and y count downwards."""
    size = max(count, 5) / ROOM
    axes.set_xlim(-0.1, size)
    axes.set_ylim(size * INCHES[1] / INCHES[0], -0.1)
    axes.set_axis_off()


def _cells(axes: Axes, ties: Ties, latest: int) -> None:
    places = {department: place for place, department in enumerate(ties.departments)}
    most = max((tie.meetings for tie in ties.ties), default=1)
    for column, row in combinations(range(len(places)), 2):
        axes.add_patch(_box(column, row, 0, facecolor=PAPER, edgecolor=FAINT, linewidth=0.5))
    for tie in ties.ties:
        column, row = places[tie.one], places[tie.other]
        shade, is_new = _shade(tie, most), tie.since == latest
        axes.add_patch(_box(column, row, 0.14 if is_new else 0.05, facecolor=SHADES[shade]))
        if is_new:
            axes.add_patch(_box(column, row, 0.05, fill=False, edgecolor=INK, linewidth=2.2))
        number = f"{tie.meetings}*" if is_new else f"{tie.meetings}"
        colour = PAPER if shade >= DARK else INK
        _write(axes, column + 0.5, row + 0.5, number, size=_size(ties), colour=colour, at="center")


def _box(column: int, row: int, inset: float, **how: Any) -> Patch:
    """Make a square inside a cell; a frame stands apart from the shade, to be seen beside a dark one."""
    from matplotlib.patches import Rectangle

    return Rectangle((column + inset, row + inset), 1 - 2 * inset, 1 - 2 * inset, **how)


def _shade(tie: Tie, most: int) -> int:
    """Choose one of the shades for departments that met: each step to the most is so many times as often."""
    share = math.log(tie.meetings) / math.log(most) if most > 1 else 0.0
    return 1 + round(share * (len(SHADES) - 2))


def _size(ties: Ties) -> float:
    """Choose the size of letters, in points, so that three digits fit into a cell and a name into its row."""
    return max(7.5, min(14.0, 150 / max(len(ties.departments), 5)))


def _names(axes: Axes, ties: Ties) -> None:
    """Write each name once, where its row ends and its column begins."""
    font = _font()
    for place, department in enumerate(ties.departments):
        name = _readable(name_of(department), place, font)
        _write(axes, place + 0.12, place + 0.5, name, size=_size(ties), is_bold=True)


def _readable(name: str, place: int, font: FT2Font) -> str:
    """Give a name that the font can write, else its place in the table, which is explained beside the picture."""
    if any(not font.get_char_index(ord(sign)) for sign in name):
        return f"Department {place + 1}"
    return elements.clip(name, LABEL)


def keys(ties: Ties) -> dict[str, str]:
    """Say what stands in the picture for names that its font cannot write."""
    font = _font()
    named = ((_readable(name_of(each), place, font), each) for place, each in enumerate(ties.departments))
    return {label: each for label, each in named if each and label != elements.clip(name_of(each), LABEL)}


def _font() -> FT2Font:
    from matplotlib.font_manager import findfont, get_font

    return get_font(findfont(FONT))


def _words(axes: Axes, ties: Ties, latest: int) -> None:
    right, line = axes.get_xlim()[1] - 0.1, axes.get_ylim()[0] / 17
    for nth, (text, is_bold) in enumerate(_legend(ties, latest)):
        _write(
            axes, right, line * (0.7 + nth), text, size=15 if nth == 0 else 11, at="right", is_bold=is_bold
        )


def _legend(ties: Ties, latest: int) -> Iterator[tuple[str, bool]]:
    yield "Which departments have met", True
    yield how_many(ties, latest), False
    yield "A number: how often two people of them met; empty: not yet", False
    yield f"Framed, with *: for the first time in round {latest}", False


def _write(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    *,
    size: float,
    colour: str = INK,
    at: str = "left",
    is_bold: bool = False,
) -> None:
    """Write a text as it is: a department's name is no formula."""
    axes.text(
        x,
        y,
        text,
        fontsize=size,
        color=colour,
        ha=at,
        va="center_baseline",
        parse_math=False,
        fontfamily=FONT,
        fontweight="bold" if is_bold else "normal",
    )
