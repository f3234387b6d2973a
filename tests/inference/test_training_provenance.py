"""What weight files say of the data that they learned from."""

from pathlib import Path

from inference.training.provenance import source_of
from inference.weights.kept import sha256_of


def test_invented_people_are_named_where_there_were_any(tmp_path: Path) -> None:
    motions = tmp_path / "ours.npz"
    motions.write_bytes(b"joints")
    both = source_of(motions, invented=True)
    alone = source_of(motions, invented=False)
    nobodys = source_of(None, invented=True)
    for source in (both, alone):
        assert source.data.startswith(f"the recorded motions ours.npz (sha256 {sha256_of(motions)}")
        assert source.licence == "MIT; the data: as its authors say"
    assert "invented" in both.data and "invented" not in alone.data
    assert nobodys.data.startswith("sessions of invented people") and nobodys.licence == "MIT"
