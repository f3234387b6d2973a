"""What a weight file says about where its numbers come from."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.training.processes import launched
from inference.weights.kept import sha256_of, sidecar

UIPRMD_SHA256 = "3f6cc6401e80b2a8690f632ab2365ff1880feea535c78a3ccc1ce65c3ed776de"


@dataclass(frozen=True)
class Source:
    """data: what was trained on, in words. licence: of the weights and of the data."""

    data: str
    licence: str


def source_of(motions: Path | None, *, invented: bool) -> Source:
    """Of weights trained on sessions of `motions`, None where nobody's recordings were, and of
    people whom this program invents."""
    nobody = "sessions of invented people (inference/synthesis)"
    seen = "seen through random virtual cameras"
    if motions is None:
        return Source(f"{nobody}, {seen}", "MIT")
    found = sha256_of(motions)
    if found == UIPRMD_SHA256:
        name = "UI-PRMD (Vakanski et al., Data 3(1):2, 2018), joints in COCO-17"
        licence = "MIT; the data: PDDL 1.0"
    else:
        name = f"the recorded motions {motions.name} (sha256 {found})"
        licence = "MIT; the data: as its authors say"
    made = f"{name}, spliced into sessions with background, "
    return Source(f"{made}and {nobody}, {seen}" if invented else f"{made}{seen}", licence)


def start_of(start: Path | None) -> dict[str, Any] | None:
    """The weights that a training began with: their file, its hash, and what they say of their own
    training, back to the first. None where it began from nothing."""
    if start is None:
        return None
    about = sidecar(start)
    kept = ("data", "split", "classes_left_out", "seed", "command", "start")
    return {
        "file": start.name,
        "sha256": sha256_of(start),
        **{name: about[name] for name in kept if name in about},
    }


def command() -> str:
    """The command line that this process was started with."""
    size = launched().size
    program = ["rehab-review"]
    if size > 1:
        # Without the dashes torchrun takes --logs and --start for options of its own.
        program = ["torchrun", "--nproc-per-node", str(size), "-m", "--", "review_app.cli"]
    return shlex.join([*program, *sys.argv[1:]])
