"""Adapters to the world: clock, settings, database, scheduler, Slack and the web server."""
