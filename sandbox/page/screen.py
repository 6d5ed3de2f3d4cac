"""Everything that one rendering of the page shows, put together from the workspace."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.block_kit.elements_in import interactive_elements
from sandbox.identity import BOT_USER, TEAM_NAME
from sandbox.manifest import Command, Shortcut
from sandbox.model import Conversation, Json, StateValues, View
from sandbox.page.dates import clock_time
from sandbox.page.faces import Face, face_of
from sandbox.page.messages import Day, Where, by_day
from sandbox.page.reader import Reader
from sandbox.page.sidebar import Line, sections
from sandbox.page.tour import Tour, tour_for
from sandbox.world import World

RECENT = 100
"""How many messages of a conversation are shown at first."""
HOME = "home"
"""What stands in an address in place of a conversation for the app's Home."""


@dataclass(frozen=True)
class Visit:
    """Who looks at what, and what is particular about this one rendering."""

    me: str
    place: str
    draft: str = ""
    notice: str = ""
    form_notice: str = ""
    values: StateValues | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    tour_is_hidden: bool = False
    shows_earlier: bool = False

    @property
    def path(self) -> str:
        """The address of the place."""
        return f"/as/{self.me}/{self.place}"


@dataclass(frozen=True)
class ClockFace:
    """The clock bar; `earliest` is the first moment that one can move to, as a form field writes it."""

    now: datetime
    zone_name: str
    earliest: str
    moving_to: datetime | None
    next_at: datetime | None


@dataclass(frozen=True)
class Form:
    """A modal or Home with what its fields hold."""

    id: str
    hash: str
    blocks: list[Json]
    at: Where
    title: str = ""
    submit: str = ""
    close: str = "Close"
    depth: int = 1
    takes_files: bool = False
    notice: str = ""


@dataclass(frozen=True)
class Tab:
    """One side of the app's conversation: its messages, or its Home."""

    name: str
    href: str
    is_here: bool


@dataclass(frozen=True)
class Screen:
    """The whole page, ready for its templates."""

    path: str
    title: str
    about: str
    workspace: str
    app_name: str
    revision: int
    reader: Reader
    me: Face
    people: list[Face]
    sections: list[tuple[str, list[Line]]]
    tabs: list[Tab]
    is_home: bool
    home: Form | None
    view: Form | None
    days: list[Day]
    earlier: int
    clock: ClockFace
    undisturbed_until: datetime | None
    tour: Tour
    commands: tuple[Command, ...]
    message_shortcuts: list[Shortcut]
    global_shortcuts: list[Shortcut]
    choices: Mapping[str, list[tuple[str, str]]]
    draft: str
    notice: str

    @property
    def people_with_news(self) -> list[Face]:
        """The others who have something unread."""
        return [person for person in self.people if person.unread and person.id != self.me.id]

    @property
    def unread_elsewhere(self) -> int:
        """How many unread messages the other places of this person hold."""
        return sum(line.unread for _, lines in self.sections for line in lines if not line.is_here)


def reader_of(world: World, me: str) -> Reader:
    """Say for whom the page is rendered."""
    person = world.player(me)
    return Reader(
        id=me,
        now=world.clock.now(),
        zone=ZoneInfo(person.tz),
        people={account.id: account.real_name for account in world.people.values()},
        channels={each.id: each.name for each in world.conversations_of(me) if not each.is_direct},
    )


def screen_of(world: World, visit: Visit) -> Screen:
    """Put together what a person sees at a place."""
    reader = reader_of(world, visit.me)
    is_home = visit.place == HOME
    here = world.app_dm(visit.me) if is_home else world.conversations.find(visit.place)
    messages = [] if is_home else world.messages_for(visit.me, here.id)
    recent = messages if visit.shows_earlier else messages[-RECENT:]
    people = _people(world, reader)
    manifest = world.manifest
    return Screen(
        path=visit.path,
        title=world.title_of(here, visit.me),
        about=_about(world, here, visit.me),
        workspace=TEAM_NAME,
        app_name=manifest.name,
        revision=world.changes.revision,
        reader=reader,
        me=next(face for face in people if face.id == visit.me),
        people=people,
        sections=sections(world, visit.me, here),
        tabs=_tabs(world, here, visit.me, is_home=is_home),
        is_home=is_home,
        home=_home(world, visit.me) if is_home else None,
        view=_top_view(world, visit),
        days=by_day(recent, world.people, world.clock, reader),
        earlier=len(messages) - len(recent),
        clock=_clock(world, reader),
        undisturbed_until=_undisturbed_until(world, reader),
        tour=tour_for(world, visit.me, visit.place, is_hidden=visit.tour_is_hidden),
        commands=manifest.commands or (),
        message_shortcuts=[each for each in manifest.shortcuts if each.type == "message"],
        global_shortcuts=[each for each in manifest.shortcuts if each.type == "global"],
        choices=_choices(world, visit.me),
        draft=visit.draft,
        notice=visit.notice,
    )


