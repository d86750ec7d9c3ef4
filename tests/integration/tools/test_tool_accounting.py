"""Runs through real workers while one is killed and Redis loses all it held: each ends once."""

from benchmarks.accounting import accounting


def test_every_run_has_one_end_and_one_effect_whatever_dies():
    lines = []

    account = accounting(lines.append, runs=60, kills=1, per_second=8)

    assert set(account["verdicts"].values()) <= {"met", "good"}, account
    figures = account["figures"]
    assert (figures["workers_killed"], figures["redis_restarts"]) == (1, 1)
    assert figures["rows"] == figures["asked"] >= 60
    assert figures["received"] >= 40 and figures["changes_made_twice"] == []
