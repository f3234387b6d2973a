"""The device of the settings, as the worker and the commands use it.

`python -m review_app.device` prints it.
"""

import sys

import torch

from inference.device import DeviceError, best_device, device_name
from review_app.settings import Settings, load_settings


def chosen_device(settings: Settings) -> torch.device:
    """Raises DeviceError when the settings want a GPU and there is none; it names the setting."""
    try:
        return best_device(settings.device)
    except DeviceError as error:
        raise DeviceError(f"{error} The setting is REHAB_REVIEW_DEVICE.") from error


if __name__ == "__main__":
    try:
        device = chosen_device(load_settings())
    except DeviceError as error:
        sys.exit(str(error))
    print(f"{device.type} ({device_name(device)})")
