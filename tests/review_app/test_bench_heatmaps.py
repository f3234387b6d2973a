"""The benchmark of drawing compares heatmaps before it says anything about time."""

import numpy as np
import pytest
from rich.console import Console

from review_app.bench import heatmaps as benchmark
from review_app.bench.timing import ResultsDifferError


def test_it_measures_both_and_prints_a_table() -> None:
    figures = benchmark.run(cells=(8, 16), ticks=6, repeats=1)
    assert [row["cells"] for row in figures["rows"]] == [8, 16]
    for row in figures["rows"]:
        assert row["factor"] == pytest.approx(row["plain_ms"] / row["ours_ms"])
    console = Console(width=120)
    with console.capture() as shown:
        console.print(benchmark.report(figures))
    assert "16 x 16" in shown.get() and "6 ticks" in shown.get()


def test_other_heatmaps_are_refused() -> None:
    drawn = np.full((2, 17, 4, 4), 100, np.uint8)
    benchmark.compare(drawn, drawn + 1)  # rounding
    wrong = drawn.copy()
    wrong[1, 3, 2, 2] += 2
    with pytest.raises(ResultsDifferError):
        benchmark.compare(drawn, wrong)
