"""The command line, `rehab-review`: one module for each group of commands."""

from review_app.cli.commands import app

__all__ = ["app"]
