"""The localizer says where it is at least every two seconds, and stops when told to."""

import time
from pathlib import Path

import numpy as np
import pytest

from inference.localize.localizer import Localizer
from inference.localize.train import TrainSettings, train_localizer
from inference.localize.waiting import while_reporting
from inference.progress import Cancelled
from tests.inference.localizer_data import CLASSES, recording
from tests.inference.test_localize_localizer import REFINED, track, written


def test_two_hours_in_which_everything_could_be_a_repetition(tmp_path: Path) -> None:
    path = written(tmp_path / "model.safetensors", REFINED)
    times, seconds = [time.process_time()], []

    def report(done: float, total: float) -> None:
        times.append(time.process_time())
        seconds.append(done)

    Localizer.load(path).propose(track(54_000), 7200.0, report)
    times.append(time.process_time())
    assert max(np.diff(times)) < 2.0
    assert seconds.count(7200.0) >= 2  # the last piece, and while the candidates are thinned out


def test_a_long_call_reports_and_can_be_left() -> None:
    calls: list[int] = []
    while_reporting(lambda: time.sleep(1.0), lambda: calls.append(1))
    assert len(calls) > 2

    def stop_at_the_third() -> None:
        calls.append(1)
        if len(calls) >= 3:
            raise Cancelled

    calls.clear()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        while_reporting(lambda: time.sleep(3.0), stop_at_the_third)
    assert time.monotonic() - began < 2.0


def test_what_a_long_call_raises_is_raised_here() -> None:
    def fail() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        while_reporting(fail, lambda: None)


def test_training_reports_for_every_piece_of_the_validation_recordings(tmp_path: Path) -> None:
    def calls(long: bool) -> int:
        """How often one round reports, with one validation recording of half an hour or of 40 s."""
        made: list[float] = []
        train_localizer(
            [recording(seed) for seed in range(2)],
            validation=[recording(9, seconds=1900.0 if long else 40.0)],
            classes=CLASSES,
            out=tmp_path / f"{long}.safetensors",
            warm_start=None,
            settings=TrainSettings(width=16, fine_width=16, heads=2, epochs=1),
            progress=lambda done, total: made.append(done),
        )
        return len(made)

    pieces = 6  # of 4096 ticks more, to propose twice; those for the loss are half as long
    assert calls(long=True) - calls(long=False) >= 4 * pieces
