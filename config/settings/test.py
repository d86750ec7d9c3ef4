"""Settings of the test run: real database and Redis from the environment, fast password hashes."""

import os

os.environ.setdefault("DEMO", "1")
os.environ.setdefault("PUBLIC_URL", "http://testserver")

from config.settings.base import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
