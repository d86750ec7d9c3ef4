"""The test database is emptied though a job that a test has left behind still uses it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction

from tests.factories.organizations import make_organization
from tests.services.cleaning import empty_database
from tests.services.locks import somebody_waits
from tests.services.ports import wait_for
from voiceassist.assistants.models import Assistant
from voiceassist.organizations.models import Organization


@pytest.mark.django_db(transaction=True)
def test_emptying_outlasts_a_job_that_waits_for_it_while_it_waits_for_the_job():
    make_organization()
    begun = threading.Event()

    def left_behind():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("LOCK TABLE tools IN ROW SHARE MODE")
                begun.set()
                wait_for(somebody_waits, seconds=60, what="the emptying")
                return Assistant.unscoped.count()
        except OperationalError:
            return 0  # the database may end either of the two
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(left_behind)
        assert begun.wait(60)
        empty_database()
        assert job.result(60) == 0
    assert not Organization.objects.exists()
