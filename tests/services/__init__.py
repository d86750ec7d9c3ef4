"""Real servers for tests and benchmarks: PostgreSQL, Redis, SMTP and the product itself.

Imports nothing of the product and nothing of pytest.
"""
