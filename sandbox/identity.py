"""Who is who: the ids and secrets of the workspace and of the one app installed in it."""

TEAM_ID = "TSANDBOX"
TEAM_NAME = "Sandbox"
TEAM_DOMAIN = "sandbox"

APP_ID = "ASANDBOX1"
BOT_USER = "UAPPBOT01"
BOT_ID = "BAPPBOT01"
SLACKBOT = "USLACKBOT"

# Nothing of value hides behind these: the server listens on the loopback address only.
BOT_TOKEN = "xoxb-sandbox"  # noqa: S105
APP_TOKEN = "xapp-sandbox"  # noqa: S105
SIGNING_SECRET = "sandbox-signing-secret"  # noqa: S105
VERIFICATION_TOKEN = "sandbox-verification-token"  # noqa: S105

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})
