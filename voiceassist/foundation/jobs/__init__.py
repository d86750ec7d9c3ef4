"""Work in the background: declare it with `@job`, hand it over with `enqueue`.

Two runners, chosen by `settings.JOBS_RUNNER`: Celery workers, or threads of this process. A job
gets JSON values only, may run twice, and finds out itself whether it still has work to do.
Imports Django and, in its runners, Celery.
"""

from voiceassist.foundation.jobs.connections import give_back_connections
from voiceassist.foundation.jobs.queueing import drain, enqueue, start_periodic
from voiceassist.foundation.jobs.registry import Job, Queue, every, find, job, periodic

__all__ = [
    "Job",
    "Queue",
    "drain",
    "enqueue",
    "every",
    "find",
    "give_back_connections",
    "job",
    "periodic",
    "start_periodic",
]