def _people(world: World, reader: Reader) -> list[Face]:
    faces = []
    for person in world.players():
        local = clock_time(reader.now.astimezone(ZoneInfo(person.tz)))
        unread = world.unread_in_all(person.id)
        face = face_of(person, person.id)
        faces.append(replace(face, local_time=local, unread=unread, href=f"/as/{person.id}"))
    return faces


def _about(world: World, here: Conversation, me: str) -> str:
    if not here.is_direct:
        members = sum(member in world.people for member in here.members)
        return " · ".join(filter(None, (f"{members} members", here.topic or here.purpose)))
    if BOT_USER in here.members:
        return world.manifest.description
    others = [world.people[other] for other in here.others(me) if other in world.people]
    return others[0].title if len(others) == 1 else f"{len(here.members)} people"


def _tabs(world: World, here: Conversation, me: str, *, is_home: bool) -> list[Tab]:
    if here.kind != "im" or BOT_USER not in here.members or not world.manifest.has_home:
        return []
    return [
        Tab("Home", f"/as/{me}/{HOME}", is_home),
        Tab("Messages", f"/as/{me}/{here.id}", not is_home),
    ]


def _home(world: World, me: str) -> Form | None:
    view = world.home_of(me)
    return _form(view, Where(f"h-{view.id}", view.values or None, heading=2)) if view else None


def _top_view(world: World, visit: Visit) -> Form | None:
    stack = world.views_of(visit.me)
    if not stack:
        return None
    view = stack[-1]
    values = view.values or None if visit.values is None else visit.values
    form = _form(view, Where(f"v-{view.id}", values, visit.errors, heading=3))
    return replace(form, depth=len(stack), notice=visit.form_notice)


def _form(view: View, where: Where) -> Form:
    content = view.content
    return Form(
        id=view.id,
        hash=view.hash,
        blocks=view.blocks,
        at=where,
        title=view.title,
        takes_files=any(
            placed.element["type"] == "file_input" for placed in interactive_elements(view.blocks)
        ),
        submit=_words(content.get("submit")) or ("Submit" if _has_input(view) else ""),
        close=_words(content.get("close")) or "Close",
    )


def _has_input(view: View) -> bool:
    return any(block["type"] == "input" for block in view.blocks)


def _words(text: Json | None) -> str:
    return str(text["text"]) if text else ""


def _clock(world: World, reader: Reader) -> ClockFace:
    local = reader.local(reader.now)
    zone = reader.zone.key.rpartition("/")[2].replace("_", " ")
    return ClockFace(
        now=local,
        zone_name=f"{zone} time",
        earliest=f"{local + timedelta(minutes=1):%Y-%m-%dT%H:%M}",
        moving_to=world.clock.moving_to,
        next_at=world.mover.next_at,
    )


def _undisturbed_until(world: World, reader: Reader) -> datetime | None:
    me = world.person(reader.id)
    if not me.is_undisturbed(reader.now):
        return None
    return reader.local(datetime.fromtimestamp(me.dnd_end_ts, reader.zone))


def _choices(world: World, me: str) -> dict[str, list[tuple[str, str]]]:
    accounts = [each for each in world.people.values() if not each.deleted]
    mine = world.conversations_of(me)
    return {
        "users": sorted(((each.id, each.real_name) for each in accounts), key=lambda choice: choice[1]),
        "conversations": [(each.id, world.title_of(each, me)) for each in mine],
        "channels": [(each.id, f"#{each.name}") for each in mine if each.kind == "public"],
    }
