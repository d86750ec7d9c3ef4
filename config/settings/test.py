"""Settings of the test run: real database and Redis from the environment, fast password hashes."""

import os

os.environ.setdefault("DEMO", "1")
os.environ.setdefault("PUBLIC_URL", "http://testserver")
os.environ["DATABASE_POOL_MAX"] = "0"  # pooled connections would hold the test database open

from config.settings.base import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
