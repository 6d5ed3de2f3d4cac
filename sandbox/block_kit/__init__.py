"""Block Kit: what may be posted and shown, and what its form elements hold."""
