"""Options that several commands share."""

from typing import Annotated

import typer

from inference import presets

PRESET_HELP = f"Which networks: {', '.join(known.name for known in presets.PRESETS)}."

#: The name of a preset; `inference.presets.named` refuses unknown ones with a sentence.
PresetName = Annotated[str, typer.Option("--preset", help=PRESET_HELP)]

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

Replace = Annotated[
    bool,
    typer.Option("--replace", help="Weights of that name may be there already; a copy is kept."),
]
