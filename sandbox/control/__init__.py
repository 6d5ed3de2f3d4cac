"""The control API: acting as people, looking over their shoulders, and steering the workspace."""
