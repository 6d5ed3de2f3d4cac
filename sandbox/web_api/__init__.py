"""Slack's Web API: the methods an app calls, with Slack's errors."""
