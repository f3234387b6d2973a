"""Every network of stage 1 as a torch module: untrained, or with the weights of its file."""

from pathlib import Path

from torch import nn

from inference.pose.movenet_numbers import load_lightning, load_multipose, load_thunder
from inference.pose.movenet_torch import MultiPose, lightning, thunder
from inference.pose.network_names import PoseNetwork
from inference.pose.networks import load_pose_network, pose_network
from inference.weights.kept import sha256_of
from inference.weights.official import Arch


def untrained(name: PoseNetwork) -> nn.Module:
    """The network with random weights."""
    match name:
        case PoseNetwork.MULTIPOSE:
            return MultiPose()
        case PoseNetwork.THUNDER:
            return thunder()
        case PoseNetwork.LIGHTNING:
            return lightning()
    return pose_network(Arch(name))


def load(name: PoseNetwork, file: Path) -> tuple[nn.Module, str]:
    """The network in eval mode and the sha256 of its file. Raises MoveNetFileError or
    CheckpointError when the file holds another one, OSError when it cannot be read."""
    match name:
        case PoseNetwork.MULTIPOSE:
            network: nn.Module = load_multipose(file)
        case PoseNetwork.THUNDER:
            network = load_thunder(file)
        case PoseNetwork.LIGHTNING:
            network = load_lightning(file)
        case _:
            return load_pose_network(file, Arch(name))
    return network.eval(), sha256_of(file)
