"""The torch MoveNets give the numbers of the published files: LiteRT and TF.js are run beside."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from inference.pose.movenet import LiteRT
from inference.pose.movenet_numbers import load_lightning, load_multipose, load_thunder
from inference.pose.movenet_torch import MultiPose, SinglePose
from inference.weights import fetched
from tests.inference.pictures import man, mannequins, shrunk
from tests.inference.real_files import real_file
from tests.inference.tfjs import TensorFlowJs, tensorflow_js

TOLERANCE = 1e-4


@cache
def lite_rt() -> LiteRT:
    return LiteRT(real_file(fetched.MOVENET).read_bytes())


@cache
def multipose() -> MultiPose:
    return load_multipose(real_file(fetched.MOVENET))


def in_torch(
    network: MultiPose | SinglePose, *pictures: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """People or poses, and heatmaps (B, h, w, 17)."""
    with torch.inference_mode():
        people, heatmaps = network(torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2))
    return people.numpy(), heatmaps.permute(0, 2, 3, 1).numpy()


@pytest.mark.parametrize("size", [(256, 256), (320, 192), (512, 288), (192, 320), (96, 416)])
@pytest.mark.parametrize("picture", [man, lambda: mannequins(3)], ids=["man", "mannequins"])
def test_parity_of_multipose_with_lite_rt_at_any_size(
    picture: Callable[[], NDArray[np.uint8]], size: tuple[int, int]
) -> None:
    image = shrunk(picture(), *size)
    people, heatmaps = lite_rt().run(image)
    found, maps = in_torch(multipose(), image)
    assert maps.shape[1:] == heatmaps.shape == (size[1] // 4, size[0] // 4, 17)
    np.testing.assert_allclose(maps[0], heatmaps, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(found[0], people, rtol=0, atol=TOLERANCE)


def test_parity_of_multipose_where_people_overlap() -> None:
    image = shrunk(mannequins(3, metres_apart=0.35), 320, 192)
    people, heatmaps = lite_rt().run(image)
    assert (people[:, 55] > 0.1).sum() == 3
    found, maps = in_torch(multipose(), image)
    np.testing.assert_allclose(maps[0], heatmaps, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(found[0], people, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("shade", [0, 90, 255])
def test_parity_of_multipose_where_nobody_is(shade: int) -> None:
    image = np.full((192, 320, 3), shade, np.uint8)
    people, heatmaps = lite_rt().run(image)
    found, maps = in_torch(multipose(), image)
    np.testing.assert_allclose(maps[0], heatmaps, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(found[0, :, 55], people[:, 55], rtol=0, atol=TOLERANCE)


def test_parity_of_multipose_in_a_batch() -> None:
    images = [shrunk(man(), 256, 256), shrunk(mannequins(2), 256, 256), shrunk(man(), 256, 256)]
    found, maps = in_torch(multipose(), *images)
    for n, image in enumerate(images):
        people, heatmaps = lite_rt().run(image)
        np.testing.assert_allclose(maps[n], heatmaps, rtol=0, atol=TOLERANCE)
        np.testing.assert_allclose(found[n], people, rtol=0, atol=TOLERANCE)


@pytest.fixture(scope="module")
def tf_js() -> Iterator[TensorFlowJs]:
    with tensorflow_js() as started:
        yield started


@pytest.mark.parametrize(
    ("weight", "load", "picture"),
    [
        (fetched.THUNDER, load_thunder, man),
        (fetched.LIGHTNING, load_lightning, man),
        (fetched.LIGHTNING, load_lightning, lambda: mannequins(1)),
    ],
    ids=["thunder", "lightning", "lightning, mannequin"],
)
def test_parity_of_single_pose_with_tf_js(
    tf_js: TensorFlowJs,
    weight: fetched.Weight,
    load: Callable[[Path], SinglePose],
    picture: Callable[[], NDArray[np.uint8]],
) -> None:
    network = load(real_file(weight))
    image = shrunk(picture(), network.side, network.side)
    heatmaps, poses = tf_js.run(
        real_file(weight), image, "StatefulPartitionedCall/Sigmoid", "Identity"
    )
    found, maps = in_torch(network, image)
    assert maps.shape == heatmaps.shape == (1, network.side // 4, network.side // 4, 17)
    np.testing.assert_allclose(maps, heatmaps, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(found[:, None], poses, rtol=0, atol=TOLERANCE)
    assert poses[..., 2].mean() > 0.3  # somebody was seen
