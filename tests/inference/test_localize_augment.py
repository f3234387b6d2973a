"""Augmentation: what stays, what goes, and that a seed decides it."""

from dataclasses import replace

import torch

from inference.localize.augment import Augmentation, augmented
from inference.localize.batches import Batch, collate
from inference.localize.kinematics import mirrored
from tests.inference.localizer_sessions import session

NOTHING = Augmentation(0, 0, 0, 0, 0, 0, 0, 0)
COUNT = 8


def batch() -> Batch:
    return collate([session(seed, ticks=96) for seed in range(COUNT)], 96)


def changed(settings: Augmentation, seed: int = 0) -> Batch:
    return augmented(batch(), settings, torch.Generator().manual_seed(seed))


def test_nothing_asked_nothing_changed() -> None:
    before, after = batch(), changed(NOTHING)
    for name, value in vars(before).items():
        assert torch.equal(getattr(after, name), value), name


def test_flipped_sequences_are_mirrored_and_do_without_features() -> None:
    before, after = batch(), changed(replace(NOTHING, flip=0.5))
    other, _ = mirrored(before.points, before.confidence)
    flipped = [bool(torch.equal(after.points[i], other[i])) for i in range(COUNT)]
    assert 0 < sum(flipped) < COUNT
    for i, flip in enumerate(flipped):
        assert flip or torch.equal(after.points[i], before.points[i])
        assert bool(after.features[i].any()) is not flip


def test_some_do_without_features_although_nothing_else_changes() -> None:
    after = changed(replace(NOTHING, without_features=0.5))
    kept = after.features.flatten(1).any(1)
    assert 0 < int(kept.sum()) < COUNT and torch.equal(after.points, batch().points)


def test_everything_together_is_finite_and_decided_by_the_seed() -> None:
    settings = Augmentation(occlusion=0.8)
    one, same, other = changed(settings), changed(settings), changed(settings, seed=1)
    assert torch.equal(one.points, same.points) and torch.equal(one.confidence, same.confidence)
    assert not torch.equal(one.points, other.points)
    assert torch.isfinite(one.points).all()
    assert one.confidence.min() > 0 and one.confidence.max() <= 1
    away = (one.points - batch().points).norm(dim=-1)
    assert 0 < float(away.median()) < 0.4  # trunk lengths: the movement is still the same


def test_augmentation_leaves_its_batch_alone() -> None:
    before = batch()
    augmented(before, Augmentation(occlusion=0.8), torch.Generator().manual_seed(0))
    assert torch.equal(before.points, batch().points)
    assert torch.equal(before.confidence, batch().confidence)


def test_absent_people_stay_absent() -> None:
    before = batch()
    before.confidence[:, 20:40] = 0
    after = augmented(before, Augmentation(), torch.Generator().manual_seed(0))
    assert torch.equal(after.confidence == 0, before.confidence == 0)


def test_hidden_joints_move_and_lose_confidence_for_a_while() -> None:
    before, after = batch(), changed(replace(NOTHING, occlusion=0.7))
    hidden = after.confidence < before.confidence
    assert 0.001 < float(hidden.float().mean()) < 0.5
    assert torch.equal(after.points[~hidden], before.points[~hidden])
    assert (after.points[hidden] != before.points[hidden]).any(-1).all()
