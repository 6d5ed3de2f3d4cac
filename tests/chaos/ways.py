"""The ways in which what the workers need is taken away: each a pair of deeds, one to take and one to give back."""

from __future__ import annotations

Way = tuple[str, str]

OCCUPY = ("occupy", "leave")
"""Somebody else holds the lock of those who write, or every connection of the server."""
SHUT = ("shut", "open")
"""The database lets nobody in and has thrown out who was there."""
CRASH = ("crash", "recover")
"""One of the server's processes is killed: it throws everybody out and recovers from its log by itself."""
RESTART = ("stop the server", "start the server")
"""The server ends at once as when its power is cut, and is started again."""
FILL = ("fill the disk", "clear the disk")
"""No byte more on the disk of the logs and of a store that is a file."""
CAP = ("cap files", "uncap files")
"""No byte more in any file of the workers', as under a quota."""
FILL_LOG = ("fill the log", "clear the log")
"""No room for the log alone."""
TAKE_POOL = ("take the pool", "give the pool")
"""All connections of the workers' own pools are taken."""
ADVANCE = ("put machines an hour ahead", "put machines right")
RETARD = ("put machines an hour back", "put machines right")
"""The machines of the workers are in the wrong hour; Slack is not, nor is a database that is a server."""

OF_WORKERS: tuple[Way, ...] = (FILL, CAP, FILL_LOG, TAKE_POOL)
"""What workers on any store suffer."""
GIVING_BACK = frozenset(give for _, give in (OCCUPY, SHUT, CRASH, RESTART, *OF_WORKERS, ADVANCE, RETARD))
