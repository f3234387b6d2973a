"""What is exported of stage 3: its network between plain tensors, and what they mean."""

from typing import Any

import torch
from torch import Tensor, nn

from inference.export.onnx import Exportable, ExportError, Port
from inference.localize.actionformer.network import ActionFormer
from inference.localize.candidates import boundaries
from inference.localize.example import Scaling
from inference.localize.localizer import Localizer
from inference.localize.model_file import LocalizerConfig, RefinedConfig
from inference.localize.network import PASSES, RefinedActionFormer

JOINTS = 17
#: Which tick is the middle of a window, and which the median, is decided by rounding; of this share
#: of all values the last digit may have decided otherwise.
DECIDED_OTHERWISE = 0.002
LENGTHS = (1, 2, 7, 33, 64, 150)  # compared; in steps of the coarsest level


def localizer_part(localizer: Localizer, about: dict[str, Any]) -> Exportable:
    """The network of a localizer, whichever it has. Raises ExportError."""
    about = {
        "stage": "localizer",
        "model_hash": localizer.model_hash,
        "features_model": localizer.config.features_model,
        "classes": list(localizer.classes),
        **about,
    }
    config, model, scaling = localizer.config, localizer.model, localizer.scaling
    if isinstance(config, LocalizerConfig) and not config.kinematics:
        assert isinstance(model, ActionFormer)
        return published_part(model, scaling, classes=len(localizer.classes), about=about)
    if isinstance(config, RefinedConfig) and config.network.kinematics and config.network.features:
        assert isinstance(model, RefinedActionFormer)
        return refined_part(model, scaling, about)
    raise ExportError(
        "This localizer was made for a comparison: it does not read what localizers of its kind "
        "read. It is not exported."
    )


def refined_part(
    network: RefinedActionFormer, scaling: Scaling, about: dict[str, Any]
) -> Exportable:
    """From joints and features at each tick to a proposal of every step of every level."""
    config, coarsest = network.config, network.coarsest_stride
    ports = [
        Port(
            "points",
            (1, "ticks", JOINTS, 2),
            "float32",
            "joints in COCO order, x and y in trunk lengths around the usual place of the hips",
        ),
        Port("confidence", (1, "ticks", JOINTS), "float32", "0..1; 0 where the person is absent"),
        Port(
            "features",
            (1, "ticks", config.features),
            "float32",
            "as stage 2 gives them, in a straight line from the middle of one step to the next",
        ),
        Port("mask", (1, "ticks"), "bool", "true within the recording, false behind its end"),
    ]
    levels = config.levels
    steps = f"{2**levels - 1} * ticks / {coarsest} + {levels}"  # an empty one behind each level
    outputs = (
        Port("scores", (1, steps, config.classes), "float32", "0..1, of a repetition of a class"),
        Port("actionness", (1, steps), "float32", "0..1, of a repetition of anything"),
        Port(
            "boundaries",
            (1, steps, 2),
            "float32",
            "start and end in ticks; tick k is k / 15 s after the start",
            decided_otherwise=DECIDED_OTHERWISE,
        ),
        Port(
            "spreads",
            (1, steps, 2),
            "float32",
            "their standard deviations in ticks",
            decided_otherwise=DECIDED_OTHERWISE,
        ),
    )

    def example(ticks: int) -> tuple[Tensor, ...]:
        generator = torch.Generator().manual_seed(ticks)

        def noise(*shape: int) -> Tensor:
            return torch.randn(1, ticks, *shape, generator=generator)

        still = noise(JOINTS, 2)[:, :1]  # a person who moves a little
        length = ticks - coarsest // 2
        return (
            still + 0.1 * noise(JOINTS, 2).cumsum(1) / ticks**0.5,
            torch.rand(1, ticks, JOINTS, generator=generator),
            noise(config.features),
            torch.arange(ticks)[None] < length,
        )

    return Exportable(
        _Proposals(network, scaling),
        tuple(ports),
        outputs,
        example,
        traced=coarsest * 72,
        lengths=tuple(coarsest * n for n in LENGTHS),
        about={
            **about,
            "ticks_multiple_of": coarsest,
            "padding": f"the last tick again, so that {coarsest} to {2 * coarsest} ticks lie "
            "behind the end",
            "usual_place": "over all ticks in which any joint has a confidence above 0: the median "
            "of the middle of the hips; a trunk length is the 75th percentile of the distance from "
            "there to the middle of the shoulders. Points of absent ticks go in a straight line "
            "from the last seen to the next.",
            "then": "scores and spreads are raw: `calibration` of the weights' own JSON, soft-NMS "
            "and voting come after",
        },
    )


