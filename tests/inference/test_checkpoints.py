"""Official checkpoints become safetensors, whatever they are wrapped in; others are refused."""

import argparse
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from inference.features.extract import FeatureExtractor
from inference.features.r2plus1d import R2Plus1D, r2plus1d_12, r2plus1d_18
from inference.localize.localizer import Localizer
from inference.localize.model_file import LocalizerConfig
from inference.pose.hrnet import hrnet_w32
from inference.pose.litehrnet import litehrnet_18
from inference.pose.networks import load_pose_network
from inference.weights.checkpoints import import_checkpoint
from inference.weights.kept import KeptError, State, kept_weights
from inference.weights.official import OFFICIAL_FILES, Arch, official_file
from inference.weights.state_dicts import CheckpointError, Tensors
from tests.parity_weights import fill_from_names


def filled(network: nn.Module) -> Tensors:
    fill_from_names(network)
    return network.state_dict()


@pytest.fixture(scope="module")
def lite() -> Tensors:
    return filled(litehrnet_18())


def saved(path: Path, content: Any, **options: Any) -> Path:
    torch.save(content, path, **options)
    return path


def same(path: Path, tensors: Tensors) -> bool:
    found = load_file(path)
    return found.keys() == tensors.keys() and all(
        torch.equal(found[name], values) for name, values in tensors.items()
    )


def test_a_checkpoint_of_mmpose_keeps_its_numbers_and_says_where_it_is_from(
    lite: Tensors, tmp_path: Path
) -> None:
    content = {"meta": {"epoch": 210, "config": "..."}, "state_dict": lite}
    file = saved(tmp_path / "lite.pth", content)
    made = import_checkpoint(file, Arch.LITEHRNET_18, tmp_path / "weights")
    assert made == tmp_path / "weights" / "litehrnet-18.safetensors"
    assert same(made, lite)
    about = json.loads(made.with_suffix(".json").read_text())
    assert about["original"] == {
        "file": "lite.pth", "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
    }  # fmt: skip
    assert about["sha256"] == hashlib.sha256(made.read_bytes()).hexdigest()
    assert about["arch"] == "litehrnet-18"
    network, model_hash = load_pose_network(made, Arch.LITEHRNET_18)
    assert model_hash == about["sha256"] and not network.training
    (kept,) = kept_weights(tmp_path / "weights")
    assert (kept.state, kept.what, kept.size) == (
        State.PRESENT, "litehrnet-18", made.stat().st_size,
    )  # fmt: skip
    made.write_bytes(made.read_bytes()[:-1])
    assert kept_weights(tmp_path / "weights")[0].state is State.DAMAGED
    made.with_suffix(".json").write_text("{")
    assert kept_weights(tmp_path / "weights")[0].state is State.UNDESCRIBED


def test_hrnet_comes_bare_in_the_old_format_or_under_the_names_of_mmpose(tmp_path: Path) -> None:
    tensors = filled(hrnet_w32())
    # As saved in 2019: no counters in batch normalisation, and not a zip file.
    old = {f"module.{n}": v for n, v in tensors.items() if not n.endswith("num_batches_tracked")}
    name = "pose_hrnet_w32_256x192.pth"
    file = saved(tmp_path / name, old, _use_new_zipfile_serialization=False)
    made = import_checkpoint(file, Arch.HRNET_W32, tmp_path)
    assert same(made, tensors)
    about = json.loads(made.with_suffix(".json").read_text())
    assert about["licence"] == "MIT" and "leoxiaobin" in about["source"]
    renamed = {
        f"{'keypoint_head' if n.startswith('final_layer') else 'backbone'}.{n}": v
        for n, v in tensors.items()
    }
    file = saved(tmp_path / "mmpose.pth", {"meta": {}, "state_dict": renamed})
    again = import_checkpoint(file, Arch.HRNET_W32, tmp_path, name="other")
    assert again.name == "other.safetensors" and same(again, tensors)


