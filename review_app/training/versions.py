"""Model versions and trainings in words and tables, for people."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from db.models import DEFAULT_PRESET, Model
from review_app.titles import title_of


def active_id(chosen: int | None, known: Sequence[Model]) -> int | None:
    """The version that proposes: the chosen one, else the newest shipped one, if there is one."""
    if chosen is not None:
        return chosen
    shipped = (
        model.id for model in known if model.project_id is None and model.preset == DEFAULT_PRESET
    )
    return next(shipped, None)


def label(model: Model, active: int | None, *, usable: bool = True) -> str:
    """A version in a list to choose from."""
    quality = mean_ap(model.metrics.get("after"))
    words = [model.name]
    if model.preset != DEFAULT_PRESET:
        words.append(model.preset)
    if quality is not None:
        words.append(f"mAP {quality:.2f}")
    if model.id == active:
        words.append("in use")
    if not usable:
        words.append("cannot be used any more")
    return " · ".join(words)


def mean_ap(evaluation: Mapping[str, Any] | None) -> float | None:
    """mAP averaged over tIoU 0.3 to 0.7; None when it was not measured."""
    value = (evaluation or {}).get("average")
    return float(value) if value is not None else None


def table(
    known: Sequence[Model],
    active: int | None,
    people: Mapping[int, str],
    timezone: str | None,
) -> list[dict[str, Any]]:
    """One row a version, newest first; with its preset where there are several."""
    names = {model.id: model.name for model in known}
    several = len({model.preset for model in known}) > 1
    rows = []
    for model in known:
        data = model.metrics.get("data", {}).get("train", {})
        rows.append(
            {
                "in use": model.id == active,
                "version": model.name,
                **({"preset": model.preset} if several else {}),
                "started from": names.get(model.parent_id or 0, ""),
                "videos": data.get("videos"),
                "labels": data.get("repetitions"),
                "mAP before": mean_ap(model.metrics.get("before")),
                "mAP after": mean_ap(model.metrics.get("after")),
                "measured on": model.metrics.get("measured_on", ""),
                "made by": people.get(model.created_by or 0, ""),
                "made at": local_time(model.created_at, timezone),
            }
        )
    return rows


def local_time(moment: datetime, timezone: str | None) -> str:
    """Date and time where the browser is."""
    zone = ZoneInfo(timezone) if timezone else None
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def class_table(model: Model) -> list[dict[str, Any]]:
    """Average precision of each class before and after, at tIoU 0.5."""
    before = (model.metrics.get("before") or {}).get("ap", {})
    after = model.metrics.get("after") or {}
    tious = after.get("tious", [])
    if not tious:
        return []
    half = min(range(len(tious)), key=lambda i: abs(tious[i] - 0.5))
    return [
        {
            "class": title_of(name),
            "before": before[name][half] if name in before else None,
            "after": values[half],
        }
        for name, values in after.get("ap", {}).items()
    ]


def boundary_line(model: Model) -> str:
    """How far boundaries are off, in words; "" when it was not measured."""
    after = model.metrics.get("after") or {}
    start, end = after.get("start_error_s"), after.get("end_error_s")
    if not start or not end or start[0] is None or end[0] is None:
        return ""
    return (
        f"Half of the found repetitions start within {start[0]:.2f} s and end within "
        f"{end[0]:.2f} s of the label."
    )


def settings_line(model: Model) -> str:
    """The settings a version was trained with, in words."""
    if "seed" not in model.settings or model.project_id is None:
        return ""
    epochs = len(model.metrics.get("epochs", []))
    asked = model.settings.get("epochs")
    kept = model.metrics.get("kept_epoch")
    words = [f"{epochs} epochs ({'as asked' if asked else 'automatic'})"]
    if kept is not None:
        words.append(f"kept: {f'epoch {kept}' if kept else 'the start, no epoch was better'}")
    words.append(f"seed {model.settings['seed']}")
    return ", ".join(words)


def result_line(model: Model) -> str:
    """What a finished training gave, in a sentence."""
    before, after = (mean_ap(model.metrics.get(when)) for when in ("before", "after"))
    sentence = f"{model.name.capitalize()} is ready."
    if after is None:
        return sentence
    where = f"on the {model.metrics.get('measured_on')} videos"
    if before is None:
        return f"{sentence} mAP {where}: {after:.2f}."
    return f"{sentence} mAP {where}: {before:.2f} before, {after:.2f} after."
