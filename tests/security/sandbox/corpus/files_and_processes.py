"""Writing files and starting processes by any road."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "writing a file",
        """
def execute_tool(parameters, context):
    open('{folder}/open', 'w').write('x')
    return 1
""",
    ),
    Case(
        "pathlib",
        """
def execute_tool(parameters, context):
    from pathlib import Path
    Path('{folder}/pathlib').touch()
    return 1
""",
    ),
    Case(
        "a process",
        """
def execute_tool(parameters, context):
    import os
    os.system('touch {folder}/system')
    return 1
""",
    ),
    Case(
        "fork",
        """
def execute_tool(parameters, context):
    import os
    if os.fork() == 0:
        while True:
            pass
    return 1
""",
    ),
    Case(
        "tempfile",
        """
def execute_tool(parameters, context):
    import tempfile
    return tempfile.mkstemp(dir='{folder}')
""",
    ),
    Case(
        "shutil",
        """
def execute_tool(parameters, context):
    import shutil
    shutil.copy('/etc/passwd', '{folder}/copied')
    return 1
""",
    ),
    Case(
        "sqlite",
        """
def execute_tool(parameters, context):
    import sqlite3
    sqlite3.connect('{folder}/db').execute('create table a (b)')
    return 1
""",
    ),
    Case(
        "logging to a file",
        """
def execute_tool(parameters, context):
    import logging
    logging.basicConfig(filename='{folder}/log')
    logging.error('x')
    return 1
""",
    ),
    Case(
        "multiprocessing",
        """
def execute_tool(parameters, context):
    import multiprocessing
    multiprocessing.Process(target=print).start()
    return 1
""",
    ),
    Case(
        "a signal to the parent",
        """
def execute_tool(parameters, context):
    import os, signal
    os.kill(os.getppid(), signal.SIGKILL)
    return 1
""",
    ),
]
