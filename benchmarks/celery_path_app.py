"""The workers' app with one more task: the least that goes there and back."""

import redis
from django.conf import settings

from config.celery import app

_redis = redis.Redis.from_url(settings.REDIS_URL)


@app.task(name="bench.echo", ignore_result=True)
def echo(channel: str) -> None:
    """Tell who listens that the task has run."""
    _redis.publish(channel, b"done")
