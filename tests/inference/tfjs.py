"""TF.js as an oracle: runs a graph model inside Chromium, on its plain JavaScript back end."""

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright

from inference.pose.movenet_numbers import split_tfjs
from inference.weights.fetched import Weight
from inference.weights.packages import Tarball
from tests.inference.real_files import real_file

LIBRARY = Weight(
    name="tfjs",
    origin=Tarball("@tensorflow/tfjs", "4.22.0", ("package/dist/tf.min.js",)),
    file_name="tf.min.js",
    size=1_469_843,
    sha256="300dfae273d20b4046f46a06d735688f03675a807561e9bcb5f664eb2f3d2831",
    licence="Apache-2.0",
    source="TensorFlow.js, https://github.com/tensorflow/tfjs",
)

_RUN = """async ([graph, numbers, picture, side, wanted]) => {
  const bytes = text => {
    const letters = atob(text), made = new Uint8Array(letters.length);
    for (let n = 0; n < made.length; n++) made[n] = letters.charCodeAt(n);
    return made;
  };
  await tf.setBackend('cpu');
  const model = await tf.loadGraphModel(tf.io.fromMemory({
    modelTopology: graph.modelTopology,
    weightSpecs: graph.weightsManifest.flatMap(group => group.weights),
    weightData: bytes(numbers).buffer,
  }));
  const input = tf.tensor(bytes(picture), [1, side, side, 3], 'int32');
  const outputs = [model.execute(input, wanted)].flat();
  return outputs.map(output => [output.shape, Array.from(output.dataSync())]);
}"""


@dataclass(frozen=True)
class TensorFlowJs:
    """A page in which the library is loaded."""

    page: Page

    def run(
        self, model: Path, picture: NDArray[np.uint8], *outputs: str
    ) -> list[NDArray[np.float32]]:
        """The named tensors of a graph model for one square RGB picture (side, side, 3)."""
        graph, numbers = split_tfjs(model)
        encoded = [base64.b64encode(part).decode() for part in (numbers, picture.tobytes())]
        found = self.page.evaluate(_RUN, [graph, *encoded, len(picture), list(outputs)])
        return [np.array(values, np.float32).reshape(shape) for shape, values in found]


@contextmanager
def tensorflow_js() -> Iterator[TensorFlowJs]:
    """Chromium with TF.js; leave it before the test module ends, because it owns an event loop."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "Chromium is not installed; `make test` installs it or says how."
    library = real_file(LIBRARY)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.add_script_tag(path=library)
        yield TensorFlowJs(page)
        browser.close()
