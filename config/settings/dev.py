"""Settings for `manage.py runserver`: daphne serves it, errors show their pages."""

import os

os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("DEMO", "1")

from config.settings.base import *  # noqa: F403
from config.settings.base import INSTALLED_APPS

INSTALLED_APPS = ["daphne", *INSTALLED_APPS]
