"""`rehab-review bench`: speed and memory, measured against a peer in the same run."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from inference.pose.network_names import PoseNetwork
from review_app.cli.options import AsJson
from review_app.json_text import json_text
from review_app.terminal import Bars, bar, console, plain_errors

bench_app = typer.Typer(
    no_args_is_help=True, help="Measure speed and memory against a peer in the same run."
)


@bench_app.command()
def nms(as_json: AsJson = False) -> None:
    """Soft-NMS of the native module against a plain one in C++, compiled here with g++."""
    from review_app.bench import nms as benchmark

    with plain_errors():
        figures = benchmark.run()
    show(figures, benchmark.report, as_json=as_json)


@bench_app.command()
def evaluate(as_json: AsJson = False) -> None:
    """Evaluation of 100,000 predictions against a row-by-row one with pandas."""
    from review_app.bench import evaluate as benchmark

    with plain_errors():
        figures = benchmark.run()
    show(figures, benchmark.report, as_json=as_json)


@bench_app.command()
def localizer(as_json: AsJson = False) -> None:
    """ActionFormer against the published way of computing it, at two published shapes."""
    from review_app.bench import localizer as benchmark

    with plain_errors():
        figures = benchmark.run()
    show(figures, benchmark.report, as_json=as_json)


@bench_app.command()
def heatmaps(as_json: AsJson = False) -> None:
    """Heatmaps drawn for training, against a Gaussian evaluated in every cell."""
    from review_app.bench import heatmaps as benchmark

    with plain_errors():
        figures = benchmark.run()
    show(figures, benchmark.report, as_json=as_json)


@bench_app.command()
def retrain(
    recordings: Annotated[int, typer.Option(help="Recordings to train on.", min=2)] = 20,
    seconds: Annotated[float, typer.Option(help="Length of each.", min=10.0)] = 90.0,
    as_json: AsJson = False,
) -> None:
    """A training from labels as in the application, against one from nothing (some minutes)."""
    from review_app.bench import retrain as benchmark
    from review_app.settings import load_settings

    with plain_errors(), Bars() as bars:
        figures = benchmark.run(
            recordings=recordings,
            seconds=seconds,
            threads=load_settings().threads,
            progress=bars,
        )
    show(figures, benchmark.report, as_json=as_json)


@bench_app.command()
def pose(
    network: Annotated[
        list[PoseNetwork] | None,
        typer.Option(help="Only this network; all when none is named."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Every network of stage 1 in torch, LiteRT and ONNX Runtime (some minutes)."""
    from inference.weights.fetched import MOVENET, fetch
    from review_app.bench import pose as benchmark
    from review_app.settings import load_settings

    with plain_errors():
        networks = {name.value: benchmark.NETWORKS[name] for name in network or PoseNetwork}
        movenet = fetch(MOVENET, load_settings().weights)
        with bar("measuring") as progress:
            figures = benchmark.run(networks=networks, movenet=movenet, progress=progress)
    show(figures, benchmark.report, as_json=as_json)


@bench_app.command()
def pipeline(
    video: Annotated[
        Path | None, typer.Argument(help="A recording; a mannequin is filmed when none is named.")
    ] = None,
    preset: Annotated[
        list[str] | None, typer.Option(help="Only this preset; all when none is named.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Every preset from the file to proposals: speed of each stage, and memory (some minutes)."""
    from inference import presets
    from inference.video.errors import VideoError
    from review_app.bench import pipeline as benchmark
    from review_app.settings import load_settings

    with plain_errors(), Bars() as bars:
        if video is not None and not video.is_file():
            raise VideoError(f"There is no file {video}.")
        chosen = [presets.named(name) for name in preset or ()] or presets.PRESETS
        figures = benchmark.run(load_settings(), video, chosen=chosen, progress=bars)
    show(figures, benchmark.report, as_json=as_json)


@bench_app.command()
def desk(
    hours: Annotated[float, typer.Option(help="Length of the recording.", min=0.05)] = 2.0,
    segments: Annotated[int, typer.Option(help="How many labels it has.", min=60)] = 5000,
    as_json: AsJson = False,
) -> None:
    """The review page with thousands of labels in a browser: opening, and every frame (minutes)."""
    from review_app.bench import desk as benchmark

    with plain_errors(), bar("driving the desk") as progress:
        figures = benchmark.run(hours=hours, segments=segments, progress=progress)
    show(figures, benchmark.report, as_json=as_json)


def show(
    figures: dict[str, Any], report: Callable[[dict[str, Any]], RenderableType], *, as_json: bool
) -> None:
    """As a table for people, or as they are."""
    if as_json:
        typer.echo(json_text(figures))
    else:
        console.print(report(figures), highlight=False)
