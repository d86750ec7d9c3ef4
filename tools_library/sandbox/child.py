"""One child, one job: lock, read, run, answer, end; imports the stdlib and `sandbox.policy`.

Runs in a fork of the zygote. Nothing of a job is read before every wall stands. What it sends
first is what counts: the parent believes no second answer.
"""

from __future__ import annotations

import base64
import json
import marshal
import os
import random
import resource
import socket
from collections.abc import Callable
from types import CodeType
from typing import Any, NoReturn

from tools_library.sandbox import control, limits, lockdown, policy, wire
from tools_library.sandbox.kernel import CallFilter

EXIT_DONE = 0
EXIT_CRASHED = 70
EXIT_LOCKDOWN = 77

_REHEARSAL = """
def execute_tool(parameters, context):
    words = [str(word) for word in (parameters.get("name"), len(context))]
    if words:
        return {"success": True, "message": " ".join(words)}
"""

_AT_ONCE = 64
_PIECE = 1024


def serve(
    job_fd: int,
    child: lockdown.ChildLimits,
    calls: CallFilter,
    zygote_pid: int,
    before: control.Used,
) -> NoReturn:
    """Take the one job of this process and end the process; never returns or raises.

    Args:
        before: what this process has used so far, which is not the job's.
    """
    status = EXIT_CRASHED
    try:
        lockdown.take(job_fd)
        try:
            lockdown.lock(child, calls, zygote_pid)
        except BaseException as error:
            status = EXIT_LOCKDOWN
            _send({"kind": "refused", "why": f"{type(error).__name__}: {error}"})
        else:
            work(wire.receive(lockdown.JOB_FD), before)
            status = EXIT_DONE
    finally:
        os._exit(status)


def park(
    handover: socket.socket,
    bell: int,
    rehearsal: bytes,
    calls: CallFilter,
    zygote_pid: int,
    base_bytes: int,
) -> NoReturn:
    """Get ready ahead of a job, wait for it to be handed over, and serve it.

    A fork copies memory page by page as it is touched, and that is most of what a short tool
    costs. Running a harmless tool first touches what the real one will need.

    Args:
        handover: the zygote's socket: one message with the limits, and the job's socket.
        bell: an event counter that the zygote raises after that message.
        rehearsal: see `rehearsal`.
        base_bytes: the address space of the zygote.
    """
    try:
        lockdown.bind(zygote_pid)
        rehearse(rehearsal)
        used = _used_so_far()
        handover.send(control.pack(used))
        os.eventfd_read(bell)
        body, fds, _flags, _address = socket.recv_fds(handover, control.MESSAGE_BYTES, 1)
        order = control.unpack(control.Order, body)
    except BaseException:
        os._exit(EXIT_CRASHED)
    bounds = lockdown.limits_for(base_bytes, *order)
    serve(fds[0], bounds, calls, zygote_pid, used)


def rehearsal() -> bytes:
    """Return the job that children rehearse: a tool which does no harm."""
    blob = base64.b64encode(marshal.dumps(policy.compile_tool(_REHEARSAL))).decode()
    job = {"blob": blob, "parameters": {"name": "x"}, "context": {}, "allowed_imports": []}
    return json.dumps(job).encode()


def rehearse(body: bytes) -> None:
    """Do the job in `body` with the steps of a run, telling nobody."""
    job = json.loads(body)
    code: CodeType = marshal.loads(base64.b64decode(job["blob"]))  # noqa: S302 - our own
    out = _Output()
    namespace = policy.namespace(job["allowed_imports"], _asking(out), out.write)
    value = policy.call(namespace, code, job["parameters"], job["context"])
    wire.encode({"kind": "result", "value": value}, limits.RESULT_BYTES)


def work(job: wire.Message, before: control.Used) -> None:
    """Do what a job asks for and send its answer."""
    if job["mode"] == "run":
        _run(job, before)
    elif job["mode"] == "compile":
        _compile(job["code"])
    else:
        _check(job["code"], job["allowed_imports"])


def _compile(source: str) -> None:
    try:
        code = policy.compile_tool(source)
    except policy.Rejected as error:
        _send_problems([error])
        return
    blob = base64.b64encode(marshal.dumps(code)).decode()
    _send({"kind": "code", "blob": blob}, limits.FROM_CHILD_BYTES)


