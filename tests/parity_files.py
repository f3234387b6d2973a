"""Reference numbers beside the checkout; tests that need them skip where they are absent."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SHARED = Path(__file__).parents[2] / "shared"


@dataclass(frozen=True)
class ParityFolder:
    path: Path

    def json(self, name: str) -> Any:
        return json.loads((self.path / name).read_text())

    def npz(self, name: str) -> dict[str, np.ndarray]:
        with np.load(self.path / name) as arrays:
            return dict(arrays)


def parity_folder(name: str) -> ParityFolder:
    path = SHARED / "parity" / name
    if not path.is_dir():
        pytest.skip(f"the reference numbers are not here: {path}")
    return ParityFolder(path)
