"""The benchmark of the localizer compares results before it says anything about time."""

from dataclasses import replace

import pytest
import torch
from rich.console import Console

from inference.localize.actionformer.configurations import REHAB
from review_app.bench import localizer as benchmark
from review_app.bench.timing import ResultsDifferError

SMALL = benchmark.Case("small", replace(REHAB, input_dim=8, width=16), steps=70, max_steps=512)


def test_it_measures_both_and_prints_a_table() -> None:
    figures = benchmark.run(cases=[SMALL], repeats=1)
    (row,) = figures["cases"]
    assert row["factor"] == pytest.approx(row["peer_ms"] / row["ours_ms"])
    assert (row["ours_padded_to"], row["peer_padded_to"]) == (128, 512)
    assert 0 < row["difference"] <= benchmark.TOLERANCE
    assert row["ours_peak_bytes"] > 50_000_000
    console = Console(width=140)
    with console.capture() as shown:
        console.print(benchmark.report(figures))
    assert "as published" in shown.get()


@pytest.mark.parametrize("steps", [70, 512, 513])
def test_other_results_are_refused(steps: int) -> None:
    case = replace(SMALL, steps=steps)
    model, peer = case.ours(), case.peer()
    peer.load_state_dict(model.state_dict(), assign=True)
    with torch.inference_mode():
        ours = benchmark.our_run(model, case.features())()
        theirs = benchmark.peer_run(peer, case.features())()
        benchmark.compare(ours, theirs)
        wrong = replace(ours[2], offsets=ours[2].offsets + 2 * benchmark.TOLERANCE)
        with pytest.raises(ResultsDifferError):
            benchmark.compare([*ours[:2], wrong, *ours[3:]], theirs)
