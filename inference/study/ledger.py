"""The records of a workshop: each piece is made once, and goes on where it was stopped."""

import fcntl
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from inference.device import device_name
from inference.progress import Progress, silent
from inference.study.make import make, settings_of
from inference.study.pieces import Features, Piece, StudyError
from inference.study.workshop import Workshop
from inference.synthesis.pose_errors import PoseErrors
from inference.synthesis.sessions import SpliceSettings
from inference.training.provenance import command
from inference.weights.kept import sha256_of

NAMED = 4  # differences in a message before it only counts


class State(StrEnum):
    """OTHER: made with other settings or data, or from other pieces than there are now."""

    DONE = "done"
    STOPPED = "begun"
    MISSING = "not made yet"
    OTHER = "made otherwise"


@dataclass(frozen=True, eq=False)
class Ledger:
    """A record of each piece, in the workshop's folder `records`: its settings, the checksums of
    what it was made from, and the seconds it took."""

    shop: Workshop

    def file(self, piece: Piece) -> Path:
        return self.shop.out / "records" / f"{piece.name}.json"

    def record(self, piece: Piece) -> dict[str, Any]:
        """What is known of its making; empty where it was never begun. Raises StudyError."""
        try:
            said: dict[str, Any] = json.loads(self.file(piece).read_text())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise StudyError(
                f"{self.file(piece)} is damaged. Delete it, and the piece is made again."
            ) from error
        return said

    def state(self, piece: Piece) -> State:
        """Whether it is there and is what it would become if it were made now."""
        record = self.record(piece)
        if not record or (record["finished"] and not self.shop.file(piece).exists()):
            return State.MISSING
        if self.differences(piece):
            return State.OTHER
        return State.DONE if record["finished"] else State.STOPPED

    def differences(self, piece: Piece) -> list[str]:
        """The settings, data and needs that were others when it was made."""
        made, now = flat(self.record(piece)["made_with"]), flat(self.made_with(piece))
        return sorted(name for name in made | now if made.get(name) != now.get(name))

    def made_with(self, piece: Piece) -> dict[str, Any]:
        """All that decides what a piece becomes, but for the program itself; as JSON has it."""
        recorded = not isinstance(piece, Features) or bool(piece.people)
        said = {
            "settings": settings_of(piece, self.shop.recipe),
            "data": self.data if recorded else {},
            "splicing": asdict(SpliceSettings()) if recorded else {},
            "pose_errors": asdict(PoseErrors.fitted()),
            "needs": {need.name: self.record(need).get("sha256") for need in piece.needs},
        }
        plain: dict[str, Any] = json.loads(json.dumps(said))
        return plain

    @cached_property
    def data(self) -> dict[str, str]:
        """Checksums of the recorded motions."""
        return {
            "motions": sha256_of(self.shop.motions),
            "recordings": sha256_of(self.shop.recordings),
        }

    def make(self, piece: Piece, progress: Callable[[str], Progress] = lambda _: silent) -> bool:
        """Makes the piece if it is not there; what it needs must be.

        False where another process is making it. Raises StudyError where it was made otherwise or
        something it needs is absent, and what the making raises.
        """
        for need in piece.needs:
            if (state := self.state(need)) is not State.DONE:
                raise StudyError(f"{piece.name} needs {need.name}, which is {state.value}.")
        with claimed(self.file(piece).with_suffix(".lock")) as free:
            if not free:
                return False
            state = self.state(piece)
            if state is State.OTHER:
                raise StudyError(self.otherwise(piece))
            if state is not State.DONE:
                self._make(piece, progress)
        return True

    def _make(self, piece: Piece, progress: Callable[[str], Progress]) -> None:
        began, before = time.monotonic(), self.record(piece).get("seconds", 0.0)
        record = {
            "finished": False,
            "device": f"{self.shop.device.type}, {device_name(self.shop.device)}",
            "command": command(),
            "made_with": self.made_with(piece),
        }
        try:
            self.write(piece, record | {"seconds": before})
            self.shop.file(piece).parent.mkdir(parents=True, exist_ok=True)
            make(self.shop, piece, progress)
            record |= {"finished": True, "sha256": sha256_of(self.shop.file(piece))}
        finally:
            seconds = round(before + time.monotonic() - began, 1)
            self.write(piece, record | {"seconds": seconds})

    def otherwise(self, piece: Piece) -> str:
        names = self.differences(piece)
        shown = ", ".join(names[:NAMED])
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        return (
            f"{piece.name} was made otherwise than it would be now. Different: {shown}{more}. "
            f"Delete {self.file(piece)} to make it again, or choose another folder."
        )

    def write(self, piece: Piece, record: dict[str, Any]) -> None:
        """Keeps what is known of its making now."""
        path = self.file(piece)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(record, indent=2) + "\n")
        new.replace(path)


@contextmanager
def claimed(path: Path) -> Iterator[bool]:
    """Whether nobody else holds the lock file; the kernel frees it when its holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def flat(nested: dict[str, Any], above: str = "") -> dict[str, Any]:
    """Nested dictionaries as one, with dotted names."""
    found: dict[str, Any] = {}
    for name, value in nested.items():
        found |= (
            flat(value, f"{above}{name}.") if isinstance(value, dict) else {above + name: value}
        )
    return found
