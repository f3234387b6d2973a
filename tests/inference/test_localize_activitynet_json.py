"""ActivityNet-style files: what is read from them, and what is said about those that are wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from inference.evaluation.activitynet_json import (
    ActivityNetError,
    Comparison,
    comparison,
    read_comparison,
)


def ground_truth(**more: Any) -> dict[str, Any]:
    return {
        "version": "VERSION 1.3",
        "database": {
            "a": {
                "subset": "validation",
                "duration": 60.0,
                "annotations": [
                    {"segment": [0, 10], "label": "squat", "label_id": 4},
                    {"segment": [20.5, 30], "label": "lunge", "label_id": 7},
                ],
            },
            "b": {"subset": "Training", "duration": 30, "annotations": []},
        },
        **more,
    }


def predictions(*rows: dict[str, Any], video: str = "a") -> dict[str, Any]:
    first = {"segment": [0.5, 10.0], "label": "squat", "score": 0.75}
    return {"version": "x", "external_data": {}, "results": {video: [first, *rows]}}


def row(**changed: Any) -> dict[str, Any]:
    return {"segment": [1.0, 2.0], "label": "squat", "score": 0.5, **changed}


def refused(truth: Any, found: Any, **more: Any) -> str:
    with pytest.raises(ActivityNetError) as refusal:
        comparison(truth, found, names=("GT.json", "P.json"), **more)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def shown(read: Comparison) -> list[tuple[str, list[float], str]]:
    table = read.labels
    return [
        (table.videos[video], segment, table.classes[label])
        for video, segment, label in zip(
            table.video, table.segments.tolist(), table.label, strict=True
        )
    ]


def test_both_documents_are_read_whatever_else_they_hold() -> None:
    read = comparison(ground_truth(), predictions())
    assert shown(read) == [("a", [0.0, 10.0], "squat"), ("a", [20.5, 30.0], "lunge")]
    assert read.labels.videos == ("a", "b")
    assert read.predictions.segments.tolist() == [[0.5, 10.0]]
    assert read.predictions.scores.tolist() == [0.75]
    assert read.predictions.classes == ("squat",)
    assert read.minutes == 1.5


def test_no_prediction_at_all_is_something_to_evaluate() -> None:
    assert len(comparison(ground_truth(), {"results": {}}).predictions) == 0
    assert len(comparison(ground_truth(), {"results": {"a": []}}).predictions) == 0


def test_a_subset_is_chosen_whatever_its_case() -> None:
    found = predictions()
    found["results"] |= {"b": [row()], "ghost": [row(), row()]}
    read = comparison(ground_truth(), found, subset="VALIDATION")
    assert read.labels.videos == ("a",)
    assert read.minutes == 1.0
    assert read.in_other_subsets == 1
    assert read.predictions.videos == ("a", "ghost")


def test_without_a_duration_for_every_video_there_are_no_minutes() -> None:
    truth = ground_truth()
    del truth["database"]["b"]["duration"]
    assert comparison(truth, predictions()).minutes is None


def test_label_ids_get_the_names_that_the_ground_truth_has_for_them() -> None:
    rows = [row(label_id=7), row(label_id=99)]
    for each in rows:
        del each["label"]
    read = comparison(ground_truth(), {"results": {"a": rows}})
    assert read.labels.classes == ("lunge", "squat")
    assert set(read.predictions.classes) == {"lunge", "99"}


def test_label_ids_are_names_where_there_are_no_others() -> None:
    truth = {"database": {"a": {"annotations": [{"segment": [0, 1], "label_id": 3}]}}}
    found = {"results": {"a": [{"segment": [0, 1], "label_id": 3, "score": 1}]}}
    read = comparison(truth, found)
    assert read.labels.classes == read.predictions.classes == ("3",)


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (row(segment=[3.0, 1.0]), "ends before it starts: [3.0, 1.0]"),
        (row(segment=[float("nan"), 1.0]), "a time that is not a finite number: [NaN, 1.0]"),
        (row(segment=[0.0, float("inf")]), "a time that is not a finite number"),
        (row(segment=[0.0, 10**400]), "a time that is not a finite number"),
        (row(segment=["0", "1"]), 'a time that is not a finite number: ["0", "1"]'),
        (row(segment=[0.0, True]), "a time that is not a finite number"),
        (row(segment=[-1e308, 1e308]), "further than 1e+12 seconds from the start"),
        (row(segment=[0.0]), "not a list of two times, start and end"),
        (row(segment="01"), "not a list of two times, start and end"),
        (row(segment=None), "not a list of two times, start and end"),
        (row(score="0.5"), '"score" that is not a finite number: "0.5"'),
        (row(score=None), '"score" that is not a finite number: null'),
        (row(score=float("nan")), '"score" that is not a finite number: NaN'),
        (row(label=["squat"]), '"label" that is neither text nor a whole number'),
        (row(label=1.5), '"label" that is neither text nor a whole number'),
    ],
)
def test_a_wrong_prediction_is_named_by_video_and_number(wrong: dict[str, Any], fault: str) -> None:
    said = refused(ground_truth(), predictions(row(), wrong, row()))
    assert said.startswith("P.json: prediction 2 of video 'a'")
    assert fault in said


@pytest.mark.parametrize("key", ["segment", "score"])
def test_a_missing_key_is_named(key: str) -> None:
    wrong = row()
    del wrong[key]
    assert f"prediction 1 of video 'a' has no \"{key}\"" in refused(
        ground_truth(), predictions(wrong)
    )


def test_a_prediction_without_any_class_is_named() -> None:
    wrong = row()
    del wrong["label"]
    said = refused(ground_truth(), predictions(wrong))
    assert 'P.json: prediction 1 of video \'a\' has neither a "label" nor a "label_id".' in said
    truth = ground_truth()
    for annotation in truth["database"]["a"]["annotations"]:
        del annotation["label_id"]
    assert refused(truth, predictions(wrong)) == said
    said = refused(truth, predictions({**wrong, "label_id": 4}))
    assert "P.json: prediction 1 of video 'a' has no \"label\", and not every entry of" in said


def test_a_number_with_two_labels_is_refused() -> None:
    truth = ground_truth()
    truth["database"]["a"]["annotations"][1]["label_id"] = 4
    found = predictions()
    assert comparison(truth, found).labels.classes == ("lunge", "squat")  # numbers have no effect
    del found["results"]["a"][0]["label"]
    found["results"]["a"][0]["label_id"] = 4
    assert refused(truth, found).startswith(
        'GT.json: annotation 1 of video \'a\' has the "label_id" 4 and the "label" "lunge", '
        'but an annotation before it calls this number "squat".'
    )


def test_wrong_annotations_are_named_too() -> None:
    truth = ground_truth()
    truth["database"]["a"]["annotations"][1]["segment"] = [5, 4]
    said = refused(truth, predictions())
    assert said.startswith("GT.json: annotation 1 of video 'a' ends before it starts: [5, 4].")


@pytest.mark.parametrize(
    ("truth", "found", "said"),
    [
        ([], predictions(), 'GT.json has no "database"'),
        ({"results": {}}, predictions(), 'GT.json has no "database"'),
        ({"database": []}, predictions(), 'GT.json has no "database"'),
        (ground_truth(), None, 'P.json has no "results"'),
        (ground_truth(), {"results": {"a": {}}}, "P.json: video 'a' has no list of predictions"),
        (ground_truth(), {"results": {"a": [1]}}, "prediction 0 of video 'a' is not an object"),
        ({"database": {"a": 1}}, predictions(), "GT.json: video 'a' is not an object"),
        ({"database": {"a": {}}}, predictions(), "GT.json: video 'a' has no list of annotations"),
        ({"database": {}}, predictions(), "GT.json has no annotation to compare with"),
        (
            {"database": {"a": {"annotations": [], "duration": "9"}}},
            predictions(),
            "GT.json has no annotation to compare with",
        ),
    ],
)
def test_another_shape_is_said_in_one_sentence(truth: Any, found: Any, said: str) -> None:
    assert said in refused(truth, found)


def test_a_duration_that_is_no_number_is_named() -> None:
    truth = ground_truth()
    truth["database"]["b"]["duration"] = "30 s"
    assert refused(truth, predictions()) == ("GT.json: the duration of video 'b' is not a number.")


def test_an_unknown_subset_is_answered_with_the_known_ones() -> None:
    said = refused(ground_truth(), predictions(), subset="test")
    assert said == "GT.json has no subset 'test'; it has Training, validation."
    bare: dict[str, Any] = {"database": {"a": {"annotations": []}}}
    assert "it names no subsets" in refused(bare, predictions(), subset="test")
    empty = refused(ground_truth(), predictions(), subset="training")
    assert empty == "GT.json has no annotation of the subset training to compare with."


def test_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "gt.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(ground_truth()).encode())
    (tmp_path / "p.json").write_text(json.dumps(predictions()))
    assert len(read_comparison(tmp_path / "gt.json", tmp_path / "p.json").labels) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not JSON: Expecting value in line 1, column 1"),
        (b'{"database": {', "is not JSON: Expecting property name"),
        (b"\xff\xfe\x00", "is not JSON: it is not UTF-8 text"),
        (b"[" * 100_000, "nested too deep"),
        (
            b'{"database": {"a": {"annotations": []}, "b": {}, "a": {"annotations": []}}}',
            'has the key "a" more than once in one object',
        ),
        (b"9" * 5000, "a number is too long"),
    ],
)
def test_a_file_that_is_no_such_json_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "gt.json"
    path.write_bytes(content)
    with pytest.raises(ActivityNetError, match=r"gt\.json") as refusal:
        read_comparison(path, path)
    assert said in str(refusal.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ActivityNetError, match=r"There is no file .*nowhere\.json"):
        read_comparison(tmp_path / "nowhere.json", tmp_path)
    with pytest.raises(ActivityNetError, match="cannot be read: Is a directory"):
        read_comparison(tmp_path, tmp_path)
