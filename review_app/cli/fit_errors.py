"""`rehab-review fit-pose-errors`: how the default pose estimator errs, measured on video."""

from pathlib import Path
from typing import Annotated

import typer

from review_app.settings import SHIPPED_WEIGHTS, load_settings
from review_app.terminal import Bars, console, plain_errors, table


def fit_pose_errors(
    clips: Annotated[int, typer.Option(help="How many videos of 40 s to make.", min=2)] = 10,
    seed: Annotated[int, typer.Option(help="Other people, rooms and cameras.", min=0)] = 1,
    out: Annotated[
        Path, typer.Option(help="The JSON file to write.", dir_okay=False)
    ] = SHIPPED_WEIGHTS / "pose_errors.json",
    replace: Annotated[
        bool, typer.Option("--replace", help="The file may be there already.")
    ] = False,
) -> None:
    """Measure the errors that training and `benchmark` give to simulated poses (ten minutes).

    Renders invented people whose joints are exactly known and lets stage 1 look for them.
    """
    with plain_errors(), Bars() as bars:
        from inference.pose.movenet import MoveNet
        from inference.synthesis import fit_errors
        from inference.synthesis.pose_errors import PoseErrorsError
        from inference.weights.fetched import MOVENET, fetch

        if out.exists() and not replace:
            raise PoseErrorsError(
                f"{out} is there already. Choose another name with --out, or repeat the command "
                "with --replace."
            )
        settings = load_settings()
        movenet = MoveNet(fetch(MOVENET, settings.weights, bars("weights")), settings.threads)
        found = fit_errors.fit_pose_errors(
            detector=movenet, estimator=movenet, clips=clips, seed=seed, progress=bars
        )
        command = f"rehab-review fit-pose-errors --clips {clips} --seed {seed} --replace"
        found.fit.errors.save(out, found.about(command))
    shown = table("joint", "median error", "90th percentile", "confidence")
    for joint in found.fit.joints:
        shown.add_row(
            joint.joint,
            *(f"{100 * a:.2f} / {100 * b:.2f} %" for a, b in (joint.median, joint.percentile_90)),
            "{:.2f} / {:.2f}".format(*joint.confidence),
        )
    console.print(shown)
    for name, reason in found.fit.kept.items():
        console.print(f"{name} could not be measured: {reason}.", highlight=False)
    console.print("Measured / model; errors in hundredths of the crop's side.", highlight=False)
    console.print(f"Written to {out}.", markup=False, highlight=False, soft_wrap=True)
