"""The pieces that studies are made of: trainings, and predictions for people they never saw.

A piece is named by what it is made from, so studies that need the same piece share it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from inference.localize.train_settings import Network, Part
from inference.synthesis.recordings import in_words


class StudyError(Exception):
    """A study cannot go on; the message is a sentence for people."""


class Sessions(StrEnum):
    """What somebody is measured on.

    all: the benchmark. correct: the same without what was done wrongly on purpose. calibration:
    like the benchmark, from another seed; calibrations are fitted on them, nothing is measured.
    new: only the exercises that were left out of training. pixels: the benchmark, filmed.
    """

    ALL = "all"
    CORRECT = "correct"
    CALIBRATION = "calibration"
    NEW = "new"
    PIXELS = "pixels"


@dataclass(frozen=True)
class Features:
    """Weights of stage 2, which learn from invented people. people: whose recordings they learn
    from afterwards, if anybody's. without: exercises left out of both.
    """

    people: tuple[int, ...] = ()
    without: tuple[str, ...] = ()
    suffix: ClassVar[str] = ".safetensors"

    @property
    def name(self) -> str:
        return f"features/{self.short}"

    @property
    def short(self) -> str:
        who = digits(self.people) or "invented"
        return f"{who}-without-{len(self.without)}" if self.without else who

    @property
    def start(self) -> "Features | None":
        """Weights to begin with."""
        return Features((), self.without) if self.people else None

    @property
    def needs(self) -> "tuple[Piece, ...]":
        return (self.start,) if self.start else ()


@dataclass(frozen=True)
class Trained:
    """A localizer from nothing. people: whose recordings it learns from, without the exercises that
    its features were made without. parts: what its network or training does without. stride: ticks
    a step of its finest level."""

    people: tuple[int, ...]
    features: Features = field(default_factory=Features)
    seed: int = 0
    network: Network = Network.REFINED
    parts: tuple[Part, ...] = ()
    stride: int = 2
    suffix: ClassVar[str] = ".safetensors"

    @property
    def name(self) -> str:
        return f"localizers/{self.short}"

    @property
    def short(self) -> str:
        without = self.features.without
        kind = [f"without-{len(without)}"] * bool(without)
        kind += [f"without-{part.value}" for part in self.parts]
        kind += [f"stride{self.stride}"] * (self.stride != 2)
        kind += [self.network.value] * (self.network is not Network.REFINED)
        kind += [f"features{digits(self.features.people)}"] * bool(self.features.people)
        return "-".join([digits(self.people), *kind, f"seed{self.seed}"])

    @property
    def needs(self) -> "tuple[Piece, ...]":
        return (self.features,)


@dataclass(frozen=True)
class Taught:
    """A localizer for the exercises that `known` was made without, from a few labelled recordings
    of the same people. warm: begins with the weights of `known` instead of nothing. draw: which
    recordings; those of a smaller number are among those of a larger one."""

    known: Trained
    recordings: int
    draw: int
    warm: bool
    suffix: ClassVar[str] = ".safetensors"

    @property
    def features(self) -> Features:
        return self.known.features

    @property
    def people(self) -> tuple[int, ...]:
        return self.known.people

    @property
    def name(self) -> str:
        return f"localizers/{self.short}"

    @property
    def short(self) -> str:
        start = "warm" if self.warm else "nothing"
        return f"{digits(self.people)}-taught{self.recordings}-from-{start}-draw{self.draw}"

    @property
    def needs(self) -> "tuple[Piece, ...]":
        return (self.features, self.known) if self.warm else (self.features,)


@dataclass(frozen=True)
class Predicted:
    """What a localizer proposes, not calibrated, for sessions of `people`. Raises StudyError where
    one of them was trained on."""

    localizer: Trained | Taught
    people: tuple[int, ...]
    sessions: Sessions = Sessions.ALL
    suffix: ClassVar[str] = ".json"

    def __post_init__(self) -> None:
        if both := set(self.people) & trained_on(self):
            raise StudyError(f"{self.name}: trained on {in_words(both)}, who would be measured.")

    @property
    def name(self) -> str:
        return f"predictions/{self.localizer.short}-on-{digits(self.people)}-{self.sessions.value}"

    @property
    def needs(self) -> "tuple[Piece, ...]":
        return (self.localizer.features, self.localizer)


Piece = Features | Trained | Taught | Predicted


def trained_on(piece: Piece) -> set[int]:
    """Everybody whose recordings had a part in the weights behind a piece, those it started from
    included."""
    own = set() if isinstance(piece, Predicted) else set(piece.people)
    return own.union(*(trained_on(need) for need in piece.needs))


def with_needs(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces and all that they are made from, each once and after what it needs."""
    ordered: dict[Piece, None] = {}
    for piece in pieces:
        ordered.update(dict.fromkeys([*with_needs(piece.needs), piece]))
    return list(ordered)


def digits(people: tuple[int, ...]) -> str:
    """(1, 2, 5) -> "125"; from ten people on with dashes."""
    return ("" if all(number < 10 for number in people) else "-").join(map(str, people))
