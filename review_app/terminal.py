"""What the command line shows: progress bars, tables and plain refusals."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

import inference.progress

console = Console(emoji=False)  # a colon in somebody's file name is a colon
errors = Console(stderr=True, emoji=False)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Print this project's own errors as the sentence they carry, and leave with code 1.

    Anything else is a defect and keeps its trace.
    """
    try:
        yield
    except Exception as error:
        if type(error).__module__.split(".")[0] not in ("inference", "review_app", "db"):
            raise
        said = "\n".join(map(printable, str(error).split("\n")))
        errors.print(said, style="bold red", highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        errors.print("Stopped.")
        raise typer.Exit(130) from None


@contextmanager
def bar(what: str) -> Iterator[inference.progress.Progress]:
    """A progress bar on standard error; yields the callback that moves it."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=errors, transient=True, disable=not errors.is_terminal
    ) as shown:
        task = shown.add_task(what, total=None)

        def move(done: float, total: float) -> None:
            shown.update(task, completed=done, total=total or None)

        yield move


class Bars(ExitStack):
    """One progress bar after the other: each stage closes that of the stage before."""

    def __init__(self, of: str = "") -> None:
        """of: what stands before every stage's name, a file name for example."""
        super().__init__()
        self._of = of

    def __call__(self, stage: str) -> inference.progress.Progress:
        self.close()
        return self.enter_context(bar(f"{self._of}: {stage}" if self._of else stage))


def printable(text: str) -> str:
    """What came from elsewhere, with escapes for characters that a terminal would act on or that
    have no shape."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def table(*columns: str) -> Table:
    """An empty table in the house style."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column)
    return made
