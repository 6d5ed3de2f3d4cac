"""A process that takes a message and then holds it, before or after posting it, until it is killed."""

from __future__ import annotations

import sys
import threading

from bot.runtime.database import Sessions, connect
from bot.runtime.slack import Outcome, Outgoing, post
from tests.runtime.stage import Office, client_of


def main(address: str, api_url: str, moment: str) -> None:
    """Claim what is ready and never come back."""

    def send(message: Outgoing) -> Outcome:
        if moment == "after":
            post(client_of(api_url), message)
        sys.stdout.write("holding\n")
        sys.stdout.flush()
        threading.Event().wait()
        raise AssertionError

    Office(Sessions(connect(address)), api_url).loop(send=send).turn()


if __name__ == "__main__":
    main(*sys.argv[1:])
