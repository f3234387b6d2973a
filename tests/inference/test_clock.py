"""Seconds, frames and ticks agree whatever the frame rate, and never through n / fps."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inference.video.clock import (
    MODEL_HZ,
    frame_at,
    nearest_edge,
    seconds_to_frames,
    ticks,
)

# Frame durations from 120 fps to one picture a second, in any order: variable frame rate.
recordings = st.lists(st.floats(1 / 120, 1.0), min_size=1, max_size=80).map(
    lambda durations: np.concatenate([[0.0], np.cumsum(durations)])
)


@given(recordings)
def test_the_start_and_the_middle_of_a_frame_are_that_frame(times: np.ndarray) -> None:
    for frame in range(len(times) - 1):
        assert frame_at(times, (times[frame] + times[frame + 1]) / 2) == frame
        assert frame_at(times, times[frame]) == frame


@given(recordings, st.floats(-10, 100))
def test_every_moment_belongs_to_one_frame(times: np.ndarray, seconds: float) -> None:
    frame = frame_at(times, seconds)
    inside = min(max(seconds, 0.0), np.nextafter(times[-1], 0))
    assert times[frame] <= inside < times[frame + 1]


@given(recordings, st.floats(-10, 100))
def test_the_nearest_edge_is_nearest(times: np.ndarray, seconds: float) -> None:
    edge = nearest_edge(times, seconds)
    assert abs(times[edge] - seconds) == np.abs(times - seconds).min()


@given(recordings, st.data())
def test_a_segment_survives_the_way_to_seconds_and_back(
    times: np.ndarray, data: st.DataObject
) -> None:
    count = len(times) - 1
    start = data.draw(st.integers(0, count - 1))
    end = data.draw(st.integers(start + 1, count))
    assert seconds_to_frames(times, times[start], times[end]) == (start, end)


@given(recordings, st.floats(-10, 100), st.floats(-10, 100))
def test_a_segment_is_never_empty_and_inside_the_recording(
    times: np.ndarray, start_s: float, end_s: float
) -> None:
    start, end = seconds_to_frames(times, start_s, end_s)
    assert 0 <= start < end <= len(times) - 1


@given(recordings)
def test_each_tick_takes_the_nearest_frame(times: np.ndarray) -> None:
    frames = ticks(times)
    starts = times[:-1]
    grid = np.arange(len(frames)) / MODEL_HZ
    nearest = np.abs(starts[None, :] - grid[:, None]).min(axis=1)
    assert np.allclose(np.abs(starts[frames] - grid), nearest, atol=0)
    assert (np.diff(frames) >= 0).all()
    assert grid[-1] < times[-1] <= grid[-1] + 1 / MODEL_HZ + 1e-9


def test_thirty_frames_a_second_give_every_second_frame() -> None:
    assert ticks(np.arange(31) / 30).tolist() == list(range(0, 30, 2))
