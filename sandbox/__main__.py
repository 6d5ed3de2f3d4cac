"""The command that starts a sandbox: `python -m sandbox --port 3900 --manifest manifest.json`."""

import argparse
import asyncio
import contextlib
import socket
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from sandbox.errors import NotPossible
from sandbox.manifest import PERMISSIVE, read_manifest
from sandbox.model import TourStep
from sandbox.page import routes as page_routes
from sandbox.server import HOST, SandboxServer, listen
from sandbox.world import World


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sandbox until it is told to stop; return the exit code."""
    options = _parser().parse_args(arguments)
    if options.host != HOST:
        sys.stderr.write(f"The sandbox listens on {HOST} only.\n")
        return 2
    try:
        world = _world(options)
        bound = listen(options.port)
    except (NotPossible, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    world.base_url = f"http://{HOST}:{bound.getsockname()[1]}"
    server = SandboxServer(world, page_routes, state_file=options.state)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(server, world, bound))
    return 0


async def _serve(server: SandboxServer, world: World, bound: socket.socket) -> None:
    sys.stdout.write(f"{world.base_url}\n")
    sys.stdout.flush()
    await server.serve(sockets=[bound])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A Slack workspace on this machine."
    )
    parser.add_argument("--host", default=HOST, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=3900, help="port on 127.0.0.1 (default 3900; 0: any)")
    parser.add_argument(
        "--manifest", type=Path, help="manifest of the installed app (default: everything allowed)"
    )
    parser.add_argument("--state", type=Path, help="JSON file that keeps the workspace between starts")
    parser.add_argument("--event-url", help="where the app takes commands and events over HTTP")
    parser.add_argument("--tour", type=Path, help="TOML file of [[steps]] shown to a newcomer")
    parser.add_argument("--no-rates", action="store_true", help="do not enforce rate limits")
    return parser


def _world(options: argparse.Namespace) -> World:
    manifest = read_manifest(options.manifest) if options.manifest else PERMISSIVE
    return World(
        manifest,
        event_url=options.event_url,
        rates=not options.no_rates,
        tour=_tour(options.tour),
    )


def _tour(path: Path | None) -> list[TourStep]:
    if path is None:
        return []
    return [TourStep(**step) for step in tomllib.loads(path.read_text(encoding="utf-8"))["steps"]]


if __name__ == "__main__":
    sys.exit(main())
