"""The benchmark of soft-NMS compares results before it says anything about time."""

import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from review_app.bench import nms as benchmark
from review_app.bench.timing import ResultsDifferError

SMALL = (
    benchmark.Case(900, 3, 50),
    benchmark.Case(900, 1, 2000),
    benchmark.Case(900, 1, 100, crowded=True),
)


def test_it_measures_both_and_prints_a_table() -> None:
    figures = benchmark.run(cases=SMALL, repeats=1, windows=1)
    assert json.loads(json.dumps(figures)) == figures
    for row in figures["cases"]:
        assert row["factor"] == pytest.approx(row["peer_ms"] / row["ours_ms"])
        assert 0 < row["kept"] <= row["limit"]
    assert figures["cases"][2]["overlaps"] > 10 * figures["cases"][0]["overlaps"]
    console = Console(width=120)
    with console.capture() as shown:
        console.print(benchmark.report(figures))
    assert "plain C++" in shown.get()


def test_other_results_are_refused(tmp_path: Path) -> None:
    proposals = SMALL[0].draw()
    peer = benchmark.compiled_peer(tmp_path)
    theirs = benchmark.peer_run(SMALL[0], proposals, peer)()
    assert benchmark.compare(benchmark.our_run(SMALL[0], proposals)(), theirs) == 50
    with pytest.raises(ResultsDifferError):
        benchmark.compare((theirs[0][::-1], theirs[1]), theirs)
    with pytest.raises(ResultsDifferError):
        benchmark.compare((theirs[0], np.nextafter(theirs[1], np.float32(0))), theirs)


def test_without_a_compiler_it_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(benchmark.PeerError, match="apt-get install g\\+\\+"):
        benchmark.run(cases=SMALL, repeats=1)


def test_overlaps_are_counted_within_a_class() -> None:
    segments = np.array([[0, 2], [1, 3], [2, 4], [0, 9]], np.float32)
    proposals = benchmark.Proposals(segments, np.ones(4, np.float32), np.array([0, 0, 0, 1]))
    assert benchmark.mean_overlaps(proposals) == 4 / 4  # 1, 2, 1 and none
