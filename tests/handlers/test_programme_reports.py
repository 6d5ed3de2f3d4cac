"""An owner sees in Slack how their programme goes, takes files along, and has a round computed again."""

from __future__ import annotations

import csv
import io

from bot import profiles
from handlers import programme_reports
from handlers.views import programme_reports as views
from models.profiles import CSV
from models.programmes import Programme
from sandbox.seen import Message, View
from tests.handlers import forging
from tests.handlers.buddies_stage import ENGINEERING, GROWTH
from tests.handlers.one_on_ones_stage import pressed
from tests.handlers.rounds_stage import HEADS_UP, START, pairings, round_of, taking_part
from tests.people import AMY, BEN, JONAS, KAI, MIA, PRIYA, RAY, ZOE
from tests.trellis import Trellis

PNG = b"\x89PNG\r\n"
OWNER, NIA, TOM = AMY, "UNIA0001", "UTOM0001"
FOUR = (AMY, BEN, RAY, NIA)
NEWCOMERS = (JONAS, TOM)
EVERYBODY = (AMY, BEN, RAY, NIA, MIA, ZOE, PRIYA, KAI, JONAS, TOM)


def begin(trellis: Trellis) -> None:
    """Let the first round be announced and matched; nothing is sent of it, which others try."""
    for moment in (HEADS_UP, START):
        trellis.clock.move(moment)
        trellis.chores(trellis.sessions, moment)


def held(trellis: Trellis) -> Programme:
    """Hold the first round of a programme of Amy's, in which her pair met."""
    programme = taking_part(trellis, FOUR)
    begin(trellis)
    trellis.slack.command(OWNER, "/buddy met")
    return programme


def page_of(trellis: Trellis, who: str = OWNER) -> View:
    """Open the owner's page of their programme."""
    return pressed(
        trellis, who, trellis.slack.command(who, "/buddy").message, "buddies.menu", "The programme…"
    )


def settled(trellis: Trellis, words: str, who: str = OWNER) -> View:
    """Wait until the dialog says this."""

    def shown() -> View | None:
        view = trellis.slack.view(who)
        return view if view is not None and words in view.words else None

    view = trellis.slack.eventually(shown)
    assert view is not None
    return view


def goes(trellis: Trellis) -> View:
    """Open the overview."""
    trellis.slack.press(OWNER, page_of(trellis), "How it goes")
    return settled(trellis, "take part")


def files_of(trellis: Trellis, count: int, who: str = OWNER) -> Message:
    """Wait for the message with so many files."""
    found = trellis.slack.eventually(
        lambda: next((each for each in trellis.slack.dms(who) if len(each.files) == count), None)
    )
    assert found is not None
    return found


def test_the_owner_looks_at_the_programme_at_a_round_and_computes_it_again(trellis: Trellis) -> None:
    programme = held(trellis)

    overview = goes(trellis)
    assert "4 people take part" in overview.words
    assert "4 people were in it. How many met, I tell of 5 people or more." in overview.words
    trellis.slack.press(OWNER, overview, "Who takes part")
    listed = settled(trellis, "4 people take part.\n•")
    assert all(f"• <@{who}>" in listed.words for who in FOUR)
    trellis.slack.press(OWNER, listed, "All rounds")
    overview = settled(trellis, "How many met")
    trellis.slack.press(OWNER, overview, "Look closer")
    report = settled(trellis, "Groups")
    for standing in pairings(trellis, programme):
        one, other = standing.people
        assert f"• <@{one}> and <@{other}>\n" in f"{report.words}\n"
    trellis.slack.press(OWNER, report, "Compute it again")
    again = settled(trellis, "It comes out the same")
    trellis.slack.press(OWNER, again, "All rounds")
    settled(trellis, "4 people take part")


def test_the_figures_leave_as_files_that_open_everywhere(trellis: Trellis) -> None:
    held(trellis)

    trellis.slack.press(OWNER, goes(trellis), "Export (CSV)")

    settled(trellis, "Four files are in your messages with me")
    message = files_of(trellis, 4)
    assert [file["name"] for file in message.files] == [
        "rounds.csv",
        "people.csv",
        "ties.csv",
        "participants.csv",
    ]
    rounds, people = (trellis.slack.file(message, index) for index in (0, 1))
    assert rounds.startswith("\ufeff".encode())
    (row,) = csv.DictReader(io.StringIO(rounds.decode("utf-8-sig")))
    assert (row["round"], row["state"], row["in_it"], row["met_percent"]) == ("1", "under way", "4", "")
    rows = list(csv.DictReader(io.StringIO(people.decode("utf-8-sig"))))
    assert len(rows) == 4
    assert list(rows[0]) == ["round", "day", "group", "name", "left_over_because"]


