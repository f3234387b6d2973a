"""`rehab-review bench`: speed and memory, measured against a peer in the same run."""

import typer

bench_app = typer.Typer(
    no_args_is_help=True, help="Measure speed and memory against a peer in the same run."
)
