"""How an account is shown: initials on a coloured ground, name, title, local time."""

from dataclasses import dataclass

from sandbox.model import Person

TONES = 10


@dataclass(frozen=True)
class Face:
    """An account as the page shows it beside a message or in the switcher."""

    id: str
    name: str
    title: str
    is_app: bool = False
    local_time: str = ""
    unread: int = 0
    href: str = ""

    @property
    def initials(self) -> str:
        """One or two letters that stand for the name."""
        words = [word for word in self.name.split() if word[0].isalnum()] or ["?"]
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()

    @property
    def first_name(self) -> str:
        """The name as one would call out."""
        return self.name.split(" ")[0]

    @property
    def tone(self) -> str:
        """The colour class of the avatar, the same for an account each time."""
        return "app" if self.is_app else f"tone-{sum(map(ord, self.id)) % TONES}"


def face_of(person: Person | None, account: str) -> Face:
    """Give the face of an account, of one that is not there any more too."""
    if person is None:
        return Face(account, account, "")
    return Face(account, person.real_name, person.title, is_app=person.is_bot)
