"""The Celery app as workers load it: `celery -A config.celery worker`; imports the jobs."""

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
django.setup()

from celery.signals import worker_process_init, worker_ready  # noqa: E402

from tools_library.services.sandbox_health import start_sandbox  # noqa: E402
from tools_library.services.starting import start_aws  # noqa: E402
from voiceassist.foundation.jobs.celery_runner import celery_app, register_tasks  # noqa: E402

app = celery_app()
register_tasks(app)


def start_in_worker(sender: Any, **_more: Any) -> None:
    """Start what tools need in a worker that runs them itself."""
    if not sender.pool.uses_semaphore:  # a pool of processes: each starts its own, below
        start_sandbox()
        start_aws()


def start_in_process_of_worker(**_more: Any) -> None:
    """Start what tools need in one process of a pool of processes."""
    start_sandbox()
    start_aws()


worker_ready.connect(start_in_worker)
worker_process_init.connect(start_in_process_of_worker)
