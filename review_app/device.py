"""The device of the settings, as the worker and the commands use it.

`python -m review_app.device auto` prints what that would be.
"""

import sys
from typing import cast

import torch

from inference.device import DeviceError, Wanted, best_device, device_name


def chosen_device(wanted: Wanted) -> torch.device:
    """wanted: `Settings.device`. Raises DeviceError, which names the setting, when a GPU is wanted
    and there is none."""
    try:
        return best_device(wanted)
    except DeviceError as error:
        raise DeviceError(f"{error} The setting is REHAB_REVIEW_DEVICE.") from error


if __name__ == "__main__":
    try:
        device = chosen_device(cast(Wanted, sys.argv[1]))
    except DeviceError as error:
        sys.exit(str(error))
    print(f"{device.type} ({device_name(device)})")
