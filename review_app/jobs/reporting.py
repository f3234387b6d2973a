"""How a running job tells people where it is, hears that it should stop, and says why it failed."""

import errno
import logging
import sys
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from db import jobs as job_rows
from db.engine import session
from inference.progress import Cancelled, Progress
from review_app.settings import Settings

log = logging.getLogger(__name__)

#: How often the jobs table is written and the wish to cancel is read.
INTERVAL_S = 0.5

OUT_OF_MEMORY = "The machine ran out of memory. Close other programs and start the job again."
GPU_OUT_OF_MEMORY = (
    "The GPU ran out of memory. Close other programs that use it and start the job again, choose a "
    "smaller preset, or compute on the processor (REHAB_REVIEW_DEVICE=cpu)."
)

Result = TypeVar("Result")


class JobFailed(Exception):
    """A job cannot go on; the message is the sentence people read."""


class Reporter:
    """Writes one job's progress at most twice a second and raises `Cancelled` when asked to stop.

    shares: stage name -> roughly how long it takes compared with the other stages, so that the
        remaining time covers the whole job and not only the present stage.
    """

    def __init__(self, engine: Engine, job_id: str, shares: Mapping[str, float]) -> None:
        self._engine = engine
        self._job_id = job_id
        self._shares = shares

    def stage(self, name: str) -> Progress:
        """The progress callback of one stage; shows the stage at once."""
        began = time.monotonic()
        last = -INTERVAL_S
        later = self._later_share(name)

        def report(done: float, total: float) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last < INTERVAL_S and done < total:
                return
            last = now
            elapsed = now - began
            speed = done / elapsed if done > 0 and elapsed > INTERVAL_S else None
            remaining = (total / speed) * (1 + later) - elapsed if speed else None
            with session(self._engine) as db:
                job_rows.report(
                    db,
                    self._job_id,
                    stage=name,
                    done=done,
                    total=total,
                    speed=speed,
                    remaining_s=max(0.0, remaining) if remaining is not None else None,
                )
                cancelled = job_rows.cancel_requested(db, self._job_id)
            if cancelled:
                raise Cancelled

        report(0.0, 0.0)
        return report

    def _later_share(self, name: str) -> float:
        """The cost of the stages after `name`, in units of that of `name`."""
        names = list(self._shares)
        after = names[names.index(name) + 1 :]
        return sum(self._shares[stage] for stage in after) / self._shares[name]


def guarded(settings: Settings, work: Callable[[], Result]) -> Result:
    """Run one stage and turn whatever goes wrong into `Cancelled` or `JobFailed`.

    Both can be stored with the workflow, which an arbitrary library's exception cannot. Errors of
    this project carry a sentence already; anything else is logged whole, and people are told where.
    """
    try:
        return work()
    except (Cancelled, JobFailed):
        raise
    except MemoryError:
        raise JobFailed(OUT_OF_MEMORY) from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise JobFailed(_full(settings)) from None
        log.exception("A file operation failed")
        raise JobFailed(f"{_unexpected(settings)} ({error.strerror or 'file error'})") from None
    except OperationalError as error:
        if "disk is full" in str(error):  # what SQLite says; it has no code of its own here
            raise JobFailed(_full(settings)) from None
        log.exception("A database operation failed")
        raise JobFailed(_unexpected(settings)) from None
    except Exception as error:
        if type(error).__module__.split(".")[0] in ("inference", "review_app", "db"):
            raise JobFailed(str(error)) from None
        if sentence := _torch_out_of_memory(error):
            log.exception("Memory ran out")
            raise JobFailed(sentence) from None
        log.exception("A stage failed")
        raise JobFailed(_unexpected(settings)) from None


def _torch_out_of_memory(error: Exception) -> str:
    """The sentence where torch found too little memory, which it says with a RuntimeError; else
    ""."""
    torch = sys.modules.get("torch")  # not imported for this: only some processes compute
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return GPU_OUT_OF_MEMORY
    out_of_memory = isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    return OUT_OF_MEMORY if out_of_memory else ""


def _full(settings: Settings) -> str:
    return f"The disk with {settings.data_folder} is full. Free some space and start the job again."


def _unexpected(settings: Settings) -> str:
    return (
        "Something unexpected happened; the details are in "
        f"the folder {settings.logs}. Starting the job again may help."
    )
