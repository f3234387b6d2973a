"""`python -m review_app.cli`: the same as `rehab-review`."""

from review_app.cli import app

app()
