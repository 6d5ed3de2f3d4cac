"""Doors: a Slack payload or a tick of the clock comes in, one use case runs, blocks go out."""
