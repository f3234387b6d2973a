"""The command line: a thin layer over the same code as the pages.

Commands import what they need when they run, so that `rehab-review --help` answers at once.
"""

import os
from pathlib import Path
from typing import Annotated

import typer

from inference import presets
from inference.localize.proposal import SURE_SCORE
from review_app.cli.bench import bench_app
from review_app.cli.benchmark import benchmark
from review_app.cli.evaluate import evaluate
from review_app.cli.export import export_model
from review_app.cli.fit_errors import fit_pose_errors
from review_app.cli.options import AsJson, PresetName
from review_app.cli.report import report_app
from review_app.cli.study import study
from review_app.cli.training import train_app
from review_app.cli.training_features import train_features
from review_app.cli.training_localizer import train_localizer
from review_app.cli.weights import weights_app
from review_app.json_text import json_text
from review_app.preset_models import preset_files
from review_app.settings import Settings, load_settings
from review_app.terminal import console, errors, plain_errors, table

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle torch threads must not spin

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="Review tool for rehabilitation exercise video.",
)


@app.command()
def up(
    demo: Annotated[
        bool, typer.Option("--demo", help="Make the demo project when there is no project yet.")
    ] = False,
) -> None:
    """Start the web application and its workers; stop both with Ctrl-C."""
    from review_app.data_folder import prepare_data_folder
    from review_app.supervisor import up as serve

    with plain_errors():
        settings = load_settings()
        prepare_data_folder(settings)
        if demo:
            _make_demo(settings, only_when_empty=True)
        serve(settings, console)


@app.command()
def worker(
    queue: Annotated[
        list[str] | None, typer.Option(help="Serve only this queue: models or files.")
    ] = None,
) -> None:
    """Take jobs from the queues until stopped; `up` starts its own."""
    from review_app.jobs.job_queue import QUEUES
    from review_app.jobs.worker import work

    with plain_errors():
        work(queue or QUEUES)


@app.command()
def demo(
    compare: Annotated[
        bool,
        typer.Option("--compare", help="Show how close the proposals come to the exact labels."),
    ] = False,
) -> None:
    """Make the demo project: mannequin recordings with exactly known labels, and one real clip."""
    from review_app.data_folder import prepare_data_folder

    with plain_errors():
        settings = load_settings()
        prepare_data_folder(settings)
        if compare:
            _compare_demo(settings)
            return
        _make_demo(settings, only_when_empty=False)
    console.print("The demo recordings are queued; `rehab-review up` makes them.")


@app.command()
def propose(
    videos: Annotated[list[Path], typer.Argument(help="Video files.", show_default=False)],
    as_json: AsJson = False,
    person: Annotated[
        int | None, typer.Option(help="Track number of the patient; chosen automatically.")
    ] = None,
    min_score: Annotated[
        float, typer.Option(help="Leave out proposals with a lower score.", min=0.0, max=1.0)
    ] = SURE_SCORE,
    preset: PresetName = presets.DEFAULT.name,
    localizer: Annotated[
        Path | None,
        typer.Option(
            help="Weights of stage 3; by default those of the preset.", exists=True, dir_okay=False
        ),
    ] = None,
) -> None:
    """Run the three stages on video files and print the proposed repetitions; needs no database."""
    from review_app.propose_files import as_dict, proposals_table, propose_file

    with plain_errors():
        settings, wanted = load_settings(), presets.named(preset)
        if localizer is None:
            presets.require(wanted, preset_files(settings, wanted))
    found, refused = [], False
    for video in videos:
        try:
            with plain_errors():
                result = propose_file(
                    settings, video, preset=wanted, localizer=localizer, person=person
                )
        except typer.Exit:
            errors.print(f"Left out: {video}", markup=False, highlight=False, soft_wrap=True)
            refused = True
            continue
        errors.print(f"{video}: {result.speed_line()}", highlight=False, soft_wrap=True)
        found.append(as_dict(video, result, min_score))
        if not as_json:
            console.print(proposals_table(video, result, min_score))
    if as_json:
        typer.echo(json_text(found))
    if refused:
        raise typer.Exit(1)


@app.command("import")
def import_paths(
    paths: Annotated[list[Path], typer.Argument(help="Video files or folders of them.")],
    project: Annotated[str, typer.Option(help="Name of the project; made when it is new.")],
    patient: Annotated[str, typer.Option(help="Pseudonym of the patient in these videos.")],
) -> None:
    """Bring videos into a project; a running worker then reads them and proposes."""
    from review_app.data_folder import prepare_data_folder
    from review_app.importing.import_paths import import_all

    with plain_errors():
        settings = load_settings()
        prepare_data_folder(settings)
        for line in import_all(settings, paths, project=project, patient=patient):
            console.print(line, highlight=False)


@app.command()
def doctor() -> None:
    """Check what the application needs, and say what to do about what is missing."""
    from review_app.doctor import examine

    with plain_errors():
        findings = examine(load_settings())
    shown = table("", "check", "found", "what to do")
    for finding in findings:
        mark = {"ok": "[green]ok", "warning": "[yellow]warning", "problem": "[red]problem"}
        shown.add_row(mark[finding.state], finding.subject, finding.found, finding.advice)
    console.print(shown)
    if any(finding.state == "problem" for finding in findings):
        raise typer.Exit(1)


@app.command()
def migrate() -> None:
    """Create the data folder's databases or bring them to the newest form."""
    from review_app.data_folder import prepare_data_folder

    with plain_errors():
        settings = load_settings()
        prepare_data_folder(settings)
    console.print(f"The data folder {settings.data_folder} is ready.")


def _make_demo(settings: Settings, *, only_when_empty: bool) -> None:
    from db.engine import create_engine, session
    from db.projects import list_projects
    from review_app.demo import create

    engine = create_engine(settings.labels_url)
    with session(engine) as db:
        if not (only_when_empty and list_projects(db)):
            create(db, settings)
    engine.dispose()


def _compare_demo(settings: Settings) -> None:
    from db.engine import create_engine, reading
    from review_app.demo_compare import compare

    with reading(create_engine(settings.labels_url)) as db:
        found = compare(db, settings)
    columns = ("recording", "labels", "mAP@0.5", "recall", "start error", "end error", "false/min")
    shown = table(*columns)
    for name, quality in [*found.videos.items(), ("all", found.total)]:
        shown.add_row(
            name,
            str(quality.labels),
            f"{quality.at(0.5):.3f}",
            f"{quality.recall:.2f}",
            f"{quality.start_error_s[0]:.2f} s",
            f"{quality.end_error_s[0]:.2f} s",
            f"{quality.false_alarms_per_minute:.1f}",
        )
    console.print(shown)
    if found.waiting:
        console.print(f"Not ready yet: {', '.join(found.waiting)}")


train_app.command("features")(train_features)
train_app.command("localizer")(train_localizer)
app.add_typer(train_app, name="train")
app.add_typer(weights_app, name="weights")
app.add_typer(bench_app, name="bench")
app.add_typer(report_app, name="report")
app.command()(benchmark)
app.command()(study)
app.command()(export_model)
app.command()(evaluate)
app.command()(fit_pose_errors)
