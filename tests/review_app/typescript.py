"""TypeScript's compiler for the checks: two files of its npm package, run by Node.js alone."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from inference.weights.fetched import Weight
from inference.weights.packages import Tarball
from tests.inference.real_files import real_file

VERSION = "5.9.3"
LICENCE = "Apache-2.0"
SOURCE = "TypeScript, https://github.com/microsoft/TypeScript"
#: What a browser of today knows: ES2022 with all it builds on, and the DOM.
LIBRARIES = """
decorators decorators.legacy dom dom.iterable es2015 es2015.collection es2015.core
es2015.generator es2015.iterable es2015.promise es2015.proxy es2015.reflect es2015.symbol
es2015.symbol.wellknown es2016 es2016.array.include es2016.intl es2017 es2017.arraybuffer
es2017.date es2017.intl es2017.object es2017.sharedmemory es2017.string es2017.typedarrays es2018
es2018.asyncgenerator es2018.asynciterable es2018.intl es2018.promise es2018.regexp es2019
es2019.array es2019.intl es2019.object es2019.string es2019.symbol es2020 es2020.bigint
es2020.date es2020.intl es2020.number es2020.promise es2020.sharedmemory es2020.string
es2020.symbol.wellknown es2021 es2021.intl es2021.promise es2021.string es2021.weakref es2022
es2022.array es2022.error es2022.intl es2022.object es2022.regexp es2022.string es5
"""

COMPILER = Weight(
    name="typescript",
    origin=Tarball("typescript", VERSION, ("package/lib/_tsc.js",)),
    file_name="typescript.cjs",
    size=6_213_092,
    sha256="e8f349eabd48486bdb2bf9dc1a00c89d58297270c54b745838879e2859194419",
    licence=LICENCE,
    source=SOURCE,
)
LIBRARY = Weight(
    name="typescript-library",
    origin=Tarball(
        "typescript", VERSION, tuple(f"package/lib/lib.{name}.d.ts" for name in LIBRARIES.split())
    ),
    file_name="typescript-library.d.ts",
    size=2_376_087,
    sha256="5c0680190fef7de2e231e4b8325cfda020c6dfb7f3cd34149c950e881a31ba14",
    licence=LICENCE,
    source=SOURCE,
)


def node() -> str:
    """The path of Node.js; skips the test where there is none."""
    found = shutil.which("node") or shutil.which("nodejs")
    if found is None:
        pytest.skip("Node.js is not installed; `make test` installs it or says how.")
    return found


def complaints(project: Path, scratch: Path) -> str:
    """What the compiler says of a tsconfig.json with `lib` as above; nothing where all is well."""
    config = scratch / "tsconfig.json"
    library = {"lib": None, "noLib": True}  # the libraries are one file here
    files = {"files": [str(real_file(LIBRARY))]}
    config.write_text(json.dumps({"extends": str(project), "compilerOptions": library, **files}))
    command = [node(), str(real_file(COMPILER)), "--project", str(config), "--pretty", "false"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=project.parent)
    assert not done.stderr, done.stderr
    assert (done.returncode == 0) == (not done.stdout), done.stdout
    return done.stdout
