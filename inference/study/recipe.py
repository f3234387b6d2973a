"""The settings that all studies share, which were chosen on other people than those measured."""

from dataclasses import dataclass, field

from inference.features.train_settings import TrainSettings as FeatureSettings
from inference.localize.train_settings import TrainSettings as LocalizerSettings
from inference.synthesis.trainset import TrainingSetSettings


@dataclass(frozen=True)
class Recipe:
    """The defaults of the training commands and of the benchmark, so that commands and studies
    come to the same.

    pretraining, features: stage 2 on invented people, and from there on recorded ones. training:
    sessions for the localizer. teaching: labelled recordings of new exercises; as many as the
    largest number asked for, by recorded people only. Subjects, seeds and classes left out are
    those of a piece. sessions, seed: of the benchmark. pixel_sessions: of the same, filmed.
    calibration_sessions, calibration_seed: of what calibrations are fitted on.
    """

    pretraining: FeatureSettings = field(default_factory=lambda: FeatureSettings(invented=1.0))
    features: FeatureSettings = field(default_factory=lambda: FeatureSettings().second_stage())
    training: TrainingSetSettings = field(
        default_factory=lambda: TrainingSetSettings(validation_sessions=0, validation_subjects=())
    )
    teaching: TrainingSetSettings = field(
        default_factory=lambda: TrainingSetSettings(
            sessions=10, validation_sessions=0, validation_subjects=(), invented=0.0
        )
    )
    localizer: LocalizerSettings = field(default_factory=LocalizerSettings)
    sessions: int = 40
    seed: int = 1
    pixel_sessions: int = 20
    calibration_sessions: int = 24
    calibration_seed: int = 2