def test_what_does_not_fit_is_named_and_counted(lite: Tensors, tmp_path: Path) -> None:
    wrong = dict(lite)
    head = "keypoint_head.final_layer"
    wrong[f"{head}.weight"] = torch.zeros(16, 40, 1, 1)
    lost = [
        name for name in wrong if name.startswith("backbone.stem.conv1.") and "num_" not in name
    ]
    for name in lost:
        del wrong[name]
    wrong["fc.weight"] = torch.zeros(3)
    with pytest.raises(CheckpointError) as refused:
        import_checkpoint(saved(tmp_path / "a.pth", wrong), Arch.LITEHRNET_18, tmp_path)
    said = str(refused.value)
    assert f"{len(lost)} are missing ({', '.join(lost[:3])}, ...)" in said
    assert "1 is not part of this network (fc.weight)" in said
    assert f"{head}.weight is (16, 40, 1, 1) instead of (17, 40, 1, 1)" in said
    assert list(tmp_path.glob("*.safetensors")) == []

    broken = {**lite, f"{head}.bias": torch.full((17,), torch.nan)}
    with pytest.raises(CheckpointError, match=f"not a number everywhere \\({head}.bias\\)"):
        import_checkpoint(saved(tmp_path / "b.pth", broken), Arch.LITEHRNET_18, tmp_path)


class Trap:
    """Would make a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


class Command(Trap):
    """The same by a command of the system."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, (f"touch {self.path}",))


class Own:
    """Harmless, but a class all the same."""


@pytest.mark.parametrize("new_format", [True, False])
@pytest.mark.parametrize(
    ("kind", "named"),
    [(Trap, "getattr"), (Command, "posix.system"), (Own, f"{__name__}.Own")],
    ids=["function", "command", "class"],
)
def test_code_in_a_checkpoint_is_never_run(
    lite: Tensors, tmp_path: Path, kind: type, named: str, new_format: bool
) -> None:
    sprung = tmp_path / "sprung"
    extra = Own() if kind is Own else kind(sprung)
    content = {"state_dict": lite, "extra": extra}
    file = saved(tmp_path / "trap.pth", content, _use_new_zipfile_serialization=new_format)
    with pytest.raises(CheckpointError, match="reading those can run any code") as refused:
        import_checkpoint(file, Arch.LITEHRNET_18, tmp_path)
    assert f"it holds Python objects ({named})" in str(refused.value)
    assert not sprung.exists()


BIAS = "keypoint_head.final_layer.bias"


def test_what_is_no_dense_tensor_under_a_name_is_left_out(lite: Tensors, tmp_path: Path) -> None:
    inside: dict[Any, Any] = {**lite, 3: torch.zeros(1), "note": "by hand"}
    file = saved(tmp_path / "a.pth", {7: torch.zeros(1), "state_dict": inside})
    made = import_checkpoint(file, Arch.LITEHRNET_18, tmp_path)
    assert same(made, lite)
    for lost in (lite[BIAS].to_sparse(), lite[BIAS].to("meta"), "text"):
        file = saved(tmp_path / "b.pth", {**inside, BIAS: lost})
        with pytest.raises(CheckpointError, match=f"1 is missing \\({BIAS}\\)"):
            import_checkpoint(file, Arch.LITEHRNET_18, tmp_path, name="b")


@pytest.mark.parametrize("kind", ["complex64", "int64", "bool"])
def test_numbers_of_another_kind_are_refused(lite: Tensors, tmp_path: Path, kind: str) -> None:
    file = saved(tmp_path / "a.pth", {**lite, BIAS: torch.ones(17, dtype=getattr(torch, kind))})
    says = f"1 is of another kind of number \\({BIAS} holds {kind}\\)"
    with pytest.raises(CheckpointError, match=says):
        import_checkpoint(file, Arch.LITEHRNET_18, tmp_path)
    counter = next(name for name in lite if name.endswith("num_batches_tracked"))
    file = saved(tmp_path / "b.pth", {**lite, counter: torch.tensor(1.5)})
    with pytest.raises(CheckpointError, match=f"{counter} holds float32"):
        import_checkpoint(file, Arch.LITEHRNET_18, tmp_path)


def test_half_precision_and_tensors_that_share_memory_are_imported(
    lite: Tensors, tmp_path: Path
) -> None:
    first, second = [name for name, values in lite.items() if values.shape == (40,)][:2]
    tied = dict.fromkeys((first, second), torch.ones(40))
    file = saved(tmp_path / "lite.pth", {**lite, **tied, BIAS: lite[BIAS].half()})
    made = import_checkpoint(file, Arch.LITEHRNET_18, tmp_path)
    assert same(made, {**lite, **tied, BIAS: lite[BIAS].half().float()})


@pytest.mark.parametrize("umask", [0o022, 0o027])
def test_both_files_may_be_read_by_whom_the_umask_lets(
    lite: Tensors, tmp_path: Path, umask: int
) -> None:
    file, before = saved(tmp_path / "lite.pth", lite), os.umask(umask)
    try:
        made = import_checkpoint(file, Arch.LITEHRNET_18, tmp_path)
    finally:
        os.umask(before)
    for written in (made, made.with_suffix(".json")):
        assert written.stat().st_mode & 0o777 == 0o666 & ~umask


