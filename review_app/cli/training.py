"""What the commands that make the weights of a preset share."""

from pathlib import Path
from typing import Annotated

import typer

train_app = typer.Typer(no_args_is_help=True, help="Train the weights of stage 2 or stage 3.")

MotionsFile = typer.Option(
    help="Recorded motions: one (frames, 17, 3) array of metres a recording.",
    exists=True,
    dir_okay=False,
)
RecordingsFile = typer.Option(
    help="What is done in each of them by whom, with its repetitions.", exists=True, dir_okay=False
)

#: The two files of `inference.synthesis.recordings.load_recordings`.
Motions = Annotated[Path, MotionsFile]
Recordings = Annotated[Path, RecordingsFile]

Subjects = Annotated[
    str | None,
    typer.Option(
        help="People to train on, as 1,2,3; by default all who are recorded but for --validation.",
        show_default=False,
    ),
]
Validation = Annotated[
    str | None,
    typer.Option(
        help="People to watch progress on, never trained on; by default nobody.",
        show_default=False,
    ),
]
WithoutClasses = Annotated[
    str | None,
    typer.Option(help="Exercises to leave out of everything, as a,b.", show_default=False),
]
Seed = Annotated[int, typer.Option(help="The same seed gives the same training.", min=0)]
Steps = Annotated[
    int | None,
    typer.Option(help="Steps to train; by default those of the settings.", min=1),
]
Logs = Annotated[
    Path | None,
    typer.Option(help="Folder for logs that tensorboard reads; in it one for each weight file."),
]
Out = Annotated[
    Path | None,
    typer.Option(help="Where they go; by default where the preset looks for them."),
]


class TrainOptionError(Exception):
    """An option of a training that cannot be understood."""


def people(
    recordings: Path | None, subjects: str | None, validation: str | None, *, any_trained: bool
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Whom to watch and whom to train on, by --validation and --subjects.

    any_trained: False where nobody's recordings are trained on. Raises TrainOptionError and
    RecordingsError.
    """
    from inference.synthesis.recordings import everybody

    watched, trained = numbers("--validation", validation), numbers("--subjects", subjects)
    if not any_trained and trained:
        raise TrainOptionError("--subjects are not trained on where all sessions are invented.")
    if any_trained and not trained and recordings is not None:
        trained = tuple(each for each in everybody(recordings) if each not in watched)
        if not trained:
            raise TrainOptionError(
                "--validation names everybody who was recorded: leave somebody to train on."
            )
    return watched, trained


def numbers(option: str, given: str | None) -> tuple[int, ...]:
    """ "1,2,3" -> (1, 2, 3); nothing given, nothing. Raises TrainOptionError."""
    try:
        return tuple(int(part) for part in names(given))
    except ValueError:
        raise TrainOptionError(
            f"{option} takes numbers with commas between them, such as 1,2,3, not {given!r}."
        ) from None


def names(given: str | None) -> tuple[str, ...]:
    """ "a, b" -> ("a", "b"); nothing given, nothing."""
    return tuple(part.strip() for part in (given or "").split(",") if part.strip())
