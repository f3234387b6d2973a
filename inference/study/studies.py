"""What each study consists of, and who takes part in which part of it."""

from dataclasses import dataclass
from enum import StrEnum

from inference.localize.train_settings import Network, Part
from inference.study.pieces import Features, Predicted, Sessions, Taught, Trained

EVERYBODY = (1, 2, 3, 4, 5, 6, 7, 8)
FOLDS = ((1, 2), (3, 4), (5, 6), (7, 8))  # each is measured by models of the other six
SEEDS = (0, 1, 2)  # of the localizer; the features have one
FILMED = (7, 8)  # the fold that is also measured on pixels

CURVE = ((3,), (3, 5), (1, 3, 5, 6), (1, 2, 3, 4, 5, 6))  # each with everybody of the one before

#: One of the legs, one of the whole body, one of an arm; nothing is trained on them beforehand.
NEW_EXERCISES = ("side_lunge", "sit_to_stand", "standing_shoulder_scaption")
LABELLED = (1, 2, 5, 10)  # recordings
DRAWS = (0, 1, 2)

DEVELOPED_ON, WATCHED = (1, 2, 3, 4), (5, 6)  # who settings were chosen on; never 7 and 8


class Study(StrEnum):
    """By what they are called on the command line."""

    FOLDS = "folds"
    SUBJECTS = "subjects"
    COLD_START = "cold-start"
    ABLATION = "ablation"


@dataclass(frozen=True)
class Row:
    """A row of a table of several seeds, in words and in pieces."""

    title: str
    pieces: tuple[Predicted, ...]


def pieces_of(study: Study) -> tuple[Predicted, ...]:
    """Everything that is measured; what says most comes first."""
    match study:
        case Study.FOLDS:
            first, *more = (_folds(seed) for seed in SEEDS)
            against = [Predicted(rival, who) for who in FOLDS for rival in rivals(who)]
            filmed = Predicted(ours(FILMED, SEEDS[0]), FILMED, Sessions.PIXELS)
            return (*first, *against, *(piece for each in more for piece in each), filmed)
        case Study.SUBJECTS:
            return _by_seed(curve())
        case Study.COLD_START:
            return _by_seed([*cold_start(Sessions.NEW), *cold_start(Sessions.ALL)])
        case Study.ABLATION:
            return _by_seed(ablation())


def ours(people: tuple[int, ...], seed: int) -> Trained:
    """The localizer that never saw the people of a fold."""
    return Trained(others(people), seed=seed)


def rivals(people: tuple[int, ...]) -> tuple[Trained, Trained]:
    """What it is compared with on the same fold: the published network, and joints alone."""
    return (
        Trained(others(people), network=Network.ACTIONFORMER),
        Trained(others(people), parts=(Part.HEATMAPS,)),
    )


def others(people: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(each for each in EVERYBODY if each not in people)


def curve() -> list[Row]:
    """More and more people to learn from, the same two to be measured on."""
    return [
        Row(
            f"{len(people)} ({', '.join(map(str, people))})",
            tuple(Predicted(Trained(people, seed=seed), FILMED) for seed in SEEDS),
        )
        for people in CURVE
    ]


def cold_start(sessions: Sessions) -> list[Row]:
    """For each number of labelled recordings: from what is known of other exercises, and from
    nothing. Measured where people do nothing but the new exercises, or all ten."""
    known = Trained(others(FILMED), Features(without=NEW_EXERCISES))
    return [
        Row(
            f"{recordings}, {'warm start' if warm else 'from nothing'}",
            tuple(
                Predicted(Taught(known, recordings, draw, warm), FILMED, sessions) for draw in DRAWS
            ),
        )
        for recordings in LABELLED
        for warm in (True, False)
    ]


def ablation() -> list[Row]:
    """On people that settings were chosen with; the folds are looked at once, for all of them."""

    def row(title: str, *, features: Features | None = None, network: Network = Network.REFINED,
            parts: tuple[Part, ...] = (), stride: int = 2) -> Row:  # fmt: skip
        def model(seed: int) -> Trained:
            return Trained(DEVELOPED_ON, features or Features(), seed, network, parts, stride)

        return Row(title, tuple(Predicted(model(seed), WATCHED) for seed in SEEDS))

    return [
        row("published ActionFormer, learning rate tuned", network=Network.ACTIONFORMER),
        row("ours"),
        *(row(f"ours without {part.value}", parts=(part,)) for part in Part),
        row("ours, 4 ticks a step", stride=4),
        row("ours, features from the same people", features=Features(DEVELOPED_ON)),
    ]


def _folds(seed: int) -> list[Predicted]:
    return [
        Predicted(ours(people, seed), people, sessions)
        for people in FOLDS
        for sessions in (Sessions.ALL, Sessions.CORRECT, Sessions.CALIBRATION)
    ]


def _by_seed(rows: list[Row]) -> tuple[Predicted, ...]:
    """All rows with their first seed, then all with their second."""
    return tuple(
        piece for same in zip(*(row.pieces for row in rows), strict=True) for piece in same
    )
