"""Use cases: what Trellis does; it knows no Slack, clock, environment or chance."""
