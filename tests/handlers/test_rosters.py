"""Bringing in a roster: admins alone, shown before anything is changed, applied once, and every word of it escaped."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date

import pytest

from bot import roster_imports
from bot.attributes import FIELDS, NOTHING_KNOWN, Attributes
from bot.permissions import Actor
from bot.rosters import Entry, Problem, Roster, Sheet
from bot.rosters.columns import Columns
from handlers import uploads, wiring
from handlers.views import elements
from handlers.views import rosters as views
from sandbox.block_kit.surfaces import check_view
from sandbox.seen import View
from tests.handlers import forging
from tests.handlers.rosters_stage import FILE, known, settled, uploaded
from tests.people import AMY, BEN, JONAS, MIA, MINUTE, RAY, ZOE
from tests.trellis import Trellis, settings_for

ROSTER = (
    "Email;Reports to;Team;Office;Hire date;Skills;Wants to learn;Languages;Salary\n"
    "amy@sandbox.example;@ben;Platform;New York;2021-03-31;SQL|Öffentlich reden;Rust;en|fr;1\n"
    f"{RAY};amy@sandbox.example;Platform;Zürich;03/04/2021;;;;2\n"
    "@mia;-;Design;;;;;;3\n"
    "nobody@sandbox.example;;<!channel>;;;;;;4\n"
)


def test_a_roster_is_shown_and_then_applied(trellis: Trellis) -> None:
    preview = uploaded(trellis, BEN, ROSTER.encode("cp1252"))

    assert "*roster.csv* says something of 3 people." in preview.words
    assert "• Department: 3 people" in preview.words
    assert "• Manager: 3 people" in preview.words
    assert "• Languages: 1 person" in preview.words
    assert "I read it as Windows-1252, for example: Öffentlich reden" in preview.words.replace("SQL|", "")
    assert "Columns that I leave out: Salary." in preview.words
    assert "2 things are wrong" in preview.words
    assert "*Line 3*, Hire date, “03/04/2021”" in preview.words
    assert "*Line 5*, “nobody@sandbox.example”" in preview.words
    assert preview.submit == "Apply"
    assert known(trellis, AMY) == NOTHING_KNOWN

    trellis.slack.submit(BEN)

    assert "Done: what the roster says of 3 people holds now." in settled(trellis, BEN).words
    assert known(trellis, AMY) == Attributes(
        department="Platform",
        manager=BEN,
        location="New York",
        starts_on=date(2021, 3, 31),
        skills_offered=("SQL", "Öffentlich reden"),
        skills_wanted=("Rust",),
        languages=("en", "fr"),
    )
    assert known(trellis, RAY) == Attributes(department="Platform", manager=AMY, location="Zürich")
    assert known(trellis, MIA) == Attributes(department="Design")


def test_all_that_is_wrong_comes_as_a_file_that_runs_nothing(trellis: Trellis) -> None:
    lines = "".join(f"=cmd{number}@evil.example,A\n" for number in range(12))

    preview = uploaded(trellis, BEN, f"email,<!channel>,team\n{lines.replace(',', ',x,')}")

    assert "12 things are wrong" in preview.words
    assert preview.words.count("*Line ") == 10
    assert preview.submit is None
    assert "<!channel>" not in preview.words
    message = trellis.slack.eventually(lambda: [each for each in trellis.slack.dms(BEN) if each.files])[-1]
    rows = trellis.slack.file(message).decode().splitlines()
    assert rows[0] == "line,column,found,what to do"
    assert rows[1].startswith("2,,'=cmd0@evil.example,\"I know nobody here")
    assert len(rows) == 13


def test_what_is_in_cells_pings_nobody(trellis: Trellis) -> None:
    content = "email,start date,team,*odd*\namy@sandbox.example,<!channel> <@UBEN0001>,<!here>,\n"

    preview = uploaded(trellis, BEN, content, name="<!everyone>.csv")

    assert "&lt;!channel&gt; &lt;@UBEN0001&gt;" in preview.words
    assert "&lt;!everyone&gt;.csv" in preview.words
    assert not any(ping in preview.words for ping in ("<!channel", "<!here", "<!everyone", "<@UBEN0001>"))


def test_who_is_no_admin_brings_in_nothing(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, "/growth import")

    assert "for workspace admins" in answer.text
    assert answer.view is None


def open_profile(trellis: Trellis, who: str, said: dict[str, object]) -> None:
    """Say something of oneself."""
    assert trellis.slack.command(who, "/growth profile").view
    trellis.slack.submit(who, said)


@pytest.fixture
def preview(trellis: Trellis) -> View:
    """Put a roster with one line before Ben."""
    return uploaded(trellis, BEN, "email,team\namy@sandbox.example,Platform\n")


def test_a_preview_is_applied_by_admins_alone_and_by_one_of_them(trellis: Trellis, preview: View) -> None:
    trellis.slack.command(AMY, "/growth")
    refused = forging.submission(trellis, AMY, preview, {})
    assert "for workspace admins" in str(refused)
    assert known(trellis, AMY) == NOTHING_KNOWN

    hers = uploaded(trellis, ZOE, "email,team\namy@sandbox.example,Hers\n")
    client = wiring.slack_client(settings_for(f"{trellis.slack.base_url}/api/"))
    shown = elements.modal(
        views.PREVIEW, "Hers", hers.blocks, submit="Apply", carries=preview.private_metadata
    )
    client.views_update(view_id=hers.id, view=shown)
    trellis.slack.submit(ZOE)
    assert "Done" in settled(trellis, ZOE).words
    assert known(trellis, AMY).department == "Platform"

    late = trellis.slack.submit(BEN).view
    assert late is not None
    assert "has applied that roster already" in late.words


@pytest.mark.parametrize("carried", ["999", "-1", "1; DROP TABLE profile", ""])
def test_a_number_that_is_none_of_ours_applies_nothing(trellis: Trellis, preview: View, carried: str) -> None:
    refused = forging.submission(trellis, BEN, preview, {}, private_metadata=carried)

    assert any(words in str(refused) for words in ("no longer there", "from another time"))
    assert known(trellis, AMY) == NOTHING_KNOWN


def test_a_form_sent_twice_by_a_bad_line_takes_effect_once(trellis: Trellis, preview: View) -> None:
    trellis.slack.submit(BEN)
    settled(trellis, BEN)
    open_profile(trellis, AMY, {"Department": "Since then"})

    trellis.slack.resubmit()

    assert known(trellis, AMY).department == "Since then"
    again = forging.submission(trellis, BEN, replace(preview, hash="another"), {})
    assert "has applied that roster already" in str(again)


def test_a_cancelled_roster_is_forgotten(trellis: Trellis, preview: View) -> None:
    trellis.slack.close_view(BEN)

    refused = forging.submission(trellis, BEN, preview, {})
    assert "no longer there" in str(refused)
    assert known(trellis, AMY) == NOTHING_KNOWN


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04", "Save it as"),
        (b"team\nA\n", "a column that says whom each line is about"),
        (b'email,team\namy@sandbox.example,"A\n', "In line 2 a quotation mark has no fellow"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_with_what_to_do(
    trellis: Trellis, content: bytes, says: str
) -> None:
    assert says in uploaded(trellis, BEN, content).words


def test_nobody_has_a_file_read_that_somebody_else_uploaded(trellis: Trellis) -> None:
    uploaded(trellis, ZOE, "email,team\namy@sandbox.example,Secret\n", name="hers.csv")
    hers = trellis.slack.calls("files.info")[-1]["arguments"]["file"]
    client = wiring.slack_client(settings_for(f"{trellis.slack.base_url}/api/"))

    assert uploads.fetch(client, hers, uploader=ZOE, most=1000).name == "hers.csv"
    with pytest.raises(uploads.FileNotYours):
        uploads.fetch(client, hers, uploader=BEN, most=1000)
    with pytest.raises(uploads.FileTooLarge):
        uploads.fetch(client, hers, uploader=ZOE, most=10)
    with pytest.raises(uploads.FileUnreachable):
        uploads.fetch(client, "F999", uploader=BEN, most=1000)


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/x", "http://files.slack.com/x", "https://evilslack.com/x", "file:///etc/passwd"],
)
def test_our_token_goes_to_slack_alone(address: str) -> None:
    client = wiring.slack_client(settings_for("https://slack.com/api/"))

    assert not uploads._is_slacks(client, address)
    assert uploads._is_slacks(client, "https://files.slack.com/files-pri/T1-F1/roster.csv")


@pytest.mark.parametrize(
    "values", [{}, {"rosters.file": {"rosters.file": {"type": "file_input", "files": ["F1"]}}}]
)
def test_a_form_without_a_file_asks_for_one(trellis: Trellis, values: dict[str, object]) -> None:
    form = trellis.slack.command(BEN, "/growth import").view
    assert form is not None

    assert forging.submission(trellis, BEN, form, values)["errors"] == {
        "rosters.file": "Choose one CSV file."
    }


@pytest.mark.parametrize(
    ("method", "says"),
    [("files.info", "Slack did not give me that file"), ("users.list", "Slack did not tell me who is here")],
)
def test_slack_being_away_is_said_and_nothing_is_kept(trellis: Trellis, method: str, says: str) -> None:
    trellis.slack.fault(method, "status", status=503)

    assert says in uploaded(trellis, BEN, "email,team\namy@sandbox.example,A\n").words


def test_what_people_set_themselves_stays(trellis: Trellis) -> None:
    open_profile(trellis, JONAS, {"Department": "My own"})

    uploaded(trellis, BEN, "email,team,office\njonas@sandbox.example,Theirs,Berlin\n")
    trellis.slack.submit(BEN)
    settled(trellis, BEN)

    assert known(trellis, JONAS) == Attributes(department="My own", location="Berlin")


def test_the_form_says_what_a_file_looks_like(trellis: Trellis) -> None:
    form = trellis.slack.command(BEN, "/growth import").view

    assert form is not None
    assert form.fields == [FILE]
    assert "`start date`" in form.words


def test_a_roster_that_was_interrupted_goes_on_when_an_admin_comes_back(
    trellis: Trellis, preview: View
) -> None:
    at, actor = trellis.clock.machine_now(), Actor(trellis.workspace, BEN)
    with trellis.sessions.begin() as session:
        roster_imports.begin(session, actor, int(preview.private_metadata), at=at - 2 * MINUTE)

    form = trellis.slack.command(BEN, "/growth import").view

    assert form is not None
    assert "A roster that was interrupted is being applied" in form.words
    trellis.slack.eventually(lambda: known(trellis, AMY).department == "Platform")


def test_nothing_of_a_roster_reaches_the_log(trellis: Trellis, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        uploaded(trellis, BEN, "email,team\namy@sandbox.example,Secret team\nlost@x.example,Secret team\n")
        trellis.slack.submit(BEN)
        settled(trellis, BEN)

    kept = [str(vars(record)) for record in caplog.records if record.name.startswith(("handlers", "bot"))]
    assert any("roster_applied" in each for each in kept)
    assert not any(
        word in each for each in kept for word in ("Secret", "@sandbox", "@x.example", "roster.csv")
    )


def test_a_preview_fits_into_a_dialog_whatever_is_in_the_file() -> None:
    names = [f"&<!channel> {number} " * 20 for number in range(200)]
    problems = tuple(Problem(line, "<" * 500, "&" * 500, "<!here> " * 500) for line in range(2, 500))
    columns = Columns((), (0,), {}, tuple(names))
    sheet = Sheet((), problems, columns, "Windows-1252", ("<é>" * 500,))
    entries = tuple(Entry(line, AMY, dict.fromkeys(FIELDS)) for line in range(2))

    view = views.preview(10**17, "<!channel>" * 50, sheet, Roster(entries, problems), has_file=True)

    assert check_view(view) is None
    assert "<!" not in str(view["blocks"])
