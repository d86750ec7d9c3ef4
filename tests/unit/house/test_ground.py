"""The ground of the test run: every worker on servers of its own."""

import os

from django.conf import settings


def test_the_settings_hold_the_redis_of_this_very_process() -> None:
    assert os.environ["REDIS_URL"] == settings.REDIS_URL
    assert os.environ["REDIS_URL"] == settings.CACHES["default"]["LOCATION"]
