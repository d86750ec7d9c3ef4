"""The health checks every deployment has: database, Redis, broker; imports Django."""

from django.conf import settings
from django.db import connection

from voiceassist.foundation import health

_SECONDS = 1.5  # below the board's own limit, so that threads come back


def register_all() -> None:
    """Register what this deployment uses; called once from `AppConfig.ready`."""
    health.register("database", ask_database)
    if settings.REDIS_URL:
        health.register("redis", lambda: ask_redis(settings.REDIS_URL))
    if settings.CELERY_BROKER_URL and settings.CELERY_BROKER_URL != settings.REDIS_URL:
        health.register("broker", lambda: ask_broker(settings.CELERY_BROKER_URL))


def ask_database() -> None:
    """Run the smallest query on a connection of this thread, and give it back."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    finally:
        connection.close()


def ask_redis(url: str) -> None:
    """Ping Redis."""
    from redis import Redis

    with Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS) as client:
        client.ping()


def ask_broker(url: str) -> None:
    """Open a connection to the broker of the background jobs."""
    from kombu.connection import Connection

    with Connection(url, connect_timeout=_SECONDS) as broker:  # type: ignore[no-untyped-call]
        broker.ensure_connection(max_retries=1, timeout=_SECONDS)
