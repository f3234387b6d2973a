"""`rehab-review report`: what the work on recordings has cost."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from review_app.settings import load_settings
from review_app.terminal import console, plain_errors, printable, table

report_app = typer.Typer(no_args_is_help=True, help="Reports about the work on recordings.")

NOTHING_YET = (
    "No work is recorded yet. Label on the review page, which counts active seconds and actions "
    "by itself; then ask again."
)


@report_app.callback()
def _group() -> None:
    """Keeps `effort` a command of its own while it is the only one."""


@report_app.command()
def effort(
    project: Annotated[str | None, typer.Option(help="Only this project.")] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", help="Also write all numbers to this file.", dir_okay=False),
    ] = None,
) -> None:
    """Active seconds and actions per repetition, with proposals and without."""
    from db.engine import create_engine, reading
    from review_app.data_folder import prepare_data_folder
    from review_app.effort import as_dict, report, sentences
    from review_app.json_text import json_text

    with plain_errors():
        settings = load_settings()
        prepare_data_folder(settings)
        engine = create_engine(settings.labels_url)
        with reading(engine) as db:
            found = report(db, project)
        engine.dispose()
    if json_file is not None:
        json_file.write_text(json_text(as_dict(found)) + "\n")
    if not found.recordings:
        console.print(NOTHING_YET, highlight=False)
        return
    shown = table(
        "recording", "proposals", "sittings", "active", "actions", "repetitions", "s/rep", "act/rep"
    )
    rows = [(each.video, each.proposals, each.effort) for each in found.recordings]
    rows += [("all", mode, total) for mode, total in found.totals.items()]
    for name, mode, cost in rows:
        shown.add_row(
            Text(printable(name)),  # a recording may be called anything
            mode,
            str(cost.sittings),
            f"{cost.active_s:.0f} s",
            str(cost.actions),
            str(cost.repetitions),
            _number(cost.seconds_each),
            _number(cost.actions_each),
        )
    console.print(shown)
    for sentence in sentences(found):
        console.print(sentence, highlight=False)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
