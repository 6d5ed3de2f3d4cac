"""The way from the workspace to the app: Socket Mode or signed HTTP, events with their retries."""
