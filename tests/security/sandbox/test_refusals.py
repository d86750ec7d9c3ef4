"""Where a required wall cannot stand no tool runs; where an optional one cannot, it is shown."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.security.sandbox import walls
from tools_library.sandbox import limits
from tools_library.sandbox.client import Job, Problem, Sandbox
from voiceassist.foundation.health import HealthBoard

ROOT = Path(__file__).resolve().parents[3]
ANSWER = "def execute_tool(parameters, context):\n    return 'ran'"
RUN = f"""
import json
from tools_library.sandbox.client import Job, Sandbox
box = Sandbox()
status = box.status(120)
finished = box.run(Job({ANSWER!r}, {{}}, {{}}), http=lambda request: {{}}, deadline_s=120)
off = {{wall.name: wall.why for wall in status.walls if not wall.on}}
print(json.dumps([finished.outcome, finished.error_code, finished.error_message, off]))
"""
# What a container may do: a filter of its own that refuses some calls.
REFUSE = """
import errno, pyseccomp
calls = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
refused = pyseccomp.ERRNO(errno.EPERM)
{rules}
calls.load()
"""
NO_FILTER = """
calls.add_rule(refused, "seccomp")
calls.add_rule(refused, "prctl", pyseccomp.Arg(0, pyseccomp.EQ, 22))
"""
NO_NAMESPACES = """
for name in ("unshare", "mount", "chroot", "landlock_create_ruleset"):
    try:
        calls.add_rule(refused, name)
    except OSError:  # a library that is older than the call
        calls.add_rule(refused, 444)
"""


def outside(code: str, **more: object) -> list:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, **more
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_a_machine_that_refuses_filters_runs_no_tool() -> None:
    outcome, code, message, _off = outside(REFUSE.format(rules=NO_FILTER) + RUN)
    assert (outcome, code) == ("unavailable", "sandbox_unavailable")
    assert "could not be locked in" in message


def test_the_command_says_so_too() -> None:
    command = REFUSE.format(rules=NO_FILTER) + (
        "import os, sys\nos.execv(sys.executable, [sys.executable, 'manage.py', 'run_tool_code'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", command],
        input=json.dumps({"code": ANSWER}) + "\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"DEMO": "1", "PATH": os.environ["PATH"]},
    )
    (line,) = done.stdout.splitlines()
    answer = json.loads(line)
    assert (answer["outcome"], answer["error_code"]) == ("error", "sandbox_unavailable")


def test_without_namespaces_and_landlock_tools_run_and_the_walls_are_shown() -> None:
    outcome, _code, _message, off = outside(REFUSE.format(rules=NO_NAMESPACES) + RUN)
    assert outcome == "success"
    assert {"user namespace", "network namespace", "pid namespace", "landlock"} <= set(off)
    assert all(off.values())


SPOILED = {
    "no filter is put on": (
        "from tools_library.sandbox import kernel\nkernel.CallFilter.put_on = lambda self: None",
        "a locked child could still open a socket",
    ),
    "the filter is refused": (
        """
        from tools_library.sandbox import kernel
        def refuse(self):
            raise OSError(1, "not permitted")
        kernel.CallFilter.put_on = refuse
        """,
        "could not be locked in",
    ),
    "limits are refused": (
        """
        from tools_library.sandbox import lockdown
        def refuse(what, limits):
            raise ValueError("not allowed to raise maximum limit")
        lockdown.resource.setrlimit = refuse
        """,
        "could not be locked in",
    ),
    "memory is not bounded": (
        """
        from tools_library.sandbox import lockdown
        import resource
        real = resource.setrlimit
        resource.setrlimit = lambda what, value: what == resource.RLIMIT_AS or real(what, value)
        """,
        "a locked child could still take 400 MB",
    ),
    "descriptors stay open": (
        """
        from tools_library.sandbox import kernel
        def refuse(first):
            raise OSError(38, "no such call")
        kernel.close_from = refuse
        """,
        "could not be locked in",
    ),
    "root stays": (
        "from tools_library.sandbox import lockdown\nlockdown.os.getresuid = lambda: (0, 0, 0)",
        "as root",
    ),
    "new privileges are refused": (
        """
        from tools_library.sandbox import kernel
        real = kernel.prctl
        def refuse(option, *rest):
            if option == kernel.PR_SET_NO_NEW_PRIVS:
                raise OSError(1, "not permitted")
            return real(option, *rest)
        kernel.prctl = refuse
        """,
        "not permitted",
    ),
    "libseccomp is missing": (
        """
        import sys
        sys.modules["pyseccomp"] = None
        """,
        "the system call filter cannot be made",
    ),
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_missing_wall_is_noticed(name: str) -> None:
    patch, why = SPOILED[name]
    box = Sandbox(boot=walls.spoiled(patch))
    try:
        for _ in range(2):
            finished = box.run(Job(ANSWER, {}, {}), http=lambda request: {}, deadline_s=120)
            assert (finished.outcome, finished.error_code) == ("unavailable", "sandbox_unavailable")
            assert why in finished.error_message
        assert box.zygote_pid is None
        status = box.status()
        assert not status.available
        assert why in status.why
        (problem,) = box.validate(ANSWER, [])
        assert "Python tools are unavailable" in problem.message
    finally:
        box.close()


def test_a_wall_that_falls_later_stops_the_run_before_its_code() -> None:
    patch = """
    from tools_library.sandbox import child, lockdown
    def refuse(*_given):
        raise OSError(1, "not any more")
    serve = child.serve
    def spoiled(*given):
        lockdown.lock = refuse
        serve(*given)
    child.serve = spoiled
    """
    box = Sandbox(boot=walls.spoiled(patch))
    try:
        finished = box.run(Job(ANSWER, {}, {}), http=lambda request: {}, deadline_s=120)
        assert (finished.outcome, finished.error_code) == ("unavailable", "sandbox_unavailable")
        assert "not any more" in finished.error_message
    finally:
        box.close()


def test_a_machine_that_is_mended_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RETRY_SECONDS", 0.0)
    box = Sandbox(boot="raise SystemExit(1)")
    try:
        finished = box.run(Job(ANSWER, {}, {}), http=lambda request: {}, deadline_s=120)
        assert "ended at its start" in finished.error_message
        box._boot = walls.BOOT
        assert box.run(Job(ANSWER, {}, {}), http=lambda request: {}, deadline_s=120).result == "ran"
    finally:
        box.close()


def test_another_system_is_told_clearly(monkeypatch: pytest.MonkeyPatch) -> None:
    box = Sandbox()
    monkeypatch.setattr(sys, "platform", "darwin")
    finished = box.run(Job(ANSWER, {}, {}), http=lambda request: {}, deadline_s=5)
    assert finished.error_code == "sandbox_unavailable"
    assert finished.error_message == (
        "Python tools are unavailable: Python tools need Linux; this machine runs darwin."
    )
    assert box.validate(ANSWER, []) == (
        Problem("Python tools are unavailable: Python tools need Linux; this machine runs darwin"),
    )
    monkeypatch.undo()
    box.close()


AS_A_USER = """
import os
from tools_library.sandbox import calls, policy
policy.warm_up()
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(12345, 12345, 12345)
    os.setresuid(12345, 12345, 12345)
