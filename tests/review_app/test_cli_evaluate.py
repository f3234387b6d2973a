"""`rehab-review evaluate`: two files in, text or JSON out, one plain sentence about a fault."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from review_app.cli import app
from review_app.cli.evaluate import OptionError, thresholds
from tests.inference.detections import documents

LABELS = [
    ("a", 0.0, 10.0, "squat"),
    ("a", 20.0, 30.0, "squat"),
    ("b", 5.0, 9.0, "[red]lunge"),
]
FOUND = [
    ("a", 50.0, 60.0, "squat", 0.95),
    ("a", 0.0, 10.0, "squat", 0.9),
    ("a", 20.0, 30.0, "squat", 0.8),
    ("ghost", 0.0, 1.0, "squat", 0.1),
]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """The options that name two files."""
    labels, found = documents(LABELS, FOUND)
    for entry in labels["database"].values():
        entry |= {"subset": "test", "duration": 60}
    (tmp_path / "gt.json").write_text(json.dumps(labels))
    (tmp_path / "p.json").write_text(json.dumps(found))
    return ["--ground-truth", f"{tmp_path}/gt.json", "--predictions", f"{tmp_path}/p.json"]


def printed(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["evaluate", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["evaluate", *arguments])
    assert done.exit_code == 1, done.output
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


def document(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed(*arguments, "--json"))
    return found


def test_all_points_count_unless_interpolated_is_asked_for(files: list[str]) -> None:
    raw, interpolated = document(*files), document(*files, "--interpolated")
    assert raw["ap_variant"] == "uninterpolated"
    assert raw["classes"]["squat"]["ap"] == pytest.approx([(1 / 2 + 2 / 3) / 2] * 7)
    assert interpolated["ap_variant"] == "interpolated"
    assert interpolated["classes"]["squat"]["ap"] == pytest.approx([2 / 3] * 7)
    assert "all-point, uninterpolated (THUMOS)" in printed(*files)
    assert "interpolated (ActivityNet)" in printed(*files, "--interpolated")


def test_the_document_holds_every_figure_and_no_nan(files: list[str]) -> None:
    found = document(*files, "--tiou", "0.3:0.9:0.1")
    assert found["tiou"] == [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert found["average_mAP"] == pytest.approx(sum(found["mAP"]) / 7)
    assert found["recall_at_kx"]["1x"] == pytest.approx([0.25] * 7)
    assert found["recall_at_kx"]["5x"] == pytest.approx([0.5] * 7)
    assert found["average_recall"]["AR@10"] == pytest.approx(2 / 3)
    assert found["boundary_error_s"]["start"] == {"median": 0.0, "p90": 0.0}
    assert found["classes"]["[red]lunge"]["boundary_error_s"]["end"]["median"] is None
    assert found["confusion"]["label"] == ["[red]lunge", "squat"]
    assert found["confusion"]["predicted"] == ["[red]lunge", "squat", None]
    assert found["confusion"]["counts"] == [[0, 0, 1], [0, 2, 0]]
    background = found["background_false_positives"]
    assert background == {"count": 2, "share_of_predictions": 0.5, "per_minute": 1.0}
    unknown = found["remarks"]["predictions_for_unknown_videos_counted_as_misses"]
    assert unknown == {"ghost": 1}
    assert found["remarks"]["videos_without_predictions"] == ["b"]


def test_unsure_predictions_can_be_left_out_of_errors_and_false_alarms(files: list[str]) -> None:
    everything, sure = document(*files), document(*files, "--min-score", "0.85")
    assert everything["min_score"] is None and sure["min_score"] == 0.85
    assert everything["recall"]["value"] == pytest.approx(2 / 3)
    assert everything["boundary_error_s"]["matches"] == 2
    assert everything["false_alarms"]["count"] == 2
    assert sure["recall"]["value"] == pytest.approx(1 / 3)
    assert sure["boundary_error_s"]["matches"] == 1
    assert sure["false_alarms"] == {"tiou": 0.5, "count": 1, "per_minute": 0.5}
    for same in ("mAP", "recall_at_kx", "average_recall", "background_false_positives"):
        assert sure[same] == everything[same]
    shown = " ".join(printed(*files, "--min-score", "0.85").split())
    assert "a prediction of at least 0.85 overlaps" in shown


def test_a_person_reads_tables_and_sentences(files: list[str]) -> None:
    shown = printed(*files, "--tiou", "0.5,0.75")
    assert "@0.75" in shown
    assert "[red]lunge" in shown
    assert "Videos without a prediction: 1 (b)." in shown
    assert "2 of 4 predictions (50.0%, 1.00 a minute)" in " ".join(shown.split())


def test_names_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    label, video, unknown = "s\x1b[2J", "a\u202eb\n", "nope\x07"
    labels, found = documents(
        [(video, 0.0, 10.0, label), (video, 20.0, 30.0, "l\ud800")],
        [(unknown, 0.0, 1.0, label, 0.5)],
    )
    labels["database"][video]["subset"] = "test\x1b[2J"
    (tmp_path / "gt.json").write_text(json.dumps(labels))
    (tmp_path / "p.json").write_text(json.dumps(found))
    named = ["--ground-truth", f"{tmp_path}/gt.json", "--predictions", f"{tmp_path}/p.json"]
    shown = printed(*named)
    for escaped in (r"s\x1b[2J", r"l\ud800", r"(a\u202eb\n)", r"nope\x07"):
        assert escaped in shown
    assert all(line.isprintable() for line in shown.splitlines())
    assert r"it has test\x1b[2J." in refused(*named, "--subset", "x")
    assert list(document(*named)["classes"]) == ["l\ud800", label]


def test_a_subset_is_chosen(files: list[str]) -> None:
    assert document(*files, "--subset", "test")["labels"] == 3
    assert "no subset 'training'; it has test" in refused(*files, "--subset", "training")


def test_with_nothing_that_could_be_found_there_are_no_figures(tmp_path: Path) -> None:
    labels, found = documents([("a", 1.0, 1.0, "squat")], FOUND)
    (tmp_path / "gt.json").write_text(json.dumps(labels))
    (tmp_path / "p.json").write_text(json.dumps(found))
    named = ["--ground-truth", f"{tmp_path}/gt.json", "--predictions", f"{tmp_path}/p.json"]
    assert document(*named)["average_mAP"] is None
    shown = printed(*named)
    assert "Labels without length, left out: 1." in shown
    assert "nan" not in shown


@pytest.mark.parametrize("given", ["--ground-truth", "--predictions"])
def test_both_files_must_be_named(given: str) -> None:
    done = CliRunner().invoke(app, ["evaluate", given, "a.json"])
    assert done.exit_code == 2 and "Missing option" in done.stderr


def test_a_file_that_is_not_there_is_named() -> None:
    said = refused("--ground-truth", "no.json", "--predictions", "p")
    assert "There is no file no.json." in said


def test_what_is_wrong_in_a_file_is_one_sentence(files: list[str]) -> None:
    path = Path(files[3])
    wrong = json.loads(path.read_text())
    wrong["results"]["a"][1]["segment"] = [3, 1]
    path.write_text(json.dumps(wrong))
    assert "prediction 1 of video 'a' ends before it starts: [3, 1]." in refused(*files)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0.3:0.9:0.1", (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)),
        ("0.5:0.95:0.05", (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)),
        ("0.3:0.8:0.2", (0.3, 0.5, 0.7)),
        ("0.5:0.5:0.1", (0.5,)),
        ("0.5", (0.5,)),
        ("0.7,0.3", (0.7, 0.3)),
    ],
)
def test_thresholds_are_written_as_a_range_or_a_list(text: str, values: tuple[float]) -> None:
    assert thresholds(text) == values


@pytest.mark.parametrize(
    "text",
    [
        *("", "half", "0.3:0.9", "0.3:0.9:0", "0.3:0.9:-0.1", "0.9:0.3:0.1", "0.3:0.9:0.1:2"),
        *("1.5", "nan", "0.3:nan:0.1", "nan:0.9:0.1", "0.3:0.9:nan", "0.3:inf:0.1", "0.3;0.5"),
        *("0,0.5", "0.3:0.9,0.1", "0.5,", "0.0001:1:0.0001", "0.3:0.9:1e-320"),
        ",".join(["0.5"] * 101),
    ],
)
def test_other_thresholds_are_refused(text: str) -> None:
    with pytest.raises(OptionError, match="--tiou"):
        thresholds(text)
