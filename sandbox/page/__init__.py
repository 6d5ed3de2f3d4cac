"""The page of the sandbox workspace: what a person sees and presses in the browser."""

from sandbox.page.routes import routes

__all__ = ["routes"]
