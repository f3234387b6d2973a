"""Patients: a pseudonym, and the one split all of a patient's videos are in."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import SPLITS, Patient, Project

#: Fifths of the patients that train, validation and test should have, in the order of SPLITS.
_FIFTHS = (3, 1, 1)


class PatientError(Exception):
    """Why a patient cannot be made, as a sentence for people."""


def create_patient(
    session: Session, *, project_id: int, pseudonym: str, split: str | None = None
) -> Patient:
    """A new patient; without a split the one furthest below its share of 60/20/20 is taken.

    PatientError when the pseudonym is empty or taken or the split is unknown.
    """
    pseudonym = pseudonym.strip()
    if not pseudonym:
        raise PatientError("Give the patient a pseudonym.")
    if find_patient(session, project_id, pseudonym):
        raise PatientError(f"There is already a patient “{pseudonym}” in this project.")
    if split is None:
        split = next_split(session, project_id)
    if split not in SPLITS:
        raise PatientError(f"There is no split “{split}”; choose one of {', '.join(SPLITS)}.")
    patient = Patient(project_id=project_id, pseudonym=pseudonym, split=split)
    session.add(patient)
    session.flush()
    return patient


def next_split(session: Session, project_id: int) -> str:
    """The split whose share of the patients lies furthest below 60/20/20; ties: the first."""
    # Two first patients made at the same moment must not both see an empty project.
    session.scalar(select(Project.id).where(Project.id == project_id).with_for_update())
    rows = session.execute(
        select(Patient.split, func.count())
        .where(Patient.project_id == project_id)
        .group_by(Patient.split)
    )
    counts = {split: count for split, count in rows}
    everyone = sum(counts.values()) or 1
    missing = {
        split: fifths * everyone - 5 * counts.get(split, 0)
        for split, fifths in zip(SPLITS, _FIFTHS, strict=True)
    }
    return max(SPLITS, key=lambda split: missing[split])


def find_patient(session: Session, project_id: int, pseudonym: str) -> Patient | None:
    """The patient with this pseudonym, compared exactly (after trimming)."""
    return session.scalar(
        select(Patient).where(
            Patient.project_id == project_id, Patient.pseudonym == pseudonym.strip()
        )
    )


def get_patient(session: Session, patient_id: int) -> Patient | None:
    return session.get(Patient, patient_id)


def list_patients(session: Session, project_id: int) -> Sequence[Patient]:
    """The project's patients, by pseudonym."""
    return session.scalars(
        select(Patient).where(Patient.project_id == project_id).order_by(Patient.pseudonym)
    ).all()
