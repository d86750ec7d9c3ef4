"""The Celery app as workers load it: `celery -A config.celery worker`; imports the jobs."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
django.setup()

from voiceassist.foundation.jobs.celery_runner import celery_app, register_tasks  # noqa: E402

app = celery_app()
register_tasks(app)
