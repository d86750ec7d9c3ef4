"""The first wall: what tool code may say and reach, on top of RestrictedPython.

`compile_tool` rewrites the code so that every access asks a hook, `namespace` gives it hooks,
functions and facades in place of modules, `call` runs it. `problems` judges code without running
it. Imports only the standard library and RestrictedPython, for it lives in the zygote. It is no
boundary by itself: the kernel's wall around it is.
"""

from tools_library.sandbox.policy.compiling import (
    ENTRY,
    FILE_NAME,
    MAX_SOURCE_BYTES,
    compile_tool,
    problems,
)
from tools_library.sandbox.policy.modules import IMPORTABLE, names_of
from tools_library.sandbox.policy.problems import Problem, Rejected
from tools_library.sandbox.policy.running import call, describe, namespace
from tools_library.sandbox.policy.warming import warm_up

VERSION = "1"
"""Changes with every change of what the transformer makes of code."""

__all__ = [
    "ENTRY",
    "FILE_NAME",
    "IMPORTABLE",
    "MAX_SOURCE_BYTES",
    "VERSION",
    "Problem",
    "Rejected",
    "call",
    "compile_tool",
    "describe",
    "names_of",
    "namespace",
    "problems",
    "warm_up",
]
