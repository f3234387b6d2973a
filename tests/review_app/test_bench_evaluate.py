"""The benchmark of the evaluation compares results before it says anything about time."""

from dataclasses import replace

import pytest
from rich.console import Console

from review_app.bench import evaluate as benchmark
from review_app.bench import evaluate_peer
from review_app.bench.timing import ResultsDifferError

SMALL = benchmark.Size(predictions=600, labels=60, videos=4, classes=3)


def test_it_measures_both_and_prints_a_table() -> None:
    figures = benchmark.run(size=SMALL, peer_share=0.5, repeats=1)
    assert figures["compared"]["predictions"] == 300
    compared = figures["compared"]
    assert compared["factor"] == pytest.approx(compared["peer_cpu_s"] / compared["ours_cpu_s"])
    console = Console(width=120)
    with console.capture() as shown:
        console.print(benchmark.report(figures))
    assert "pandas" in shown.get()


def test_other_results_are_refused() -> None:
    documents = benchmark.documents(SMALL)
    ours = benchmark.evaluated(*documents)
    expected = evaluate_peer.average_precision_by_class(*documents, benchmark.TIOUS)
    benchmark.compare(ours, expected)
    wrong = replace(ours.classes[0], ap=tuple(value + 1e-6 for value in ours.classes[0].ap))
    with pytest.raises(ResultsDifferError):
        benchmark.compare(replace(ours, classes=(wrong, *ours.classes[1:])), expected)
    with pytest.raises(ResultsDifferError):
        benchmark.compare(replace(ours, classes=ours.classes[1:]), expected)
