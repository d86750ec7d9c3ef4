"""The embedded default's database: many writers at once lose nothing and are never refused."""

import threading

import pytest
from django.conf import settings
from django.db import connection, transaction

from voiceassist.organizations.models import Organization

WRITERS, ROUNDS = 4, 25


@pytest.mark.django_db
def test_the_database_is_tuned_for_many_writers() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone()[0] >= 20_000


def test_nothing_outside_this_process_is_needed() -> None:
    assert settings.REDIS_URL == ""
    assert settings.CELERY_BROKER_URL == ""
    assert settings.JOBS_RUNNER == "in_process"


@pytest.mark.django_db(transaction=True)
def test_writers_that_read_first_wait_for_each_other() -> None:
    row = Organization.objects.create(name="0", slug="counted")
    failures: list[BaseException] = []

    def count() -> None:
        try:
            for _ in range(ROUNDS):
                with transaction.atomic():
                    own = Organization.objects.get(pk=row.pk)
                    own.name = str(int(own.name) + 1)
                    own.save(update_fields=["name"])
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=count) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row.refresh_from_db()
    assert failures == []
    assert int(row.name) == WRITERS * ROUNDS
