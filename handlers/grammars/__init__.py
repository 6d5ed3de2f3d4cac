"""Command texts: one small pure grammar per command, text to a frozen value."""
