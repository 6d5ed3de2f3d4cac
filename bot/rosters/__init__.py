"""Rosters: reading and checking a file that says of many people what matching uses; pure, without Slack or a store."""

from __future__ import annotations

from bot.rosters.checking import Entry, Roster, check
from bot.rosters.people import Account, Directory
from bot.rosters.sheets import Problem, Sheet, read

__all__ = ["Account", "Directory", "Entry", "Problem", "Roster", "Sheet", "check", "read"]
