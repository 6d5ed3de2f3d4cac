"""Whom a roster means: the accounts of a workspace, found by e-mail, Slack id or name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.errors import Refusal

_ID: Final = re.compile(r"[UW][A-Z0-9]{2,31}")
_MENTION: Final = re.compile(r"<@([UW][A-Z0-9]{2,31})(?:\|[^>]*)?>")


class UnknownPerson(Refusal):
    """I know nobody here by that. Write the e-mail address they have in Slack, or their Slack id."""


class SeveralPeople(Refusal):
    """Several people here go by that name. Write the e-mail address of the one you mean, or their Slack id."""


class PersonLeft(Refusal):
    """That account is no longer active here. Leave it out, or name somebody else."""


class NoPerson(Refusal):
    """That is an app, not a person. Name a person."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as Slack tells of it; the e-mail address serves to find it, and is not kept."""

    id: str
    email: str
    names: tuple[str, ...]
    """The handle and the name shown."""
    is_person: bool
    is_deactivated: bool


class Directory:
    """Everybody who has an account, to be found by whatever a file calls them."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        """Look through the accounts once."""
        self._by_id: dict[str, Account] = {}
        self._by_email: dict[str, list[Account]] = defaultdict(list)
        self._by_name: dict[str, list[Account]] = defaultdict(list)
        for account in accounts:
            self._by_id[account.id] = account
            if account.email:
                self._by_email[account.email.casefold()].append(account)
            for name in {name.casefold() for name in account.names if name}:
                self._by_name[name].append(account)

    def find(self, text: str) -> str:
        """Give the id of the person meant; raises UnknownPerson, SeveralPeople, PersonLeft and NoPerson."""
        found = self._named(text)
        present = [account for account in found if not account.is_deactivated]
        if not found:
            raise UnknownPerson
        if not present:
            raise PersonLeft
        if len(present) > 1:
            raise SeveralPeople
        if not present[0].is_person:
            raise NoPerson
        return present[0].id

    def name_of(self, user_id: str) -> str:
        """Say what a person is called, where a mention cannot be shown."""
        account = self._by_id.get(user_id)
        return next((name for name in account.names[::-1] if name), user_id) if account else user_id

    def _named(self, text: str) -> list[Account]:
        mentioned = _MENTION.fullmatch(text)
        user_id = mentioned[1] if mentioned else text
        if _ID.fullmatch(user_id) and user_id in self._by_id:
            return [self._by_id[user_id]]
        key = text.casefold().removeprefix("mailto:")
        return self._by_email.get(key) or self._by_name.get(key.removeprefix("@")) or []
