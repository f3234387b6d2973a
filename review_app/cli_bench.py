"""`rehab-review bench`: speed and memory, measured against a peer in the same run."""

import json
from typing import Annotated

import typer

from review_app.terminal import console, plain_errors

bench_app = typer.Typer(
    no_args_is_help=True, help="Measure speed and memory against a peer in the same run."
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@bench_app.command()
def evaluate(as_json: AsJson = False) -> None:
    """Evaluation of 100,000 predictions against a row-by-row one with pandas."""
    from review_app.bench import evaluate as benchmark

    with plain_errors():
        figures = benchmark.run()
    if as_json:
        typer.echo(json.dumps(figures, indent=2))
    else:
        console.print(benchmark.report(figures), highlight=False)
