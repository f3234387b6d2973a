"""Labels and predictions in the JSON of the ActivityNet challenge.

Ground truth: {"database": {VIDEO: {"subset": "validation", "duration": 63.2,
"annotations": [{"segment": [START, END], "label": "squat"}]}}}; subset and duration may be
missing. Predictions: {"results": {VIDEO: [{"segment": [START, END], "label": "squat",
"score": 0.9}]}}. Times are seconds. "label_id" may stand for "label" where both files have it;
other keys ("version", "external_data", ...) have no effect.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.segment_table import ScoredTable, SegmentTable, positions

LATEST_S = 1e12  # beyond it, differences of times are no longer exact to a millisecond


class ActivityNetError(Exception):
    """A file cannot be evaluated; the message names the file and the place in it."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """What two files say. labels: all videos of the subset. minutes: length of these videos
    together, None where one does not say its own. in_other_subsets: how many predictions are for
    videos of other subsets; they are not among `predictions`."""

    labels: SegmentTable
    predictions: ScoredTable
    minutes: float | None
    in_other_subsets: int


def read_comparison(
    ground_truth: Path, predictions: Path, *, subset: str | None = None
) -> Comparison:
    """Reads both files. Raises ActivityNetError."""
    return comparison(
        read_json(ground_truth),
        read_json(predictions),
        subset=subset,
        names=(str(ground_truth), str(predictions)),
    )


def read_json(path: Path) -> Any:
    """The document in a file. Raises ActivityNetError, also where an object has a key twice."""

    def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            twice = next(key for key, count in counts.items() if count > 1)
            raise ActivityNetError(
                f"{path} has the key {_shown(twice)} more than once in one object, so that it is "
                "not clear what counts. Keep only one of them."
            )
        return made

    try:
        return json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=once_each)
    except FileNotFoundError:
        raise ActivityNetError(f"There is no file {path}.") from None
    except OSError as error:
        raise ActivityNetError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ActivityNetError(f"{path} is not JSON: it is not UTF-8 text.") from None
    except RecursionError:
        raise ActivityNetError(f"{path} is not JSON of this kind: it is nested too deep.") from None
    except json.JSONDecodeError as error:
        raise ActivityNetError(
            f"{path} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        ) from None
    except ValueError:  # a whole number of thousands of digits
        raise ActivityNetError(f"{path} is not JSON of this kind: a number is too long.") from None


def comparison(
    ground_truth: Any,
    predictions: Any,
    *,
    subset: str | None = None,
    names: tuple[str, str] = ("The ground truth", "The predictions"),
) -> Comparison:
    """From parsed documents. subset: only its videos, upper and lower case alike. names: what
    messages call the documents. Raises ActivityNetError."""
    database = _mapping(ground_truth, "database", names[0])
    results = _mapping(predictions, "results", names[1])
    chosen = _of_subset(database, subset, names[0])
    annotations = {video: entry.get("annotations") for video, entry in chosen.items()}
    labelled = _Entries.of(annotations, names[0], "annotation")
    if not labelled.rows:
        of_subset = f" of the subset {subset}" if subset else ""
        raise ActivityNetError(f"{names[0]} has no annotation{of_subset} to compare with.")
    wanted = {
        video: rows for video, rows in results.items() if video in chosen or video not in database
    }
    predicted = _Entries.of(wanted, names[1], "prediction")
    label_names, predicted_names = _class_names(labelled, predicted)
    return Comparison(
        labels=SegmentTable(*_names(labelled, label_names), labelled.segments()),
        predictions=ScoredTable(
            *_names(predicted, predicted_names), predicted.segments(), predicted.scores()
        ),
        minutes=_minutes(chosen, names[0]),
        in_other_subsets=sum(
            len(rows)
            for video, rows in results.items()
            if video not in wanted and isinstance(rows, list)
        ),
    )


@dataclass(frozen=True)
class _Entries:
    """The annotations or predictions of all videos one after the other, as they were read.

    count: how many each video has. name, kind: of the document and of an entry, for messages.
    """

    videos: tuple[str, ...]
    count: list[int]
    rows: list[dict[str, Any]]
    name: str
    kind: str

    @classmethod
    def of(cls, by_video: Mapping[str, Any], name: str, kind: str) -> "_Entries":
        for video, rows in by_video.items():
            if not isinstance(rows, list):
                raise ActivityNetError(f"{name}: video {video!r} has no list of {kind}s.")
        count = [len(rows) for rows in by_video.values()]
        made = cls(tuple(by_video), count, list(chain.from_iterable(by_video.values())), name, kind)
        if not set(map(type, made.rows)) <= {dict}:
            raise made.refusal(lambda row: None if isinstance(row, dict) else "is not an object")
        return made

    def have(self, key: str) -> bool:
        return all(key in row for row in self.rows)

    def segments(self) -> NDArray[np.float64]:
        """(n, 2) seconds."""
        if self.have("segment"):
            pairs = list(map(itemgetter("segment"), self.rows))
            if set(map(type, pairs)) <= {list, tuple} and set(map(len, pairs)) <= {2}:
                times = _numbers(list(chain.from_iterable(pairs)))
                if times is not None and _in_order(times[::2], times[1::2]):
                    return times.reshape(-1, 2)
        raise self.refusal(_fault_of_segment)

    def scores(self) -> NDArray[np.float64]:
        """(n,)"""
        if self.have("score"):
            scores = _numbers(list(map(itemgetter("score"), self.rows)))
            if scores is not None:
                return scores
        raise self.refusal(_fault_of_score)

    def class_names(self, key: str) -> list[str]:
        found = list(map(itemgetter(key), self.rows))
        if not set(map(type, found)) <= {str, int}:
            raise self.refusal(
                lambda row: (
                    None
                    if type(row[key]) in (str, int)
                    else f'has a "{key}" that is neither text nor a whole number'
                )
            )
        return list(map(str, found))

    def refusal(self, fault: Callable[[Any], str | None]) -> ActivityNetError:
        """Names the first entry that has the fault."""
        places = ((v, i) for v, n in zip(self.videos, self.count, strict=True) for i in range(n))
        for (video, index), row in zip(places, self.rows, strict=True):
            if said := fault(row):
                return ActivityNetError(
                    f"{self.name}: {self.kind} {index} of video {video!r} {said}. "
                    f"(The first {self.kind} of a video is number 0.)"
                )
        raise AssertionError("no entry has the fault that all of them together have")


def _names(
    entries: _Entries, labels: list[str]
) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.int64], NDArray[np.int64]]:
    """The first four columns of a table."""
    classes = tuple(sorted(set(labels)))
    video = np.repeat(np.arange(len(entries.videos)), entries.count)
    return entries.videos, classes, video, positions(labels, classes)


def _class_names(labelled: _Entries, predicted: _Entries) -> tuple[list[str], list[str]]:
    """One name an entry: its "label" where all entries of both files have one, else its
    "label_id", shown as the label that the ground truth gives this number if it does."""
    both = (labelled, predicted)
    if all(entries.have("label") for entries in both):
        return labelled.class_names("label"), predicted.class_names("label")
    if not all(entries.have("label_id") for entries in both):
        for fault in (_fault_of_neither, _fault_of_label):
            for entries in both:
                if any(map(fault, entries.rows)):
                    raise entries.refusal(fault)
    ids, predicted_ids = labelled.class_names("label_id"), predicted.class_names("label_id")
    if not labelled.have("label"):
        return ids, predicted_ids
    labels = labelled.class_names("label")
    label_of = dict(zip(reversed(ids), reversed(labels), strict=True))  # the first one counts

    def other_label(row: dict[str, Any]) -> str | None:
        first = label_of[str(row["label_id"])]
        if str(row["label"]) == first:
            return None
        return (
            f'has the "label_id" {_shown(row["label_id"])} and the "label" {_shown(row["label"])}, '
            f"but an annotation before it calls this number {_shown(first)}"
        )

    if any(map(other_label, labelled.rows)):
        raise labelled.refusal(other_label)
    return labels, [label_of.get(number, number) for number in predicted_ids]


def _mapping(document: Any, key: str, name: str) -> dict[str, Any]:
    found = document.get(key) if isinstance(document, dict) else None
    if not isinstance(found, dict):
        raise ActivityNetError(f'{name} has no "{key}" with an entry for each video.')
    return found


def _of_subset(database: dict[str, Any], subset: str | None, name: str) -> dict[str, Any]:
    for video, entry in database.items():
        if not isinstance(entry, dict):
            raise ActivityNetError(f"{name}: video {video!r} is not an object.")
    if subset is None:
        return database
    known = {str(entry["subset"]) for entry in database.values() if "subset" in entry}
    wanted = {other for other in known if other.casefold() == subset.casefold()}
    if not wanted:
        there = f"it has {', '.join(sorted(known))}" if known else "it names no subsets"
        raise ActivityNetError(f"{name} has no subset {subset!r}; {there}.")
    return {v: entry for v, entry in database.items() if str(entry.get("subset")) in wanted}


def _minutes(entries: Mapping[str, dict[str, Any]], name: str) -> float | None:
    stated = {video: entry["duration"] for video, entry in entries.items() if "duration" in entry}
    for video, duration in stated.items():
        if _numbers([duration]) is None or duration < 0:
            raise ActivityNetError(f"{name}: the duration of video {video!r} is not a number.")
    return sum(stated.values()) / 60 if len(stated) == len(entries) else None


def _numbers(values: Iterable[Any]) -> NDArray[np.float64] | None:
    """(n,), or None where one of them is not a finite number."""
    listed = list(values)
    if not set(map(type, listed)) <= {int, float}:
        return None
    try:
        numbers = np.array(listed, np.float64)
    except OverflowError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def _in_order(starts: NDArray[np.float64], ends: NDArray[np.float64]) -> bool:
    return bool((np.maximum(-starts, ends) <= LATEST_S).all() and (starts <= ends).all())


def _fault_of_segment(row: dict[str, Any]) -> str | None:
    if "segment" not in row:
        return 'has no "segment"'
    segment = row["segment"]
    if not isinstance(segment, list | tuple) or len(segment) != 2:
        return 'has a "segment" that is not a list of two times, start and end'
    if _numbers(segment) is None:
        return f'has a "segment" with a time that is not a finite number: {_shown(segment)}'
    if segment[1] < segment[0]:
        return f"ends before it starts: {_shown(segment)}"
    if max(-segment[0], segment[1]) > LATEST_S:
        return f"lies further than {LATEST_S:g} seconds from the start: {_shown(segment)}"
    return None


def _fault_of_score(row: dict[str, Any]) -> str | None:
    if "score" not in row:
        return 'has no "score"'
    if _numbers([row["score"]]) is None:
        return f'has a "score" that is not a finite number: {_shown(row["score"])}'
    return None


def _fault_of_neither(row: dict[str, Any]) -> str | None:
    return None if "label" in row or "label_id" in row else 'has neither a "label" nor a "label_id"'


def _fault_of_label(row: dict[str, Any]) -> str | None:
    return (
        None
        if "label" in row
        else 'has no "label", and not every entry of both files has a "label_id" to go by instead'
    )


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
