"""Jobs in this process: taken once, bounded, side by side, drained; declared by name."""

import threading

import pytest
from django.db import connection, transaction

from tests.services.ports import wait_for
from voiceassist.foundation import jobs
from voiceassist.foundation.jobs import queueing, registry
from voiceassist.foundation.jobs.celery_runner import celery_app, register_tasks
from voiceassist.foundation.jobs.in_process import InProcessRunner, QueueFull
from voiceassist.foundation.jobs.registry import Job


@pytest.fixture
def runner():
    made = InProcessRunner(threads=16, most_waiting=20)
    yield made
    made.drain(60)


def job(work, queue="live"):
    return Job("test.job", queue, work)


def test_a_job_gets_json_values(runner):
    got = []
    runner.submit(job(lambda *args: got.append(args)), ("a", 1, {"k": (1, 2)}))
    assert runner.drain(60)
    assert got == [("a", 1, {"k": [1, 2]})]
    with pytest.raises(TypeError):
        InProcessRunner(1).submit(job(print), (object(),))


def test_slow_jobs_run_side_by_side_and_queues_apart(runner):
    together = threading.Barrier(17, timeout=60)
    gate = threading.Event()
    for _ in range(16):
        runner.submit(job(lambda: together.wait() and gate.wait(60)), ())
    together.wait()
    done = threading.Event()
    runner.submit(job(done.set, "default"), ())
    assert done.wait(60)
    gate.set()


def test_what_fails_is_logged_and_the_next_one_runs(runner, caplog):
    def fail():
        raise ValueError("broken")

    done = threading.Event()
    runner.submit(job(fail), ())
    runner.submit(job(done.set), ())
    assert done.wait(60) and runner.drain(60)
    assert "test.job failed" in caplog.text


def test_more_than_it_keeps_is_refused_and_room_comes_back(runner):
    gate = threading.Event()
    for _ in range(20):
        runner.submit(job(lambda: gate.wait(60)), ())
    with pytest.raises(QueueFull):
        runner.submit(job(print), ())
    gate.set()
    wait_for(lambda: not runner._open, seconds=60, what="room")
    runner.submit(job(lambda: None), ())


def test_draining_waits_within_its_time_and_takes_no_more():
    runner, gate = InProcessRunner(2), threading.Event()
    runner.submit(job(lambda: gate.wait(60)), ())
    assert runner.drain(0.05) is False
    with pytest.raises(RuntimeError, match="stopping"):
        runner.submit(job(print), ())
    gate.set()
    assert runner.drain(60) is True


def test_a_server_that_starts_again_after_draining_runs_jobs(settings):
    settings.JOBS_RUNNER = "in_process"
    queueing._runner.cache_clear()
    jobs.start_periodic()
    assert jobs.drain(60)
    jobs.start_periodic()
    done = threading.Event()
    queueing._submit(job(done.set), ())
    assert done.wait(60)
    assert jobs.drain(60)
    queueing._runner.cache_clear()


def test_periodic_jobs_run_again_and_again(runner, monkeypatch):
    ran = threading.Semaphore(0)
    monkeypatch.setattr(registry, "_jobs", {})
    monkeypatch.setattr(registry, "_periodic", {})
    jobs.every(0.02, "test.tick")(lambda: ran.release())
    runner.start_periodic()
    runner.start_periodic()
    assert all(ran.acquire(timeout=60) for _ in range(3))


def test_names_are_unique_and_unknown_ones_say_so(monkeypatch):
    monkeypatch.setattr(registry, "_jobs", dict(registry._jobs))
    jobs.job("test.once")(print)
    with pytest.raises(ValueError, match=r"test\.once"):
        jobs.job("test.once")(test_names_are_unique_and_unknown_ones_say_so)
    with pytest.raises(LookupError, match=r"test\.never"):
        jobs.enqueue("test.never")


@pytest.mark.django_db(transaction=True)
def test_a_job_is_handed_over_after_the_commit_only(monkeypatch):
    handed = []
    monkeypatch.setattr(queueing, "_submit", lambda job, args: handed.append(args))
    with transaction.atomic():
        jobs.enqueue("tools.perform", "a")
        assert handed == []
    assert handed == [("a",)]
    with pytest.raises(RuntimeError), transaction.atomic():
        jobs.enqueue("tools.perform", "b")
        raise RuntimeError
    assert handed == [("a",)]


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_breaks_nobody(settings, monkeypatch, caplog, free_port):
    settings.JOBS_RUNNER = "celery"
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{free_port}/0"
    monkeypatch.setenv("CELERY_BROKER_URL", settings.CELERY_BROKER_URL)  # Celery reads it too
    celery_app.cache_clear()
    try:
        jobs.enqueue("tools.perform", "a")
    finally:
        celery_app.cache_clear()
    assert "tools.perform could not be handed over" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_connections_are_given_back_except_inside_a_transaction():
    connection.ensure_connection()
    with transaction.atomic():
        jobs.give_back_connections()
        assert connection.connection is not None
    jobs.give_back_connections()
    assert connection.connection is None


def test_celery_knows_every_job_its_queue_and_its_time():
    app = celery_app()
    register_tasks(app)
    assert app.tasks["tools.perform"].ignore_result
    assert app.conf.task_routes["tools.perform"] == {"queue": "live"}
    assert app.conf.task_routes["tools.count"] == {"queue": "default"}
    assert app.conf.beat_schedule["tools.sweep"]["schedule"] == 3
