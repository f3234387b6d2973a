"""Who is trained on and who is measured, in every piece of every study."""

from itertools import pairwise
from typing import Any

import pytest

from inference.study.make import settings_of
from inference.study.pieces import (
    Features,
    Piece,
    Predicted,
    Sessions,
    StudyError,
    Taught,
    Trained,
    with_needs,
)
from inference.study.recipe import Recipe
from inference.study.studies import (
    CURVE,
    DEVELOPED_ON,
    EVERYBODY,
    FILMED,
    FOLDS,
    NEW_EXERCISES,
    SEEDS,
    WATCHED,
    Study,
    pieces_of,
)


def behind(piece: Piece) -> set[Piece]:
    """All that a piece is made from, and itself, found anew from what each needs directly."""
    found, left = set(), [piece]
    while left:
        one = left.pop()
        found.add(one)
        left += [need for need in one.needs if need not in found]
    return found


def values_of(nested: Any, name: str) -> list[Any]:
    """Every value of this name in nested settings."""
    if not isinstance(nested, dict):
        return []
    inner = [each for value in nested.values() for each in values_of(value, name)]
    return [nested[name], *inner] if name in nested else inner


@pytest.mark.parametrize("study", Study)
def test_nobody_is_measured_who_was_trained_on_or_watched(study: Study) -> None:
    recipe, measured = Recipe(), 0
    for piece in pieces_of(study):
        trained: set[int] = set()
        for each in behind(piece):
            settings = settings_of(each, recipe)
            for name in ("train_subjects", "validation_subjects"):
                for people in values_of(settings, name):
                    trained.update(people)
        assert trained and piece.people
        assert not trained & set(piece.people), piece.name
        measured += 1
    assert measured == len(set(pieces_of(study)))


@pytest.mark.parametrize("study", Study)
def test_a_piece_comes_after_what_it_needs_and_its_name_is_its_own(study: Study) -> None:
    pieces = with_needs(pieces_of(study))
    assert len({piece.name for piece in pieces}) == len(pieces)
    made: set[Piece] = set()
    for piece in pieces:
        assert set(piece.needs) <= made
        made.add(piece)


def test_names_are_shared_by_equal_pieces_only_across_studies() -> None:
    pieces = {piece for study in Study for piece in with_needs(pieces_of(study))}
    assert len({piece.name for piece in pieces}) == len(pieces)
    shared = set(with_needs(pieces_of(Study.FOLDS))) & set(with_needs(pieces_of(Study.SUBJECTS)))
    assert {Features(), Trained((1, 2, 3, 4, 5, 6))} <= shared


def test_settings_are_never_chosen_on_the_last_fold() -> None:
    for piece in with_needs(pieces_of(Study.ABLATION)):
        people = set() if isinstance(piece, Features) and not piece.people else set(piece.people)
        assert people <= {*DEVELOPED_ON, *WATCHED}
    assert not {*DEVELOPED_ON, *WATCHED} & set(FILMED)


def test_folds_measure_everybody_once_and_seeds_alike() -> None:
    assert sorted(person for people in FOLDS for person in people) == list(EVERYBODY)
    for sessions in (Sessions.ALL, Sessions.CORRECT, Sessions.CALIBRATION):
        ours = [
            (piece.localizer.seed, piece.people)
            for piece in pieces_of(Study.FOLDS)
            if piece.sessions is sessions and piece.localizer == Trained(
                piece.localizer.people, seed=getattr(piece.localizer, "seed", -1)
            )
        ]  # fmt: skip
        assert sorted(ours) == sorted((seed, people) for seed in SEEDS for people in FOLDS)


def test_each_point_of_the_curve_has_everybody_of_the_one_before() -> None:
    for fewer, more in pairwise(CURVE):
        assert set(fewer) < set(more)
    assert [len(people) for people in CURVE] == [1, 2, 4, 6]


def test_new_exercises_are_in_nothing_that_a_cold_start_begins_with() -> None:
    recipe = Recipe()
    for piece in with_needs(pieces_of(Study.COLD_START)):
        if isinstance(piece, Features | Trained):
            without = values_of(settings_of(piece, recipe), "without")
            assert NEW_EXERCISES in without, piece.name
        if isinstance(piece, Taught):
            sessions = settings_of(piece, recipe)["sessions"]
            assert not set(sessions["without"]) & set(NEW_EXERCISES)
            assert len(sessions["without"]) == 7 and sessions["invented"] == 0


def test_recordings_of_a_smaller_number_are_among_those_of_a_larger_one() -> None:
    known = Trained((1, 2), Features(without=NEW_EXERCISES))
    few, many = (Taught(known, count, draw=1, warm=True) for count in (1, 10))
    other = Taught(known, 1, draw=2, warm=True)
    sessions = [settings_of(each, Recipe())["sessions"] for each in (few, many, other)]
    assert sessions[0] == sessions[1] != sessions[2]


def test_measuring_somebody_who_was_trained_on_is_refused() -> None:
    with pytest.raises(StudyError, match="trained on 2 and 3, who would be measured"):
        Predicted(Trained((1, 2, 3)), (2, 3, 4))
    known = Trained((1, 2), Features(without=NEW_EXERCISES))
    with pytest.raises(StudyError, match="trained on 2"):
        Predicted(Taught(known, 5, 0, warm=False), (2,))
