"""Figures of a training can be read where tensorboard reads them."""

import struct
from collections.abc import Iterator
from pathlib import Path

from tensorboardX.proto.event_pb2 import Event

from inference.training.event_log import EventLog


def events(folder: Path) -> Iterator[Event]:
    """What the event files hold, the oldest file first: records of a length, its checksum, the
    event and its checksum."""
    for file in sorted(folder.iterdir()):
        data = file.read_bytes()
        while data:
            (length,) = struct.unpack("<Q", data[:8])
            event = Event()
            event.ParseFromString(data[12 : 12 + length])
            yield event
            data = data[12 + length + 4 :]


def curve(folder: Path, name: str) -> list[tuple[int, float]]:
    """(step, value) of one figure, as written."""
    return [
        (event.step, round(value.simple_value, 4))
        for event in events(folder)
        for value in event.summary.value
        if value.tag == name
    ]


def test_each_figure_is_a_curve(tmp_path: Path) -> None:
    with EventLog(tmp_path / "logs") as log:
        log.add(1, {"loss": 2.5, "rate": 0.01})
        log.add(2, {"loss": 1.5, "rate": 0.02})
    assert curve(tmp_path / "logs", "loss") == [(1, 2.5), (2, 1.5)]
    assert curve(tmp_path / "logs", "rate") == [(1, 0.01), (2, 0.02)]


def test_a_training_that_goes_on_takes_back_what_came_after_its_checkpoint(tmp_path: Path) -> None:
    with EventLog(tmp_path, first=0) as log:
        log.add(1, {"loss": 2.5})
    with EventLog(tmp_path, first=1) as log:
        log.add(2, {"loss": 1.0})
    from_step = [e.step for e in events(tmp_path) if e.session_log.status == e.session_log.START]
    assert from_step == [0, 1]


def test_without_a_folder_nothing_is_written(tmp_path: Path) -> None:
    with EventLog(None) as log:
        log.add(1, {"loss": 2.5})
    assert not list(tmp_path.iterdir())
