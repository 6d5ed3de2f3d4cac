"""A Slack workspace on this machine: to try an app without an account, and to test against."""
