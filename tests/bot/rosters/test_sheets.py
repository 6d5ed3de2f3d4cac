"""What a roster's file may look like, and what is said of one that cannot be read."""

from __future__ import annotations

import codecs
from datetime import date

import pytest

from bot import rosters
from bot.errors import Refusal
from bot.rosters import days, files
from bot.rosters.columns import ColumnTwice, NoPersonColumn, NothingKnown, meaning
from bot.rosters.sheets import NothingBelow

PLAIN = "email,Department,Location\namy@x.org,Platform,Zürich\nzoë@x.org,People & Culture,“Home”\n"

ENCODED = {
    "UTF-8": PLAIN.encode(),
    "UTF-8 with a mark": codecs.BOM_UTF8 + PLAIN.encode(),
    "UTF-16": PLAIN.encode("utf-16"),
    "UTF-16 without a mark": PLAIN.encode("utf-16-le"),
    "UTF-16, the other way round": PLAIN.encode("utf-16-be"),
    "Windows-1252": PLAIN.encode("cp1252"),
    "Windows-1252 with CRLF": PLAIN.replace("\n", "\r\n").encode("cp1252"),
    "old Mac line ends": PLAIN.replace("\n", "\r").encode(),
}


@pytest.mark.parametrize("name", ENCODED)
def test_a_file_says_the_same_in_every_encoding(name: str) -> None:
    sheet = rosters.read(ENCODED[name])

    assert [(line.number, line.person) for line in sheet.lines] == [(2, "amy@x.org"), (3, "zoë@x.org")]
    assert sheet.lines[0].values == {"department": "Platform", "location": "Zürich"}
    assert sheet.lines[1].values["location"] == "“Home”"
    assert sheet.encoding == name.split()[0].strip(",") or name.startswith("old")
    assert "Zürich" in sheet.examples


def test_what_windows_gives_no_meaning_to_is_read_all_the_same() -> None:
    sheet = rosters.read(b"email,team\namy@x.org,Caf\xe9\x81\n")

    assert sheet.lines[0].values == {"department": "Café"}


@pytest.mark.parametrize(
    "text",
    [
        'email,skills\namy@x.org,"SQL; Rust|Go"\n',
        "E-Mail;Skills offered\namy@x.org;SQL|Rust|Go\n",
        "Slack ID\tCan teach\namy@x.org\tSQL; Rust; Go\n",
        "sep=;\nEMAIL;skills_offered\namy@x.org; SQL | Rust |Go|sql\n",
        '\n\n"email","Expertise"\n"amy@x.org","SQL, Rust,Go"\n',
        'name,notes,skills,e mail\nAmy,"a, b\nc",SQL|Rust|Go,amy@x.org\n',
    ],
)
def test_separators_quotation_marks_and_names_of_columns_may_differ(text: str) -> None:
    sheet = rosters.read(text.encode())

    assert [line.person for line in sheet.lines] == ["amy@x.org"]
    assert sheet.lines[0].values == {"skills_offered": ("SQL", "Rust", "Go")}
    assert sheet.problems == ()


def test_what_is_not_known_is_left_out_and_named() -> None:
    sheet = rosters.read(b"email,Salary,team\namy@x.org,90000,Platform\n")

    assert sheet.columns.ignored == ("Salary",)
    assert sheet.lines[0].values == {"department": "Platform"}


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Reports To", "manager"),
        ("HIRE_DATE", "starts_on"),
        ("Office ", "location"),
        ("Wants to learn", "skills_wanted"),
        ("Languages", "languages"),
        ("skills_offered", "skills_offered"),
        ("Full name", None),
        ("", None),
    ],
)
def test_columns_go_by_many_names(name: str, field: str | None) -> None:
    assert meaning(name) == field


def test_an_empty_cell_says_nothing_and_a_dash_that_there_is_nothing() -> None:
    content = "email,team,skills,manager\namy@x.org,,,\nben@x.org,-,–,—\n".encode()

    amy, ben = rosters.read(content).lines

    assert amy.values == {}
    assert ben.values == {"department": None, "skills_offered": (), "manager": None}


def test_people_may_be_named_in_one_of_several_columns() -> None:
    sheet = rosters.read(b"slack id,email,team\nUAMY0001,,A\n,ben@x.org,B\n,,C\n")

    assert [line.person for line in sheet.lines] == ["UAMY0001", "ben@x.org"]
    assert [(each.line, each.column) for each in sheet.problems] == [(4, None)]
    assert "whom it is about" in sheet.problems[0].says


