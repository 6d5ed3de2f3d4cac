"""One's own profile: seen and changed by oneself, empty where one left it empty, and said where it comes from."""

from __future__ import annotations

from datetime import date

import pytest

from bot import profiles
from bot.attributes import FIELDS, Attributes, Value
from bot.permissions import Actor
from bot.runtime.config import PROFILE_FIELDS
from handlers import profile_fields, wiring
from models.profiles import CSV, SELF, SLACK
from sandbox.seen import View
from tests.handlers import forging
from tests.handlers.one_on_ones_stage import home_of
from tests.handlers.rosters_stage import known
from tests.people import AMY, BEN, RAY
from tests.trellis import Trellis, settings_for


def open_form(trellis: Trellis) -> View:
    view = trellis.slack.command(AMY, "/growth profile").view
    assert view is not None
    return view


def sources(trellis: Trellis) -> dict[str, str]:
    with trellis.sessions.read() as session:
        return dict(profiles.own(session, Actor(trellis.workspace, AMY)).sources)


def test_who_reads_what_one_says_stands_above_it(trellis: Trellis) -> None:
    said = open_form(trellis).words

    assert (
        "Your buddies and the programme's owner read what of it fits, also a skill you want to learn" in said
    )


def test_a_person_says_all_of_it_themselves(trellis: Trellis) -> None:
    open_form(trellis)

    result = trellis.slack.submit(
        AMY,
        {
            "Department": " Platform  team ",
            "Manager": BEN,
            "Location": "<!channel>",
            "Start date": "2021-03-31",
            "Skills I can offer": "SQL, sql\nRust; Go",
            "Skills I want to learn": "Talks",
            "Languages": "en|de",
        },
    )

    assert result.view is not None
    assert "What you set yourself stays" in result.view.words
    assert known(trellis, AMY) == Attributes(
        department="Platform team",
        manager=BEN,
        location="<!channel>",
        starts_on=date(2021, 3, 31),
        skills_offered=("SQL", "Rust", "Go"),
        skills_wanted=("Talks",),
        languages=("en", "de"),
    )


def test_what_is_left_as_it_was_stays_whoevers_it_was(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/growth")
    said: dict[str, Value] = {"department": "Platform", "location": "Berlin", "languages": ("en", "de")}
    with trellis.sessions.begin() as session:
        profiles.take_over(session, trellis.workspace, {AMY: said}, source=CSV)
    form = open_form(trellis)
    assert "From a roster that an admin brought in." in form.words

    trellis.slack.submit(AMY, {"Location": "", "Department": "Platform"})

    assert sources(trellis) == {"department": CSV, "location": SELF, "languages": CSV}
    with trellis.sessions.begin() as session:
        profiles.take_over(session, trellis.workspace, {AMY: {"location": "Paris"}}, source=CSV)
    assert known(trellis, AMY).location is None


def test_home_leads_to_it(trellis: Trellis) -> None:
    answer = trellis.slack.press(AMY, home_of(trellis, AMY), "Your profile")

    assert answer.view is not None
    assert answer.view.title == "Your profile"


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        ({"Manager": AMY}, "Manager", "your own manager"),
        ({"Manager": "UCALBOT1"}, "Manager", "is an app"),
        ({"Manager": "UNOBODY99"}, "Manager", "cannot find that person"),
        ({"Start date": "0202-03-31"}, "Start date", "Check the year"),
        ({"Languages": "x" * 61}, "Languages", "60 fit"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    trellis: Trellis, given: dict[str, object], field: str, says: str
) -> None:
    open_form(trellis)

    result = trellis.slack.submit(AMY, given)

    assert says in result.errors[field]
    assert known(trellis, AMY) == Attributes()


def test_what_no_client_would_send_is_refused(trellis: Trellis) -> None:
    form = open_form(trellis)
    states = {"department": {"department": {"type": "plain_text_input", "value": "x" * 81}}}

    answer = forging.submission(trellis, AMY, form, states, private_metadata="forged")

    assert "80 fit" in answer["errors"]["department"]
    assert known(trellis, AMY) == Attributes()


# Fields of Slack's own profiles


MAPPED = {
    "department": "Department",
    "manager": "Xf00MANA01",
    "starts_on": "start date",
    "location": "Nowhere",
}


def look(trellis: Trellis, mapped: dict[str, str] = MAPPED, *, limit: int = 99) -> int:
    client = wiring.slack_client(settings_for(f"{trellis.slack.base_url}/api/"))
    where = trellis.sessions, trellis.clock, trellis.workspace
    return profile_fields.look(client, *where, mapped, limit=limit)


def test_mapped_fields_are_taken_over_and_go_when_they_are_emptied(trellis: Trellis) -> None:
    for who in (AMY, RAY):
        trellis.slack.command(who, "/growth")
    fields = {"Xf00DEPT01": "Platform", "Xf00MANA01": f"{BEN},{RAY}", "Xf00STAR01": "2021-03-31"}
    trellis.slack.change_person(AMY, fields=fields)
    trellis.slack.change_person(RAY, fields={"Xf00MANA01": RAY, "Xf00STAR01": "soon"})

    assert look(trellis) == 2

    assert known(trellis, AMY) == Attributes("Platform", BEN, starts_on=date(2021, 3, 31))
    assert known(trellis, RAY) == Attributes()
    assert sources(trellis) == dict.fromkeys(("department", "manager", "starts_on"), SLACK)

    trellis.slack.change_person(AMY, fields={})
    look(trellis)
    assert known(trellis, AMY) == Attributes()


def test_people_are_looked_at_in_turns(trellis: Trellis) -> None:
    for who in (AMY, RAY):
        trellis.slack.command(who, "/growth")
    trellis.slack.clear_calls()

    for _ in range(3):
        look(trellis, {"department": "Xf00DEPT01"}, limit=1)

    asked = [call["arguments"]["user"] for call in trellis.slack.calls("users.profile.get")]
    assert sorted(asked[:2]) == sorted((AMY, RAY))
    assert asked[2] == asked[0]
    assert trellis.slack.calls("team.profile.get") == []


@pytest.mark.parametrize("method", ["team.profile.get", "users.profile.get"])
def test_without_the_right_to_read_profiles_nothing_is_known_of_them(trellis: Trellis, method: str) -> None:
    trellis.slack.command(AMY, "/growth")
    trellis.slack.change_person(AMY, fields={"Xf00DEPT01": "Platform"})
    trellis.slack.fault(method, "error", error="missing_scope")

    assert look(trellis) == 0
    assert known(trellis, AMY) == Attributes()
    assert look(trellis) == 1


def test_they_are_read_once_a_day_where_an_operator_mapped_them(trellis: Trellis) -> None:
    trellis.slack.change_person(AMY, fields={"Xf00DEPT01": "Platform"})
    client = wiring.slack_client(settings_for(f"{trellis.slack.base_url}/api/"))

    wiring.work(client, trellis.clock).daily(trellis.sessions, trellis.clock)
    assert trellis.slack.calls("users.profile.get") == []
    wiring.work(client, trellis.clock, mapped={"department": "department"}).daily(
        trellis.sessions, trellis.clock
    )

    assert known(trellis, AMY).department == "Platform"
    asked = {call["arguments"]["user"] for call in trellis.slack.calls("users.profile.get")}
    assert RAY in asked
    assert not asked & {"UCALBOT1", "UOLD0001", "USLACKBOT"}


def test_settings_map_the_fields_there_are() -> None:
    assert PROFILE_FIELDS == FIELDS
