"""How far stage 1 is off, in numbers; the shipped ones were measured on rendered videos."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

#: What `rehab-review fit-pose-errors` measured of the default estimator.
SHIPPED = Path(__file__).resolve().parents[2] / "weights" / "pose_errors.json"

JOINTS = (
    "nose", "left eye", "right eye", "left ear", "right ear", "left shoulder", "right shoulder",
    "left elbow", "right elbow", "left wrist", "right wrist", "left hip", "right hip",
    "left knee", "right knee", "left ankle", "right ankle",
)  # fmt: skip

PerJoint = tuple[float, ...]  # seventeen, COCO order


class PoseErrorsError(Exception):
    """An error model cannot be read or measured; the message is a plain sentence."""


@dataclass(frozen=True)
class PoseErrors:
    """How stage 1 errs. Lengths are in units of the crop's side; seventeen numbers are one a joint.

    jitter: standard deviation, each way, from tick to tick. wander: of errors that last about a
    second. bias: of errors that last all session. sessions: (least, most) factor on all three,
    drawn for a session.
    confidence: mean of a joint that is plainly seen; spread: its standard deviation over time.
    far_side: factor on the confidence of limbs behind the body in profile. face_away: the same of
    nose and eyes of a face turned away.
    dropouts_per_minute: of each limb. swaps_per_minute: of left and right; arms, legs or all.
    swapped_from_behind: chance that a back is taken for a front, for a session.
    ghost: how strongly a joint's map also answers at its left or right counterpart.
    width: (least, most) factor on the width of the answers, drawn for a session.
    """

    jitter: PerJoint = (0.0015,) * 17
    wander: PerJoint = (0.005,) * 17
    bias: PerJoint = (0.009,) * 17
    sessions: tuple[float, float] = (0.6, 2.5)
    confidence: PerJoint = (
        0.62, 0.7, 0.7, 0.7, 0.7, 0.85, 0.85, 0.78, 0.78, 0.72, 0.72, 0.88, 0.88, 0.82, 0.82, 0.82,
        0.82,
    )  # fmt: skip
    spread: PerJoint = (0.07,) * 17
    far_side: float = 0.7
    face_away: float = 0.4
    dropouts_per_minute: float = 0.7
    swaps_per_minute: float = 1.0
    swapped_from_behind: float = 0.5
    ghost: float = 0.35
    width: tuple[float, float] = (0.85, 1.3)

    @classmethod
    def fitted(cls) -> "PoseErrors":
        """Those of the default estimator, as shipped. Raises PoseErrorsError."""
        return cls.load(SHIPPED)

    @classmethod
    def load(cls, path: Path) -> "PoseErrors":
        """What `save` wrote. Raises PoseErrorsError."""
        try:
            return cls._checked(json.loads(path.read_text())["parameters"])
        except FileNotFoundError:
            problem = "is missing"
        except (OSError, ValueError, KeyError, TypeError):
            problem = "is damaged"
        remedy = "Make it again with `rehab-review fit-pose-errors"
        if path == SHIPPED:
            remedy = (
                "Restore it with `git checkout -- weights/pose_errors.json`, or make it again "
                "with `rehab-review fit-pose-errors"
            )
        replace = " --replace`" if problem == "is damaged" else "`"
        raise PoseErrorsError(f"The error model {path} {problem}. {remedy}{replace}.")

    def save(self, path: Path, about: Mapping[str, Any]) -> None:
        """Writes JSON for people and for `load`; `about` stands before the parameters.

        The file appears when it is whole.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        part.write_text(readable_json({**about, "parameters": asdict(self)}) + "\n")
        part.replace(path)

    @classmethod
    def _checked(cls, said: Mapping[str, Any]) -> "PoseErrors":
        """Exactly the fields, each a number or as many numbers as it should have."""
        known = {each.name: each.default for each in fields(cls)}
        if set(said) != set(known):
            raise ValueError("other parameters")
        values: dict[str, Any] = {}
        for name, usual in known.items():
            many = isinstance(usual, tuple)
            numbers = tuple(said[name]) if many else (said[name],)
            if len(numbers) != (len(usual) if isinstance(usual, tuple) else 1):
                raise ValueError(name)
            if not all(type(n) in (int, float) and 0 <= n < 1000 for n in numbers):
                raise ValueError(name)
            values[name] = tuple(map(float, numbers)) if many else float(numbers[0])
        return cls(**values)


def readable_json(content: Mapping[str, Any]) -> str:
    """Indented, lists of numbers on one line."""
    return _readable(content, "")


def _readable(value: Any, indent: str) -> str:
    inner = indent + "  "
    if isinstance(value, Mapping) and value:
        rows = [f"{inner}{json.dumps(k)}: {_readable(v, inner)}" for k, v in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if isinstance(value, (list, tuple)) and any(isinstance(each, Mapping) for each in value):
        rows = [inner + json.dumps(each) for each in value]
        return "[\n" + ",\n".join(rows) + f"\n{indent}]"
    return json.dumps(value)