def _check(source: str, allowed_imports: list[str]) -> None:
    try:
        found: list[Any] = list(policy.problems(source, allowed_imports))
    except policy.Rejected as error:
        found = [error]
    _send_problems(found)


def _send_problems(found: list[Any]) -> None:
    problems = [
        {"message": _short(each.message), "line": each.line, "column": each.column}
        for each in found[:50]
    ]
    _send({"kind": "problems", "problems": problems})


def _run(job: wire.Message, before: control.Used) -> None:
    code: CodeType = marshal.loads(base64.b64decode(job["blob"]))  # noqa: S302 - signed, and locked in here
    out = _Output()
    # Children are copies of one process: without this all would draw the same numbers.
    random.seed()
    try:
        namespace = policy.namespace(job["allowed_imports"], _asking(out), out.write)
        value = policy.call(namespace, code, job["parameters"], job["context"])
    except policy.Rejected as error:
        out.flush()
        _send_problems([error])
    except BaseException as error:
        out.flush()
        _send_error(error, code, before)
    else:
        out.flush()
        _send_result(value, before)


def _asking(out: _Output) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def ask(request: dict[str, Any]) -> dict[str, Any]:
        out.flush()
        _send({"kind": "http", "request": request}, limits.FROM_CHILD_BYTES)
        answer: dict[str, Any] = wire.receive(lockdown.JOB_FD)["answer"]
        return answer

    return ask


def _used_so_far() -> control.Used:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return control.Used(usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def _used_since(before: control.Used) -> list[int]:
    """Return milliseconds of CPU and KB of memory that the job has used."""
    now = _used_so_far()
    return [
        max(0, round((now.cpu_s - before.cpu_s) * 1000)),
        max(0, now.memory_kb - before.memory_kb),
    ]


def _send_error(error: BaseException, code: CodeType, before: control.Used) -> None:
    try:
        kind, message, line = policy.describe(error, code)
        told = {"type": str(kind), "message": str(message), "line": line}
        _send({"kind": "error", **told, "used": _used_since(before)})
    except BaseException:  # an error that cannot even be described is still an error
        _send({"kind": "error", "type": "Exception", "message": "", "line": None})


def _send_result(value: Any, before: control.Used) -> None:
    try:
        answer = {"kind": "result", "value": value, "used": _used_since(before)}
        frame = wire.encode(answer, limits.RESULT_BYTES)
    except wire.TooLarge as error:
        why = f"The answer is too large: {error}. Return less."
    except MemoryError:
        why = "The answer is too large for the tool's memory. Return less."
    except BaseException as error:
        why = f"The answer is not JSON: {_reason(error)}. Return dicts, lists, text and numbers."
    else:
        wire.send(lockdown.JOB_FD, frame)
        return
    _send({"kind": "error", "type": "ValueError", "message": _short(why), "line": None})


def _reason(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    try:
        return _short(str(error))
    except BaseException:  # the text of a tool's own error is the tool's code
        return type(error).__name__


def _send(message: wire.Message, limit: int = limits.RESULT_BYTES) -> None:
    wire.send(lockdown.JOB_FD, wire.encode(message, limit))


def _short(text: Any) -> str:
    return str(text)[: limits.MESSAGE_CHARACTERS]


class _Output:
    """What the tool prints. The first lines go at once, so that a run which is killed still shows
    them; later ones in pieces, so that a loop of prints does not drown the parent."""

    def __init__(self) -> None:
        self._sent = 0
        self._left = limits.STDOUT_BYTES + limits.MASKED_CHARACTERS
        self._held: list[str] = []
        self._held_size = 0

    def write(self, text: str) -> None:
        """Take printed text; beyond the limit it is dropped."""
        text = text[: self._left]
        if not text:
            return
        self._left -= len(text)
        self._held.append(text)
        self._held_size += len(text)
        if self._sent < _AT_ONCE or self._held_size >= _PIECE:
            self.flush()

    def flush(self) -> None:
        """Send what is held."""
        if self._held:
            text = "".join(self._held)
            self._held.clear()
            self._held_size = 0
            self._sent += 1
            _send({"kind": "print", "text": text})