def test_what_is_wrong_is_said_with_its_line_and_column_and_the_rest_counts() -> None:
    content = (
        "email,Start date,Team,Skills\n"
        "amy@x.org,03/04/2021,Platform,\n"
        f"ben@x.org,soon,{'x' * 81},{'|'.join(map(str, range(31)))}\n"
        "cat@x.org,2021-04-03,A,b,c\n"
    )

    sheet = rosters.read(content.encode())

    assert [(each.line, each.column) for each in sheet.problems] == [
        *((2, "Start date"), (3, "Start date"), (3, "Team"), (3, "Skills"), (4, None))
    ]
    assert sheet.problems[0].says == (
        'By "03/04/2021" one may mean 2021-04-03 or 2021-03-04. Write it like 2021-04-03.'
    )
    assert sheet.lines[0].values == {"department": "Platform"}
    assert sheet.lines[1].values == {}
    assert len(sheet.lines) == 2


def test_signs_that_cannot_be_seen_do_not_get_in() -> None:
    content = "email,team\namy@x.org,\u202ePlat\u200bform\x1b[31m\u00a0 <!channel>\n".encode()

    assert rosters.read(content).lines[0].values == {"department": "Plat form [31m <!channel>"}


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", files.EmptyFile),
        (codecs.BOM_UTF8 + b" \n\n", files.EmptyFile),
        (b"PK\x03\x04 an Excel workbook", files.Workbook),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", files.NotText),
        (b"x" * (10 * 1024 * 1024 + 1), files.FileTooLarge),
        (b'email,team\namy@x.org,"Platform\nben@x.org,A\n', files.BrokenQuotes),
        (b'email,team\namy@x.org,"Plat"form\n', files.BrokenQuotes),
        (b"email,team\n" + b"a,b\n" * 100_001, files.TooManyLines),
        (b"Team,Office\nA,B\n", NoPersonColumn),
        (b"amy@x.org;Platform\n", NoPersonColumn),
        (b"email,salary\na@x.org,1\n", NothingKnown),
        (b"email,team,dept\na@x.org,A,B\n", ColumnTwice),
        (b"email,team\n\n", NothingBelow),
    ],
)
def test_a_file_that_is_none_is_refused_with_what_to_do(content: bytes, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as raised:
        rosters.read(content)

    assert str(raised.value)
    assert "{" not in str(raised.value)


def test_a_broken_quotation_mark_is_found_in_its_line() -> None:
    with pytest.raises(files.BrokenQuotes, match="In line 3 "):
        rosters.read(b'email,team\nben@x.org,A\namy@x.org,"Platform\ncat@x.org,A\n')


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2021-03-31", date(2021, 3, 31)),
        ("2021/3/1", date(2021, 3, 1)),
        ("20210331", date(2021, 3, 31)),
        ("2021-03-31T00:00:00Z", date(2021, 3, 31)),
        ("2021-03-31 00:00:00.000", date(2021, 3, 31)),
        ("1.3.2021", date(2021, 3, 1)),
        ("01. 03. 2021", date(2021, 3, 1)),
        ("31/03/2021", date(2021, 3, 31)),
        ("03/31/2021", date(2021, 3, 31)),
        ("5/5/2021", date(2021, 5, 5)),
        ("31 March 2021", date(2021, 3, 31)),
        ("1st Mar, 2021", date(2021, 3, 1)),
        ("31-Mar-2021", date(2021, 3, 31)),
        ("Sept 3, 2021", date(2021, 9, 3)),
    ],
)
def test_a_day_that_can_be_meant_in_one_way_only_is_understood(text: str, day: date) -> None:
    assert days.read_day(text) == day


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("03/04/2021", days.AmbiguousDay),
        ("3-4-2021", days.AmbiguousDay),
        ("31.03.21", days.NotADay),
        ("2021-02-30", days.NotADay),
        ("March 2021", days.NotADay),
        ("44286", days.NotADay),
        ("1 Nonsense 2021", days.NotADay),
        ("0202-03-31", days.UnlikelyDay),
        ("3021-03-31", days.UnlikelyDay),
    ],
)
def test_a_day_that_two_people_would_read_differently_is_refused(text: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        days.read_day(text)
