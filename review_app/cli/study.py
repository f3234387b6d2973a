"""`rehab-review study`: the trainings and measurements behind docs/accuracy.md, piece by piece."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inference.study.studies import Study
from review_app.cli.training import Motions, Recordings
from review_app.json_text import json_text
from review_app.settings import load_settings
from review_app.terminal import Bars, errors, plain_errors

if TYPE_CHECKING:
    from inference.study.ledger import Ledger
    from inference.study.pieces import Piece
    from inference.study.report import Reporter


def study(
    name: Annotated[Study, typer.Argument(help="Which one.", show_default=False)],
    motions: Motions,
    recordings: Recordings,
    out: Annotated[
        Path, typer.Option(help="Folder for all pieces; studies share those they have in common.")
    ],
    only: Annotated[
        list[str] | None,
        typer.Option(help="Only this piece and what it needs, by the name that --list shows."),
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="Show the pieces and their state; make nothing.")
    ] = False,
    report: Annotated[
        bool, typer.Option("--report", help="Print the tables of what there is; make nothing.")
    ] = False,
) -> None:
    """Train and measure models on people they never saw; stopped, it goes on where it was.

    Several of these may run in one folder: each takes what no other is making. At the end the
    tables are printed, and kept in the folder as NAME.md and NAME.json.
    """
    with plain_errors():
        from inference.study.ledger import Ledger
        from inference.study.pieces import StudyError, with_needs
        from inference.study.studies import pieces_of
        from inference.study.workshop import Workshop
        from review_app.device import chosen_device
        from review_app.jobs.loaded_models import movenet

        if out.exists() and not out.is_dir():
            raise StudyError(f"{out} is a file; --out names a folder.")
        settings = load_settings()
        shop = Workshop(
            motions=motions,
            recordings=recordings,
            out=out,
            device=chosen_device(settings.device),
            stage_1=lambda: movenet(settings),
        )
        ledger = Ledger(shop)
        pieces = with_needs(pieces_of(name))
        if only:
            pieces = chosen(pieces, only)
        if listed:
            show(ledger, pieces)
            return
        if not report:
            make_all(ledger, pieces)
        print_report(ledger, name)


def chosen(pieces: "list[Piece]", names: list[str]) -> "list[Piece]":
    """Those of these names with all they need. Raises StudyError."""
    from inference.study.pieces import StudyError, with_needs

    by_name = {piece.name: piece for piece in pieces}
    for name in names:
        if name not in by_name:
            raise StudyError(f"This study has no piece {name!r}; --list shows their names.")
    return with_needs([by_name[name] for name in names])


def show(ledger: "Ledger", pieces: "list[Piece]") -> None:
    """One line a piece, never broken, so that names can be copied and searched."""
    rows = [("piece", "state", "minutes", "needs")]
    for piece in pieces:
        seconds = ledger.record(piece).get("seconds")
        minutes = "" if seconds is None else f"{seconds / 60:.1f}"
        needs = ", ".join(need.name for need in piece.needs)
        rows.append((piece.name, ledger.state(piece).value, minutes, needs))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for *cells, needs in rows:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        typer.echo("  ".join([*padded, needs]).rstrip())


def make_all(ledger: "Ledger", pieces: "list[Piece]") -> None:
    """Makes what is not there; waits for nothing that another process is making."""
    from inference.study.ledger import State

    elsewhere: set[Piece] = set()
    for number, piece in enumerate(pieces, start=1):
        if elsewhere.intersection(piece.needs):
            elsewhere.add(piece)
            continue
        if ledger.state(piece) is not State.DONE:
            errors.print(f"{number} of {len(pieces)}: {piece.name}", highlight=False)
        with Bars() as bars:
            made = ledger.make(piece, bars)
        if not made:
            elsewhere.add(piece)
    if elsewhere:
        errors.print(
            f"{len(elsewhere)} pieces wait for what another process is making; repeat the command "
            "when it is done.",
            highlight=False,
        )


def print_report(ledger: "Ledger", name: Study) -> None:
    """Prints the tables, and keeps them in the folder as Markdown and JSON."""
    from inference.study.report import Reporter

    reporter = Reporter(ledger)
    made = reporter.report(name)
    ledger.shop.out.mkdir(parents=True, exist_ok=True)
    text = made.markdown()
    (ledger.shop.out / f"{name.value}.md").write_text(text)
    (ledger.shop.out / f"{name.value}.json").write_text(json_text(made.document()) + "\n")
    if name is Study.FOLDS:
        keep_calibrations(reporter)
    typer.echo(text)


def keep_calibrations(reporter: "Reporter") -> None:
    """Keeps the localizers of the folds with their calibrations, as far as they can be told yet.

    Once all can, calibration-of-all-folds.safetensors carries that of all folds together:
    `train localizer --calibration` takes it from there for a model trained on everybody. The
    weights in that file are those of one fold.
    """
    from inference.study.calibrate import write_calibrated

    shop = reporter.ledger.shop
    folder, last = shop.out / "calibrated", None
    for localizer, calibration in reporter.fold_calibrations().items():
        last = shop.file(localizer)
        write_calibrated(last, calibration, folder / f"{localizer.short}.safetensors")
    if last and (shipped := reporter.shipped_calibration()):
        write_calibrated(last, shipped, folder / "calibration-of-all-folds.safetensors")
