"""Every network of stage 1 by name, and where its weights lie once somebody has got them."""

from enum import StrEnum
from pathlib import Path

from inference.weights import fetched
from inference.weights.official import OFFICIAL_FILES, Arch


class PoseNetwork(StrEnum):
    """The MoveNets have the names of their fetched weights, the others those of import."""

    MULTIPOSE = fetched.MOVENET.name
    THUNDER = fetched.THUNDER.name
    LIGHTNING = fetched.LIGHTNING.name
    HRNET_W32 = Arch.HRNET_W32.value
    HRNET_W48 = Arch.HRNET_W48.value
    LITEHRNET_18 = Arch.LITEHRNET_18.value
    LITEHRNET_30 = Arch.LITEHRNET_30.value


class NetworkMissingError(Exception):
    """The weights of a network are not here; the message names the command that gets them."""


def present(network: PoseNetwork, folder: Path) -> Path:
    """The weights in the folder of fetched and imported files. Raises NetworkMissingError."""
    fetched_as = {weight.name: weight.file_name for weight in fetched.WEIGHTS}
    file = folder / fetched_as.get(network, f"{network}.safetensors")
    if file.is_file():
        return file
    for official in OFFICIAL_FILES:
        if official.arch == network:
            raise NetworkMissingError(
                f"The weights of {network} are missing: {file}. Download {official.file_name} "
                f"({official.page}) and run `rehab-review weights import {official.file_name} "
                f"--arch {network}`, or name another file with --weights."
            )
    raise NetworkMissingError(
        f"The weights of {network} are missing: {file}. Run `rehab-review weights fetch {network}`."
    )
