"""The weights that every parity test fills its network with are the described ones."""

import zlib

import numpy as np

from tests.parity_files import SHARED, ParityFolder, parity_folder
from tests.parity_weights import weight_from_name


def test_parity_weights_follow_from_their_names() -> None:
    parity_folder("hrnet")  # skips where the reference numbers are absent
    rule = ParityFolder(SHARED / "parity").json("weights_rule_check.json")
    example = rule["input_example"]
    generator = np.random.RandomState(example["seed"])
    values = generator.standard_normal(tuple(example["shape"])).astype(np.float32)
    np.testing.assert_array_equal(values.ravel(), np.float32(example["values"]))
    checks = rule["tensors"]
    assert len(checks) > 10
    for check in checks:
        name = check["name"]
        assert zlib.crc32(name.encode()) == check["crc32"]
        value = weight_from_name(name, tuple(check["shape"]))
        assert value.dtype == np.float32 and value.shape == tuple(check["shape"])
        first = value.ravel()[: len(check["first_values"])]
        np.testing.assert_array_equal(first, np.float32(check["first_values"]), err_msg=name)
        total, absolute = value.sum(dtype=np.float64), np.abs(value).sum(dtype=np.float64)
        np.testing.assert_allclose(total, check["sum"], rtol=1e-9, atol=1e-9, err_msg=name)
        np.testing.assert_allclose(absolute, check["abs_sum"], rtol=1e-9, err_msg=name)
