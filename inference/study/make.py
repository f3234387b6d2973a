"""How each kind of piece is made from those that it needs."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from typing import Any

from inference.benchmark.pixels import pixel_tracks
from inference.benchmark.proposing import Seen
from inference.benchmark.sessions import BenchmarkSessions, benchmark_sessions
from inference.features.extract import FeatureExtractor
from inference.features.train import train_features
from inference.features.train_settings import TrainSettings as FeatureSettings
from inference.localize.augment import Augmentation
from inference.localize.decode import DecodeSettings
from inference.localize.example import Example
from inference.localize.localizer import Localizer
from inference.localize.train import train_localizer
from inference.localize.train_settings import TrainSettings as LocalizerSettings
from inference.pipeline import Pipeline
from inference.progress import Progress, silent
from inference.study import predictions
from inference.study.pieces import (
    Features,
    Piece,
    Predicted,
    Sessions,
    StudyError,
    Taught,
    Trained,
)
from inference.study.recipe import Recipe
from inference.study.tracks import kept_tracks
from inference.study.workshop import Workshop
from inference.synthesis.exercises import CLASS_NAMES
from inference.synthesis.motion import Motion
from inference.synthesis.trainset import TrainingSet, TrainingSetSettings, training_set
from inference.training.provenance import command, source_of

Bars = Callable[[str], Progress]


def make(shop: Workshop, piece: Piece, progress: Bars = lambda stage: silent) -> None:
    """Makes the file of the piece; progress(stage) gives the progress of each of its stages.

    Raises what trainings and benchmarks raise; trainings that are stopped go on where they were.
    """
    match piece:
        case Features():
            _make_features(shop, piece)
        case Trained():
            _make_trained(shop, piece, progress)
        case Taught():
            _make_taught(shop, piece, progress)
        case Predicted():
            _make_predictions(shop, piece, progress)


def settings_of(piece: Piece, recipe: Recipe) -> dict[str, Any]:
    """Everything that can be chosen about the piece."""
    match piece:
        case Features():
            return asdict(_feature_settings(piece, recipe))
        case Trained():
            return {
                "sessions": asdict(_training_sessions(piece, recipe)),
                "training": asdict(_localizer_settings(piece, recipe)),
                "augmentation": asdict(Augmentation()),
            }
        case Taught():
            return {
                "sessions": asdict(_teaching_sessions(piece, recipe)),
                "recordings": piece.recordings,
                "training": asdict(replace(recipe.localizer, seed=piece.draw)),
                "augmentation": asdict(Augmentation()),
            }
        case Predicted():
            seed, count = _drawn(piece, recipe)
            return {
                "sessions": piece.sessions,
                "seed": seed,
                "count": count,
                "decoding": asdict(DecodeSettings()),
            }


def _make_features(shop: Workshop, piece: Features) -> None:
    out = shop.file(piece)
    checkpoint = out.with_suffix(".checkpoint")
    train_features(
        motions=shop.motions if piece.people else None,
        recordings=shop.recordings if piece.people else None,
        out=out,
        checkpoint=checkpoint,
        settings=_feature_settings(piece, shop.recipe),
        start=shop.file(piece.start) if piece.start else None,
        device=shop.device,
    )
    checkpoint.unlink()


def _feature_settings(piece: Features, recipe: Recipe) -> FeatureSettings:
    settings = recipe.features if piece.people else recipe.pretraining
    return replace(settings, train_subjects=piece.people, without=piece.without)


def _make_trained(shop: Workshop, piece: Trained, progress: Bars) -> None:
    sessions = _training_sessions(piece, shop.recipe)
    made = _training_set(shop, piece, sessions, progress)
    _train(
        shop,
        piece,
        made.train,
        made.classes,
        sessions,
        _localizer_settings(piece, shop.recipe),
        start=None,
        progress=progress,
    )


def _training_sessions(piece: Trained, recipe: Recipe) -> TrainingSetSettings:
    return replace(recipe.training, train_subjects=piece.people, without=piece.features.without)


def _localizer_settings(piece: Trained, recipe: Recipe) -> LocalizerSettings:
    return replace(
        recipe.localizer,
        seed=piece.seed,
        network=piece.network,
        without=piece.parts,
        stride=piece.stride,
    )


def _make_taught(shop: Workshop, piece: Taught, progress: Bars) -> None:
    sessions = _teaching_sessions(piece, shop.recipe)
    new = set(piece.features.without)
    made = _training_set(shop, piece, sessions, progress)
    # First those in which all that is to be learned occurs, as a person would choose them.
    examples = sorted(made.train, key=lambda each: len(new - {x.name for x in each.labels}))
    examples = examples[: piece.recordings]
    if len(examples) == 1 and not piece.warm:
        examples = halves(examples[0])
    _train(
        shop,
        piece,
        examples,
        made.classes,
        sessions,
        replace(shop.recipe.localizer, seed=piece.draw),
        start=piece.known if piece.warm else None,
        progress=progress,
    )


def _teaching_sessions(piece: Taught, recipe: Recipe) -> TrainingSetSettings:
    known = tuple(name for name in CLASS_NAMES if name not in piece.features.without)
    return replace(
        recipe.teaching,
        train_subjects=piece.people,
        without=known,
        seed=recipe.teaching.seed + piece.draw,
    )


def halves(example: Example) -> list[Example]:
    """The same labels and background as two recordings, which training from nothing asks for. What
    is under way in the middle is all in the first, which ends with it."""
    middle, end = example.duration_s / 2, example.duration_s
    first = tuple(x for x in example.labels if x.start_s < middle)
    rest = tuple(x for x in example.labels if x not in first)
    middle = max([middle, *(x.end_s for x in first)])
    return [
        replace(example, labels=first, finished=((0.0, middle),)),
        replace(example, labels=rest, finished=((middle, end),)),
    ]


def _training_set(
    shop: Workshop, piece: Trained | Taught, sessions: TrainingSetSettings, progress: Bars
) -> TrainingSet:
    return training_set(
        motions=shop.motions,
        recordings=shop.recordings,
        extractor=FeatureExtractor.load(shop.file(piece.features), device=shop.device),
        cache=shop.out / "sessions" / piece.features.short,
        settings=sessions,
        progress=progress(f"{piece.name}: features"),
    )


def _train(
    shop: Workshop,
    piece: Trained | Taught,
    examples: list[Example],
    classes: tuple[str, ...],
    sessions: TrainingSetSettings,
    settings: LocalizerSettings,
    *,
    start: Trained | None,
    progress: Bars,
) -> None:
    source = source_of(shop.motions, invented=sessions.invented > 0)
    train_localizer(
        examples,
        validation=[],
        classes=classes,
        out=shop.file(piece),
        warm_start=shop.file(start) if start else None,
        settings=settings,
        device=shop.device,
        progress=progress(f"{piece.name}: training"),
        about={
            "source": source.data,
            "licence": source.licence,
            "sessions": asdict(sessions),
            "command": command(),
        },
    )


def _make_predictions(shop: Workshop, piece: Predicted, progress: Bars) -> None:
    localizer = Localizer.load(shop.file(piece.localizer), device=shop.device)
    tracks = _tracks(shop, piece, localizer, progress(piece.name))
    predictions.write(shop.file(piece), predictions.predictions(tracks, localizer))


def _tracks(
    shop: Workshop, piece: Predicted, localizer: Localizer, progress: Progress
) -> Iterable[Seen]:
    features = shop.file(piece.localizer.features)
    extractor = FeatureExtractor.load(features, device=shop.device)
    if piece.sessions is not Sessions.PIXELS:
        return kept_tracks(
            _sessions(shop, piece),
            extractor=extractor,
            folder=shop.out / "tracks" / piece.localizer.features.short,
            progress=progress,
        )
    if shop.stage_1 is None:
        raise StudyError(f"{piece.name} needs the models that look at films.")
    stage_1 = shop.stage_1()
    return pixel_tracks(
        _sessions(shop, piece),
        pipeline=Pipeline(stage_1, stage_1, extractor, localizer),
        folder=shop.out / "films",
        progress=progress,
    )


def _sessions(shop: Workshop, piece: Predicted) -> BenchmarkSessions:
    seed, count = _drawn(piece, shop.recipe)
    made = benchmark_sessions(
        motions=shop.motions,
        recordings=shop.recordings,
        subjects=piece.people,
        seed=seed,
        sessions=count,
        correct_only=piece.sessions is Sessions.CORRECT,
    )
    if piece.sessions is not Sessions.NEW:
        return made
    new = set(piece.localizer.features.without)
    return replace(made, people={who: _only(new, own) for who, own in made.people.items()})


def _only(names: set[str], motions: tuple[Motion, ...]) -> tuple[Motion, ...]:
    return tuple(m for m in motions if all(label.name in names for label in m.labels))


def _drawn(piece: Predicted, recipe: Recipe) -> tuple[int, int]:
    """Seed and number of the sessions."""
    match piece.sessions:
        case Sessions.CALIBRATION:
            return recipe.calibration_seed, recipe.calibration_sessions
        case Sessions.PIXELS:
            return recipe.seed, recipe.pixel_sessions
        case _:
            return recipe.seed, recipe.sessions
