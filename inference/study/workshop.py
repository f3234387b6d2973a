"""What all pieces of studies are made with, and where they are put."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch

from inference.device import CPU
from inference.pose.movenet import MoveNet
from inference.pose.movenet_estimators import MoveNetTorch
from inference.study.pieces import Piece
from inference.study.recipe import Recipe

Stage1 = MoveNet | MoveNetTorch  # finds people and looks closely


@dataclass(frozen=True, eq=False)
class Workshop:
    """motions, recordings: the files of `load_recordings`. out: the folder for all pieces.
    stage_1: loads what looks at films; only pieces with pixels need it.
    """

    motions: Path
    recordings: Path
    out: Path
    recipe: Recipe = field(default_factory=Recipe)
    device: torch.device = CPU
    stage_1: Callable[[], Stage1] | None = None

    def file(self, piece: Piece) -> Path:
        """What the piece is, once it is made."""
        return self.out / f"{piece.name}{piece.suffix}"
