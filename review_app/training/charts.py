"""The pictures of the training page, as plotly figures that follow the page's theme."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from db.models import SPLITS
from review_app.titles import title_of
from review_app.training.labelled import Gathered

SPLIT_COLOURS = {"train": "#2a9d8f", "validation": "#e9a23b", "test": "#8a94a6"}
_TRAINING, _VALIDATION = "#2a9d8f", "#e9a23b"
_ROW_PX = 30
_QUIET = "rgba(138, 148, 166, 0.25)"

#: Passed to `st.plotly_chart`: no toolbar over the picture.
CONFIG = {"displayModeBar": False, "scrollZoom": False}


def repetitions_by_class(gathered: Gathered) -> go.Figure:
    """Labelled repetitions of each class, split by split."""
    counts = gathered.repetitions()
    names = list(reversed(gathered.classes))
    figure = go.Figure()
    for split in SPLITS:
        values = [counts[name, split] for name in names]
        if any(values):
            figure.add_bar(
                y=[title_of(name) for name in names],
                x=values,
                name=split,
                orientation="h",
                marker_color=SPLIT_COLOURS[split],
                hovertemplate="%{y}: %{x} repetitions (" + split + ")<extra></extra>",
            )
    most = max((sum(counts[name, split] for split in SPLITS) for name in names), default=0)
    figure.update_xaxes(dtick=1 if most <= 8 else None)
    return _rows(figure, len(names), "repetitions", barmode="stack")


def minutes_by_patient(gathered: Gathered) -> go.Figure:
    """Finished minutes of each patient, in front of the recorded ones."""
    patients = list(reversed(gathered.patients))
    figure = go.Figure()
    figure.add_bar(
        legendrank=2000,  # behind the splits
        y=[patient.pseudonym for patient in patients],
        x=[patient.recorded_s / 60 for patient in patients],
        name="recorded",
        orientation="h",
        marker_color=_QUIET,
        hovertemplate="%{y}: %{x:.1f} min recorded<extra></extra>",
    )
    for split in SPLITS:
        own = [patient for patient in patients if patient.split == split]
        if own:
            figure.add_bar(
                y=[patient.pseudonym for patient in own],
                x=[patient.finished_s / 60 for patient in own],
                name=split,
                orientation="h",
                marker_color=SPLIT_COLOURS[split],
                hovertemplate="%{y}: %{x:.1f} min finished (" + split + ")<extra></extra>",
            )
    figure.update_yaxes(type="category", categoryorder="array")
    figure.update_yaxes(categoryarray=[patient.pseudonym for patient in patients])
    return _rows(figure, len(patients), "minutes", barmode="overlay")


def loss_curve(metrics: Sequence[dict[str, Any]]) -> go.Figure:
    """Training and, where there is one, validation loss of each epoch: of classes, boundaries and
    their refinement together."""
    figure = go.Figure()
    _curve(figure, metrics, "train_loss", "training", _TRAINING)
    _curve(figure, metrics, "validation_loss", "validation", _VALIDATION)
    return _epochs(figure, metrics, "loss", tozero=False)


def quality_curve(metrics: Sequence[dict[str, Any]]) -> go.Figure:
    """Mean average precision on the validation videos after each epoch."""
    figure = go.Figure()
    _curve(figure, metrics, "validation_map", "validation", _VALIDATION)
    figure.update_yaxes(range=[0, 1.03])
    return _epochs(figure, metrics, "mAP", tozero=True)


def _curve(
    figure: go.Figure, metrics: Sequence[dict[str, Any]], field: str, name: str, colour: str
) -> None:
    points = [(row["epoch"], row[field]) for row in metrics if row.get(field) is not None]
    if points:
        figure.add_scatter(
            x=[epoch for epoch, _ in points],
            y=[value for _, value in points],
            name=name,
            mode="lines" if len(points) > 1 else "markers",
            line={"color": colour, "width": 2},
            marker_color=colour,
            hovertemplate="epoch %{x}: %{y:.3f}<extra>" + name + "</extra>",
        )


def _epochs(
    figure: go.Figure, metrics: Sequence[dict[str, Any]], what: str, *, tozero: bool
) -> go.Figure:
    planned = max((int(row.get("epochs") or 0) for row in metrics), default=0)
    reached = max((int(row["epoch"]) for row in metrics), default=0)
    figure.update_xaxes(title="epoch", range=[0, max(planned, reached, 1) + 0.5])
    figure.update_yaxes(title=what, rangemode="tozero" if tozero else "normal")
    return _plain(figure, height=260)


def _rows(figure: go.Figure, rows: int, what: str, *, barmode: str) -> go.Figure:
    figure.update_layout(barmode=barmode, bargap=0.35)
    figure.update_xaxes(title=what, rangemode="tozero")
    return _plain(figure, height=110 + _ROW_PX * max(rows, 2))


def _plain(figure: go.Figure, *, height: int) -> go.Figure:
    return figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 34, "b": 8},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        showlegend=True,
        dragmode=False,
    )
