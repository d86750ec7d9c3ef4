"""A process that runs one function, event after event, as Lambda's runtime does. Stdlib only.

Started as `python -I runtime.py FILE NAME` with the file that has `FUNCTIONS`; reads one JSON line
per event on standard input and answers each with one on what was standard output. A script, not a
part of the package, whose imports would take longer than any function.
"""

import contextlib
import io
import json
import os
import runpy
import sys
import traceback
from types import SimpleNamespace
from typing import Any


def main() -> None:
    """Serve events until standard input ends."""
    handler = runpy.run_path(sys.argv[1])["FUNCTIONS"][sys.argv[2]].handler
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that a function prints may look like an answer
    for line in sys.stdin.buffer:
        task = json.loads(line)
        log = io.StringIO()
        with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
            answer = _run(handler, task)
        answer["log"] = log.getvalue()[-16_384:]
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _run(handler: Any, task: dict[str, Any]) -> dict[str, Any]:
    context = SimpleNamespace(aws_request_id=task["request_id"], function_name=sys.argv[2])
    try:
        result = handler(task["event"], context)
    except BaseException as error:
        return {"error": _told(error, task["request_id"])}
    try:
        return {"result": json.dumps(result)}
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        told = {"errorMessage": message, "errorType": "Runtime.MarshalError", "stackTrace": []}
        return {"error": {**told, "requestId": task["request_id"]}}


def _told(error: BaseException, request_id: str) -> dict[str, Any]:
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_tb(error.__traceback__)[1:],
    }


if __name__ == "__main__":
    main()
