"""Conversations on a real database, with the jobs in this process."""