def test_damaged_and_absent_files_are_said_to_be(lite: Tensors, tmp_path: Path) -> None:
    whole = saved(tmp_path / "whole.pth", lite).read_bytes()
    half, hollow = whole[: len(whole) // 2], b"\x80\x02R."  # a call without a function
    damaged = {"half": half, "hollow": hollow, "text": b"hello", "empty": b""}
    for name, content in damaged.items():
        file = tmp_path / f"{name}.pth"
        file.write_bytes(content)
        with pytest.raises(CheckpointError, match=f"{name}.pth is damaged or not a PyTorch"):
            import_checkpoint(file, Arch.LITEHRNET_18, tmp_path)
    with pytest.raises(CheckpointError, match="There is no file"):
        import_checkpoint(tmp_path / "absent.pth", Arch.LITEHRNET_18, tmp_path)
    with pytest.raises(CheckpointError, match="/mem cannot be read: "):
        import_checkpoint(Path("/proc/self/mem"), Arch.LITEHRNET_18, tmp_path)
    with pytest.raises(CheckpointError, match="no named tensors"):
        saved(tmp_path / "list.pth", [1, 2])
        import_checkpoint(tmp_path / "list.pth", Arch.LITEHRNET_18, tmp_path)


def test_a_download_that_broke_off_is_told_by_the_checksum_in_its_name(
    lite: Tensors, tmp_path: Path
) -> None:
    checksums = {known.file_name: known.checksum for known in OFFICIAL_FILES}
    assert len(checksums) == len(OFFICIAL_FILES)
    assert checksums["litehrnet18_coco_256x192-6bace359_20211230.pth"] == "6bace359"
    assert checksums["r2plus1d_18-91a641e6.pth"] == "91a641e6"
    assert checksums["pose_hrnet_w32_256x192.pth"] == ""
    half = tmp_path / "litehrnet18_coco_256x192-6bace359_20211230.pth"
    half.write_bytes(saved(tmp_path / "whole.pth", lite).read_bytes()[:1000])
    with pytest.raises(CheckpointError, match=r"its name says 6bace359\. Download it again"):
        import_checkpoint(half, Arch.LITEHRNET_18, tmp_path)
    # A date in the name of somebody's own file is no checksum.
    own = saved(tmp_path / "lite_finetuned-20240101.pth", lite)
    assert official_file(own.name) is None
    assert same(import_checkpoint(own, Arch.LITEHRNET_18, tmp_path), lite)


def test_weights_of_the_same_name_are_replaced_only_when_told_and_then_kept(
    lite: Tensors, tmp_path: Path
) -> None:
    file = saved(tmp_path / "lite.pth", lite)
    made = import_checkpoint(file, Arch.LITEHRNET_18, tmp_path)
    former = json.loads(made.with_suffix(".json").read_text())
    other = {**lite, "keypoint_head.final_layer.bias": torch.ones(17)}
    saved(file, other)
    with pytest.raises(KeptError, match=r"there already.*repeat the command with --replace"):
        import_checkpoint(file, Arch.LITEHRNET_18, tmp_path)
    assert same(made, lite)
    assert import_checkpoint(file, Arch.LITEHRNET_18, tmp_path, replace=True) == made
    assert same(made, other)
    copy = tmp_path / f"litehrnet-18-{former['sha256'][:8]}.safetensors"
    assert same(copy, lite) and json.loads(copy.with_suffix(".json").read_text()) == former
    assert [kept.state for kept in kept_weights(tmp_path)] == [State.PRESENT, State.PRESENT]
    with pytest.raises(CheckpointError, match="cannot be a name"):
        import_checkpoint(file, Arch.LITEHRNET_18, tmp_path, name="../lite")


def test_stage_2_comes_from_torchvision_with_its_classifier(tmp_path: Path) -> None:
    tensors = filled(r2plus1d_18(3))
    classifier = {"fc.weight": torch.zeros(400, 512), "fc.bias": torch.zeros(400)}
    file = saved(tmp_path / "r2plus1d_18.pth", {**tensors, **classifier})
    made = import_checkpoint(file, Arch.R2PLUS1D_18, tmp_path)
    assert same(made, tensors)
    extractor = FeatureExtractor.load(made)
    assert (extractor.network.in_channels, extractor.network.layers) == (3, (2, 2, 2, 2))
    # The JSON beside it may still be that of other weights: what counts is what the file says.
    made.with_suffix(".json").write_text('{"config": {"in_channels": 17, "layers": [2, 3]}}')
    assert FeatureExtractor.load(made).model_hash == extractor.model_hash
    with pytest.raises(CheckpointError, match="does not fit r2plus1d-12"):
        import_checkpoint(file, Arch.R2PLUS1D_12, tmp_path)
    stem = "stem.0.weight"
    blind = {**tensors, stem: tensors[stem][:, :0]}
    with pytest.raises(CheckpointError, match=r"stem\.0\.weight is \(45, 0, 1, 7, 7\) instead of"):
        import_checkpoint(saved(tmp_path / "blind.pth", blind), Arch.R2PLUS1D_18, tmp_path)


def training_wrapper(backbone: R2Plus1D) -> dict[str, Any]:
    """A checkpoint of TSP training: two heads beside the features, and the arguments."""
    model = {f"features.{name}": values for name, values in backbone.state_dict().items()}
    for head in ("fc1", "fc2"):
        model |= {f"{head}.weight": torch.zeros(2, 128), f"{head}.bias": torch.zeros(2)}
    return {"model": model, "epoch": 3, "args": argparse.Namespace(lr=0.1)}


def test_a_localizer_reads_the_features_it_is_imported_with(tmp_path: Path) -> None:
    backbone = r2plus1d_12(17)
    tensors = filled(backbone)
    file = saved(tmp_path / "tsp.pth", training_wrapper(backbone))
    features = import_checkpoint(file, Arch.R2PLUS1D_12, tmp_path, name="hr-r2plus1d12-features")
    assert same(features, tensors)
    extractor = FeatureExtractor.load(features)

    # The published shape, made narrow: its widths are read from the tensors.
    config = LocalizerConfig(
        input_dim=128, width=16, heads=4, window=9, arch=(2, 2, 5),
        regression_ranges=((0, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 10000)),
        max_steps=256, step_s=1.0, features_model="",
    )  # fmt: skip
    running, mean = config.build(2).state_dict(), filled(config.build(2))
    checkpoint = {
        "epoch": 30,
        "state_dict": {f"module.{name}": values for name, values in running.items()},
        "state_dict_ema": {f"module.{name}": values for name, values in mean.items()},
        "optimizer": {"state": {}, "param_groups": [{"lr": 1e-4}]},
    }
    file = saved(tmp_path / "epoch_030.pth.tar", checkpoint)
    made = import_checkpoint(
        file, Arch.ACTIONFORMER_REHAB, tmp_path, features=features, classes=("lift", "squat")
    )
    localizer = Localizer.load(made)
    assert localizer.classes == ("lift", "squat")
    assert localizer.config.features_model == extractor.model_hash
    assert localizer.config.step_s == pytest.approx(2 / 15)
    kept = localizer.model.state_dict()
    assert all(torch.equal(kept[name], values) for name, values in mean.items())
    for arch, given, says in (
        (Arch.ACTIONFORMER_REHAB, {"features": features, "classes": ("lift",)}, "1 were named"),
        (Arch.ACTIONFORMER_REHAB, {"features": features, "classes": ("a", "a")}, "names a twice"),
        (Arch.ACTIONFORMER_REHAB, {"features": tmp_path}, f"{tmp_path} cannot be read"),
        (Arch.ACTIONFORMER_REHAB, {"classes": ("lift", "squat")}, "with --features"),
        (Arch.ACTIONFORMER_THUMOS_I3D, {"features": features}, "actionformer-rehab only"),
        (Arch.R2PLUS1D_12, {"classes": ("lift", "squat")}, "actionformer-rehab only"),
    ):
        with pytest.raises(CheckpointError, match=says):
            import_checkpoint(file, arch, tmp_path, name="refused", **given)
    for name, values in (
        ("backbone.embd.0.conv.weight", torch.zeros(0, 0, 3)),
        ("backbone.embd.0.conv.weight", torch.zeros(16, 0, 3)),
        ("backbone.embd.0.conv.weight", torch.zeros(1, 128, 3)),  # for 4 heads
        ("cls_head.cls_head.conv.weight", torch.zeros(0, 16, 3)),
    ):
        saved(file, {**mean, name: values})
        shape = ", ".join(map(str, values.shape))
        with pytest.raises(CheckpointError, match=f"{name} is \\({shape}\\) instead of"):
            import_checkpoint(
                file, Arch.ACTIONFORMER_REHAB, tmp_path, name="refused", features=features
            )
    assert not (tmp_path / "refused.safetensors").exists()