"""


def test_a_server_that_is_no_root_has_the_same_walls() -> None:
    box = Sandbox(boot=walls.spoiled(AS_A_USER))
    try:
        finished = box.run(Job(ANSWER, {}, {}), http=lambda request: {}, deadline_s=120)
        assert finished.result == "ran"
        standing = {wall.name: wall.on for wall in box.status().walls}
        assert standing["unprivileged user"]
        assert standing["self-test"]
        assert "user namespace" in standing
        # Whoever may have the one may have the others.
        if standing["user namespace"]:
            assert standing["network namespace"]
            assert standing["pid namespace"]
        assert box.zygote_pid is not None
        for pid in walls.descendants(box.zygote_pid):
            status = Path(f"/proc/{pid}/status").read_text()
            fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
            assert set(fields["CapEff"] + fields["CapPrm"]) == {"0"}
            assert "0" not in fields["Uid"].split()
            assert fields["NoNewPrivs"] == "1"
    finally:
        box.close()


async def test_health_asks_for_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    from tools_library.services import sandbox_health
    from voiceassist.foundation.health import board

    assert board.checks["sandbox"].required is False
    broken = Sandbox(boot="raise SystemExit(1)")
    monkeypatch.setattr(sandbox_health, "sandbox", lambda: broken)
    mine = HealthBoard()
    mine.register("sandbox", sandbox_health.ask_sandbox, required=False)
    healthy, body = await mine.report()
    assert (healthy, body["checks"]["sandbox"]["status"]) == (True, "unhealthy")
    broken.close()
    working = Sandbox()
    working.status(120)
    monkeypatch.setattr(sandbox_health, "sandbox", lambda: working)
    _healthy, body = await mine.report()
    assert body["checks"]["sandbox"]["status"] == "healthy"
    working.close()