def published_part(
    model: ActionFormer, scaling: Scaling, *, classes: int, about: dict[str, Any]
) -> Exportable:
    """A published ActionFormer on a padded sequence; the heads of every level of the pyramid."""
    channels, coarsest = len(scaling.mean), model.coarsest
    inputs = (
        Port("features", (1, channels, "steps"), "float32", "as stage 2 gives them, then anything"),
        Port("mask", (1, "steps"), "bool", "true where there are features, false behind their end"),
    )
    outputs = []
    for level in range(len(model.regression_ranges)):
        stride = 2**level
        steps = f"steps / {stride}" if level else "steps"
        outputs += [
            Port(
                f"logits_{level}",
                (1, steps, classes),
                "float32",
                f"how much each class is under way at step {stride} * k, before the sigmoid",
            ),
            Port(
                f"offsets_{level}",
                (1, steps, 2),
                "float32",
                f"from there back to the start and on to the end, in units of {stride} steps",
            ),
        ]

    def example(steps: int) -> tuple[Tensor, ...]:
        generator = torch.Generator().manual_seed(steps)
        features = torch.randn(1, channels, steps, generator=generator)
        return features, torch.arange(steps)[None] < steps - coarsest // 2

    blocks = 3 * model.window if model.window > 1 else 8
    return Exportable(
        _Levels(model, scaling),
        inputs,
        tuple(outputs),
        example,
        traced=coarsest * max(blocks, 72),
        lengths=tuple(coarsest * n for n in LENGTHS),
        about={
            **about,
            "steps_multiple_of": coarsest,
            "padding": f"at least {coarsest} steps behind the end, so that the result is that of "
            "padding to the full length as published",
        },
    )


class _Proposals(nn.Module):
    """Scales the features as in training, and looks at every boundary as often as the localizer."""

    mean: Tensor
    spread: Tensor

    def __init__(self, network: RefinedActionFormer, scaling: Scaling) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.from_numpy(scaling.mean))
        self.register_buffer("spread", torch.from_numpy(scaling.spread))

    def forward(
        self, points: Tensor, confidence: Tensor, features: Tensor, mask: Tensor
    ) -> tuple[Tensor, ...]:
        scaled = (features - self.mean) / self.spread
        answer = self.network(points, confidence, scaled, mask)
        actionness = answer.logits[:, :, 0].sigmoid() * answer.mask
        scores = actionness[:, :, None] * answer.logits[:, :, 1:].softmax(-1)
        steps = torch.arange(answer.logits.shape[1])
        segments, spreads = boundaries(self.network, answer, steps, PASSES)
        return scores, actionness, segments[None], spreads[None]


class _Levels(nn.Module):
    """Scales the features as in training, silences what lies behind the end, and lists what the
    heads say: logits and offsets of each level."""

    mean: Tensor
    spread: Tensor

    def __init__(self, model: ActionFormer, scaling: Scaling) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("mean", torch.from_numpy(scaling.mean)[:, None])
        self.register_buffer("spread", torch.from_numpy(scaling.spread)[:, None])

    def forward(self, features: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        scaled = torch.where(mask[:, None], (features - self.mean) / self.spread, 0)
        levels = self.model(scaled, mask)
        return tuple(output for level in levels for output in (level.logits, level.offsets))
