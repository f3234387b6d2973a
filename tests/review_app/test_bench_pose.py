"""The benchmark of stage 1: every runtime is measured, and the best batch is kept."""

import json
from pathlib import Path

from rich.console import Console
from torch import Tensor, nn

from review_app.bench import pose


class Small(nn.Module):
    """Heatmaps at a quarter of the size, as HRNet gives them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 17, 4, 4), nn.BatchNorm2d(17)

    def forward(self, x: Tensor) -> Tensor:
        heatmaps: Tensor = self.norm(self.conv(x))
        return heatmaps


def test_each_runtime_has_a_figure(tmp_path: Path) -> None:
    figures = pose.run(
        networks={"small": Small}, movenet=tmp_path / "none", batches=(1, 2), seconds=0.0
    )
    assert json.loads(json.dumps(figures)) == figures
    rows = {row["runtime"]: row for row in figures["networks"]}
    assert {"ONNX Runtime fp32", "torch fp32", "torch bf16"} <= set(rows)
    for row in figures["networks"]:
        assert row["network"] == "small"
        assert row["ms_a_crop"] > 0
        assert row["batch"] in (1, 2) or "CUDA" in row["runtime"]
    assert "left out" in figures["litert"]
    shown = Console(width=200)
    with shown.capture() as text:
        shown.print(pose.report(figures))
    assert "small" in text.get() and figures["machine"]["cpu"] in text.get()
