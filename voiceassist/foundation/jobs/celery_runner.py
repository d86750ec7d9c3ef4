"""Jobs on Celery workers; imports Celery and the registry."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from celery import Celery
from django.conf import settings

from voiceassist.foundation.jobs.registry import Job, all_jobs, periodic


@lru_cache(maxsize=1)
def celery_app() -> Celery:
    """Return the one Celery app of this process, on the broker of the settings.

    Results are ignored: outcomes travel as rows, events and messages to whoever waits. Messages
    are acknowledged before they are worked on: what a killed worker held is found by its row,
    within seconds and by the rules of its job; the broker would give it to another worker after an
    hour, whatever it is.
    """
    app = Celery("voiceassist", broker=settings.CELERY_BROKER_URL, set_as_current=True)
    app.conf.update(
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_default_queue="default",
        task_acks_late=False,
        task_store_errors_even_if_ignored=False,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        task_publish_retry=False,
        broker_transport_options=_transport_options(),
        enable_utc=True,
        timezone="UTC",
    )
    return app


def _transport_options() -> dict[str, Any]:
    """Whoever publishes may hold a caller on the line: one short retry, then the sweeper."""
    options: dict[str, Any] = {
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.05,
        "interval_max": 0.05,
    }
    if settings.CELERY_BROKER_URL.startswith(("redis:", "rediss:")):
        options |= {"socket_connect_timeout": 2.0, "socket_timeout": 10.0}
        # Each queue has workers of its own (README). One that is started for both, as on a small
        # machine, at least takes what waits in the queue that it names first.
        options["queue_order_strategy"] = "priority"
    return options


def register_tasks(app: Celery) -> None:
    """Make a Celery task of every job, and the beat's schedule of the periodic ones."""
    for job in all_jobs():
        app.task(name=job.name, ignore_result=True)(job.work)
    app.conf.task_routes = {job.name: {"queue": job.queue} for job in all_jobs()}
    app.conf.beat_schedule = {
        name: {"task": name, "schedule": seconds, "options": {"expires": seconds}}
        for name, seconds in periodic().items()
    }


class CeleryRunner:
    """Publishes jobs by name; nothing of the job is imported here."""

    stopped = False

    def submit(self, job: Job, args: tuple[Any, ...]) -> None:
        """Publish a job.

        Raises:
            kombu.exceptions.OperationalError: the broker is away.
        """
        celery_app().send_task(job.name, args=list(args), queue=job.queue, ignore_result=True)

    def start_periodic(self) -> None:
        """Nothing: Celery beat keeps time."""

    def drain(self, seconds: float) -> bool:
        """Return True: workers end their own jobs."""
        return True