def drawable(trellis: Trellis) -> Programme:
    """Hold a round across two departments of five people, in which all who are near met."""
    for who in NEWCOMERS:
        trellis.slack.bring_in(GROWTH, who)
    known = {who: {"department": "営業部" if nth % 2 else "R&D"} for nth, who in enumerate(EVERYBODY)}
    programme = taking_part(trellis, EVERYBODY, shared_minutes=0, mixing="across")
    with trellis.sessions.begin() as session:
        profiles.take_over(session, trellis.workspace, known, source=CSV)
    begin(trellis)
    trellis.slack.command(OWNER, "/buddy met")
    return programme


def test_the_picture_comes_with_its_description(trellis: Trellis) -> None:
    drawable(trellis)
    overview = goes(trellis)
    assert "20% met so far: 2 of 10 in a group" in overview.words

    trellis.slack.press(OWNER, overview, "Draw the departments")

    settled(trellis, "The picture is in your messages with me")
    message = files_of(trellis, 1)
    assert trellis.slack.file(message).startswith(PNG)
    assert message.files[0]["alt_txt"] == (
        "A table of departments: how often people of two of them met. "
        "1 of 1 pair has met, none before round 1. "
        "R&D and 営業部 1 time, first in round 1."
    )
    # What the picture's letters cannot write is said beside it.
    assert message.text == f"Which departments have met through <#{GROWTH}>. Department 2 is 営業部."


def test_files_slack_does_not_take_are_apologised_for(trellis: Trellis) -> None:
    held(trellis)
    overview = goes(trellis)
    trellis.slack.fault("files.getUploadURLExternal", "error", error="internal_error")

    trellis.slack.press(OWNER, overview, "Export (CSV)")

    settled(trellis, "Slack did not take that")


def test_nobody_else_sees_it_whatever_a_button_carries(trellis: Trellis) -> None:
    programme = held(trellis)
    round_id = round_of(trellis, programme).id
    taking_part(trellis, [BEN], channel=ENGINEERING)
    page = page_of(trellis, BEN)
    clicks = [
        (action, programme.id) for action in (views.OPEN, views.PARTICIPANTS, views.PICTURE, views.EXPORT)
    ]
    clicks += [(action, round_id) for action in (views.LOOK, views.REPLAY)]

    for action_id, number in [*clicks, (views.OPEN, "1:x"), (views.LOOK, "-1")]:
        forged = forging.button(page, "How it goes", str(number), action_id=action_id)  # type: ignore[arg-type]
        shown = pressed(trellis, BEN, forged, "How it goes")
        assert "Only the owner of a buddy programme" in shown.words or "another time" in shown.words
        trellis.slack.close_view(BEN, shown)
    assert [each for each in trellis.slack.dms(BEN) if each.files] == []


def test_a_second_replay_at_once_is_asked_to_wait(trellis: Trellis) -> None:
    held(trellis)
    trellis.slack.press(OWNER, goes(trellis), "Look closer")
    report = settled(trellis, "Groups")

    with programme_reports.by_itself():
        trellis.slack.press(OWNER, report, "Compute it again")
        settled(trellis, "Try again in a minute")

    trellis.slack.press(OWNER, report, "Compute it again")
    settled(trellis, "It comes out the same")


def test_of_few_people_nothing_is_drawn_and_whoever_closes_the_dialog_hears_no_more(trellis: Trellis) -> None:
    held(trellis)
    trellis.slack.press(OWNER, goes(trellis), "Draw the departments")
    why = settled(trellis, "nothing to tell apart yet")
    trellis.slack.fault("views.update", "error", error="not_found")

    trellis.slack.press(OWNER, why, "All rounds", patience=0.2)

    assert [view.words for view in trellis.slack.views(OWNER)] == [why.words]
