"""Processes that run the stand-in's functions: kept warm, one event each at a time. Asyncio."""

import asyncio
import base64
import contextlib
import json
import sys
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voiceassist.demo.stand_ins.aws.functions import FUNCTIONS, Function

MAX_RESULT = 6_291_556
MOST_IDLE = 4
_HERE = Path(__file__).parent
_LINE = 64 << 20


@dataclass(frozen=True)
class Invoked:
    """What came of an event; `error` is the value of `X-Amz-Function-Error`, or empty."""

    payload: bytes
    error: str
    log: str

    @property
    def log_result(self) -> str:
        """The log's last 4 KB as the header carries it."""
        return base64.b64encode(self.log.encode()[-4096:]).decode()


class Sandboxes:
    """All functions' processes; idle ones are used again."""

    def __init__(self) -> None:
        self._idle: dict[str, list[asyncio.subprocess.Process]] = defaultdict(list)
        self._all: set[asyncio.subprocess.Process] = set()
        self.running = 0

    async def invoke(self, name: str, event: Any) -> Invoked:
        """Runs one event in a process of its function, within the function's own time."""
        function = FUNCTIONS[name]
        request_id = str(uuid.uuid4())
        began = time.monotonic()
        self.running += 1
        try:
            process, fresh = await self._process(name)
            init_ms = (time.monotonic() - began) * 1000 if fresh else 0.0
            answer = await self._exchange(name, function, process, event, request_id)
        finally:
            self.running -= 1
        taken_ms = (time.monotonic() - began) * 1000 - init_ms
        return _invoked(answer, function, request_id, taken_ms, init_ms)

    async def close(self) -> None:
        """Ends every process."""
        for process in self._all:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await asyncio.gather(*(process.wait() for process in self._all))
        self._all.clear()
        self._idle.clear()

    async def _process(self, name: str) -> tuple[asyncio.subprocess.Process, bool]:
        while self._idle[name]:
            process = self._idle[name].pop()
            if process.returncode is None:
                return process, False
            self._all.discard(process)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", _HERE / "runtime.py", _HERE / "functions.py", name,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, env={}, limit=_LINE,
        )  # fmt: skip
        self._all.add(process)
        return process, True

    async def _exchange(
        self,
        name: str,
        function: Function,
        process: asyncio.subprocess.Process,
        event: Any,
        request_id: str,
    ) -> dict[str, Any]:
        line = json.dumps({"event": event, "request_id": request_id}).encode() + b"\n"
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("The process has no pipes.")
        said = b""
        try:
            async with asyncio.timeout(function.timeout_s):
                with contextlib.suppress(ConnectionError):
                    process.stdin.write(line)
                    await process.stdin.drain()
                said = await process.stdout.readline()
        except TimeoutError:
            await self._end(process)
            return {"error": _timed_out(function, request_id)}
        except asyncio.CancelledError:
            await self._end(process)
            raise
        if not said:
            await self._end(process)
            return {"error": _exited(process.returncode, request_id)}
        if len(self._idle[name]) < MOST_IDLE:
            self._idle[name].append(process)
        else:
            await self._end(process)
        answer: dict[str, Any] = json.loads(said)
        return answer

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        self._all.discard(process)


def _invoked(
    answer: dict[str, Any], function: Function, request_id: str, taken_ms: float, init_ms: float
) -> Invoked:
    error = answer.get("error")
    payload = b"" if error else str(answer["result"]).encode()
    if len(payload) > MAX_RESULT:
        error = {
            "errorMessage": "Response payload size exceeded maximum allowed payload size "
            f"({MAX_RESULT} bytes).",
            "errorType": "Function.ResponseSizeTooLarge",
        }
    if error:
        payload = json.dumps(error).encode()
    log = _log(answer.get("log", ""), function, request_id, taken_ms, init_ms)
    return Invoked(payload, "Unhandled" if error else "", log)


def _log(printed: str, function: Function, request_id: str, taken_ms: float, init_ms: float) -> str:
    report = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {taken_ms:.2f} ms",
        f"Billed Duration: {int(taken_ms + init_ms) + 1} ms",
        f"Memory Size: {function.memory_mb} MB",
        "Max Memory Used: 38 MB",
        *([f"Init Duration: {init_ms:.2f} ms"] if init_ms else []),
    ]
    tail = "\t".join([*report, "\n"])
    if printed and not printed.endswith("\n"):
        printed += "\n"
    start = f"START RequestId: {request_id} Version: $LATEST\n"
    return f"{start}{printed}END RequestId: {request_id}\n{tail}"


def _timed_out(function: Function, request_id: str) -> dict[str, Any]:
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    limit = f"Task timed out after {function.timeout_s:.2f} seconds"
    return {"errorType": "Sandbox.Timedout", "errorMessage": f"{at} {request_id} {limit}"}


def _exited(status: int | None, request_id: str) -> dict[str, Any]:
    message = f"RequestId: {request_id} Error: Runtime exited with error: exit status {status}"
    return {"errorType": "Runtime.ExitError", "errorMessage": message}
