"""The ceiling of the delivery figures: threads that post with the SDK and do nothing else.

`python -m benchmarks.bare_sender SLACK FIRST LAST` joins a crew and posts the messages with these numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial

from benchmarks.gate import await_end, await_go
from benchmarks.posting import client_of, post
from bot.runtime.delivery import SENDERS


def main(arguments: Sequence[str]) -> None:
    """Post them all, as fast as answers come."""
    api_url, first, last = arguments[0], int(arguments[1]), int(arguments[2])
    client = cache(partial(client_of, api_url))
    await_go()
    with ThreadPoolExecutor(SENDERS) as pool:
        for number in range(first, last):
            pool.submit(post, client("TBARE"), f"U{number:06d}", str(number))
    await_end()


if __name__ == "__main__":
    main(sys.argv[1:])
