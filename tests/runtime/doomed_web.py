"""The web server, which carries out what Slack delivers once, and then holds its answer until it is killed."""

from __future__ import annotations

import runpy
import sys
import threading

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from bot.runtime.config import ROOT

HOLDING = "holding\n"
RECEIPT = "INSERT INTO receipt"
"""What is written in the transaction of an effect that is to come once."""


def main() -> None:
    """Run the program as an operator does, but for the moment after a receipt was committed."""
    here = threading.local()

    def note(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        here.is_taken = getattr(here, "is_taken", False) or statement.startswith(RECEIPT)

    def hold(_session: Session) -> None:
        if getattr(here, "is_taken", False):
            sys.stdout.write(HOLDING)
            sys.stdout.flush()
            threading.Event().wait()

    event.listen(Engine, "before_cursor_execute", note)
    event.listen(Session, "after_commit", hold)
    sys.argv = ["app.py", "web"]
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")


if __name__ == "__main__":
    main()
