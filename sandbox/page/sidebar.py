"""The list of places in the sidebar: channels, direct messages, the app."""

from dataclasses import dataclass

from sandbox.identity import BOT_USER
from sandbox.model import Conversation
from sandbox.page.faces import face_of
from sandbox.world import World


@dataclass(frozen=True)
class Line:
    """One place that one can go to, with a sign before its name."""

    name: str
    sign: str
    tone: str
    href: str
    unread: int
    is_here: bool


def sections(world: World, me: str, here: Conversation) -> list[tuple[str, list[Line]]]:
    """Give the places of a person under their headings."""
    app = world.app_dm(me)
    mine = [each for each in world.conversations_of(me) if each.id != app.id]
    return [
        ("Apps", [_line(world, app, me, here)]),
        ("Channels", [_line(world, each, me, here) for each in mine if not each.is_direct]),
        ("Direct messages", [_line(world, each, me, here) for each in mine if each.is_direct]),
    ]


def _line(world: World, place: Conversation, me: str, here: Conversation) -> Line:
    sign, tone = _sign(world, place, me)
    return Line(
        name=world.title_of(place, me).removeprefix("#"),
        sign=sign,
        tone=tone,
        href=f"/as/{me}/{place.id}",
        unread=world.unread(me, place.id),
        is_here=place.id == here.id,
    )


def _sign(world: World, place: Conversation, me: str) -> tuple[str, str]:
    if not place.is_direct:
        return ("#" if place.kind == "public" else "🔒"), ""
    others = place.others(me)
    if BOT_USER in others and len(others) == 1:
        return world.title_of(place, me)[:1].upper(), "avatar app"
    if len(others) > 1:
        return str(len(place.members)), "avatar group"
    face = face_of(world.people.get(others[0]), others[0]) if others else face_of(world.people[me], me)
    return face.initials, f"avatar {face.tone}"
