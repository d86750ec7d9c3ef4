"""The floor of the sandbox benchmark: a process that forks children under a system call filter.

It has the same modules in memory as the zygote, and its children do nothing but put on the filter
and write a byte. Each line it reads is a number of runs, each line it prints their times in ms.
"""

import gc
import json
import os
import sys
import time

from tools_library.sandbox import kernel, policy, zygote


def main() -> None:
    """Serve until standard input ends."""
    policy.warm_up()
    calls = kernel.CallFilter(zygote.compile_filter())
    gc.collect()
    gc.freeze()
    print("ready", flush=True)
    for line in sys.stdin:
        began = time.perf_counter()
        times = [round(_one(calls) * 1000, 4) for _ in range(int(line))]
        print(json.dumps({"seconds": time.perf_counter() - began, "ms": times}), flush=True)


def _one(calls: kernel.CallFilter) -> float:
    began = time.perf_counter()
    readable, writable = os.pipe()
    child = os.fork()
    if not child:
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        calls.put_on()
        os.write(writable, b"x")
        os._exit(0)
    os.close(writable)
    os.read(readable, 1)
    os.close(readable)
    os.waitpid(child, 0)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
