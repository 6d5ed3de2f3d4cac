"""What an owner is shown at its largest and with the worst names, and the files and the picture of it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from PIL import Image

from bot.matching.results import NobodyFree, Repeat
from bot.programme_reports import (
    GROUPS_A_PAGE,
    PEOPLE_A_PAGE,
    Exported,
    Figures,
    Line,
    Overview,
    Participants,
    RoundReport,
)
from bot.programme_tallies import SILENT, Unmet
from bot.ties import MOST, Meeting, Ties, ties
from handlers import tie_picture
from handlers.views import programme_report_files as files
from handlers.views import programme_reports as views
from handlers.views import programme_ties
from models.rounds import NOT_YET, SWAP
from sandbox.block_kit.surfaces import check_view

TUESDAY = date(2026, 11, 24)
ROUND = Figures(7, 7, TUESDAY, placed=26, met=14, left_over=2, is_over=True, is_called_off=False)
SIZES = {"R&D": 9, "Sales": 6, "Legal": 5, "$x^2$ <Lab>": 5}
FEW = ties(
    [Meeting(6, "R&D", "Sales", 12), Meeting(7, "Legal", "$x^2$ <Lab>")],
    SIZES,
)
NAMES = [f"Department of things that have a long name, number {nth}" for nth in range(40)]
MANY = ties(
    [Meeting(nth % 8, NAMES[nth % 40], NAMES[nth * 7 % 40], nth) for nth in range(1, 2000)],
    dict.fromkeys(NAMES, 250),
)
OVERVIEW = Overview(3, "CROOM", 28, (ROUND,), 0, 1, placed=26, met=14, latest=7, ties=FEW)


def texts(view: dict[str, object]) -> str:
    return str([block.get("text", "") for block in view["blocks"]])  # type: ignore[attr-defined]


def test_the_overview_says_how_it_goes_and_what_is_new() -> None:
    said = texts(views.overview(OVERVIEW))

    assert "28 people take part. Over all rounds that are over, 54% of those in a group met." in said
    assert (
        "2 of 6 pairs have met, 1 before round 7. For the first time in round 7: $x^2$ &lt;Lab&gt; and Legal."
        in said
    )
    assert "Round 7, Tue 24 Nov 2026" in said
    assert "28 people were in it; 2 people were left over. 54% met: 14 of 26 in a group." in said


def test_of_a_few_people_it_is_not_told_how_many_met() -> None:
    few = replace(ROUND, placed=4, met=None, left_over=0)

    said = texts(views.overview(replace(OVERVIEW, rounds=(few,), placed=0, met=0)))
    written = files.files(Exported("CROOM", (few,), [], FEW, ()))["rounds.csv"].decode("utf-8-sig")

    assert "4 people were in it. How many met, I tell of 5 people or more." in said
    assert "How many met, I add up once a round of 5 people or more is over." in said
    assert "%" not in said
    assert written.splitlines()[1:] == ["7,2026-11-24,over,4,4,,,0"]


def test_a_round_called_off_has_nothing_to_look_at() -> None:
    off = replace(ROUND, placed=0, met=0, is_called_off=True, is_over=False)

    view = views.overview(replace(OVERVIEW, rounds=(off,), placed=0, met=0))

    assert "Called off" in texts(view)
    assert "accessory" not in view["blocks"][-1]


def test_the_largest_page_of_a_round_is_what_slack_takes() -> None:
    crowd = [f"U{nth:011}" for nth in range(4 * GROUPS_A_PAGE)]
    report = RoundReport(
        3,
        "CROOM",
        ROUND,
        (Unmet((NOT_YET,), 9), Unmet((SWAP, SILENT), 5)),
        tuple(tuple(crowd[at : at + 4]) for at in range(0, len(crowd), 4)),
        skipped=GROUPS_A_PAGE,
        count=5000,
        left_over=tuple((who, NobodyFree()) for who in crowd[:40]),
        relaxations=tuple(Repeat(one, other, 6) for one, other in zip(crowd[:40], crowd[40:80], strict=True)),
        relaxed=900,
        ties=MANY,
    )

    view = views.round_report(report)

    assert check_view(view) is None
    assert "Groups, 101 to 200 of 5000" in texts(view)
    assert "… and 860 more." in texts(view)
    assert "Of the others 9 said not yet, 5 wanted another buddy or said nothing." in texts(view)
    assert (
        check_view(views.overview(replace(OVERVIEW, ties=MANY, rounds=(ROUND,) * 12, skipped=12, count=60)))
        is None
    )


def test_a_page_of_those_who_take_part_is_what_slack_takes_and_says_which_they_are() -> None:
    crowd = tuple(f"U{nth:011}" for nth in range(PEOPLE_A_PAGE))

    view = views.participants(Participants(3, "CROOM", crowd, skipped=PEOPLE_A_PAGE, count=10_000))

    assert check_view(view) is None
    assert "10000 people take part, 201 to 400." in texts(view)
    assert "Earlier names" in str(view)
    assert "Later names" in str(view)


@pytest.mark.parametrize("shown", [FEW, MANY])
def test_a_description_says_what_the_picture_does_within_slacks_limit(shown: Ties) -> None:
    words = programme_ties.described(shown, 7)

    assert len(words) <= 1000
    assert words.startswith("A table of departments: how often people of two of them met.")
    assert shown is MANY or "Legal and Sales not yet." in words
    assert shown is FEW or "more pairs; ties.csv has all." in words


@pytest.mark.parametrize("shown", [FEW, MANY])
def test_a_picture_is_as_large_for_many_departments_as_for_few_and_has_paper_of_its_own(shown: Ties) -> None:
    picture = Image.open(io.BytesIO(tie_picture.drawn(shown, 7)))

    assert picture.size == (1000, 640)
    assert picture.convert("RGBA").getpixel((2, 2)) == (255, 255, 255, 255)
    assert len(shown.departments) <= MOST
    assert tie_picture.keys(shown) == {}


def test_names_are_no_formulas_in_the_files() -> None:
    people = [Line(7, TUESDAY, 1, "=HYPERLINK(1)"), Line(7, TUESDAY, None, "Zoë", NobodyFree())]
    dangerous = ties([Meeting(7, "+Sales", "@Legal")], {"+Sales": 5, "@Legal": 5})

    written = files.files(Exported("CROOM", (ROUND,), people, dangerous, ("+Zoë",)))

    table = {name: content.decode("utf-8-sig").splitlines() for name, content in written.items()}
    assert table["people.csv"][1:] == [
        "7,2026-11-24,1,'=HYPERLINK(1),",
        "7,2026-11-24,,Zoë,nobody was free for them",
    ]
    assert table["ties.csv"][1:] == ["'+Sales,'@Legal,1,7"]
    assert table["participants.csv"] == ["name", "'+Zoë"]
    assert table["rounds.csv"][1:] == ["7,2026-11-24,over,28,26,14,54,2"]
