"""What plain Python tries when only the kernel holds it: name → code that says what it got.

Each returns "held: …" when it was refused and anything else when it was not. `DEADLY` ones end the
process. `{folder}` is a folder that everybody may write to, `{port}` a TCP port that listens.
"""

_TRY = """
def execute_tool(parameters, context):
    try:
        got = attempt()
    except (OSError, MemoryError, RuntimeError, ValueError) as error:
        return "held: " + type(error).__name__
    return "got: " + repr(got)[:100]
"""


def _attempts(**codes: str) -> dict[str, str]:
    return {
        name: "def attempt():\n"
        + "\n".join(f"    {line}" for line in code.strip().split("\n"))
        + _TRY
        for name, code in codes.items()
    }


HELD = _attempts(
    # files
    read_file="return open('/etc/passwd').read()",
    read_own_program="import sys\nreturn open(sys.executable, 'rb').read(4)",
    list_folder="import os\nreturn os.listdir('/')",
    write_file="open('{folder}/written', 'w').write('x')",
    append_file="import os\nreturn os.open('{folder}/appended', os.O_WRONLY | os.O_CREAT)",
    symlink="import os\nos.symlink('/etc/passwd', '{folder}/link')",
    make_folder="import os\nos.mkdir('{folder}/made')",
    stat_file="import os\nreturn os.stat('/etc/passwd').st_size",
    read_link="import os\nreturn os.readlink('/proc/self/exe')",
    memory_file="import os\nreturn os.memfd_create('x')",
    other_descriptors="""
import os
found = []
for fd in range(4, 64):
    try:
        os.read(fd, 1)
        found.append(fd)
    except OSError:
        pass
if not found:
    raise OSError('none is open')
return found
""",
    # network
    tcp="import socket\nsocket.create_connection(('127.0.0.1', {port}), 1)",
    udp="""
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))
""",
    unix_socket="import socket\nsocket.socket(socket.AF_UNIX).connect('\\0abstract')",
    socket_pair="import socket\nreturn socket.socketpair()",
    listen="import socket\nreturn socket.create_server(('127.0.0.1', 0))",
    netlink="import socket\nreturn socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
    send_descriptor="import socket\nsocket.send_fds(socket.socket(fileno=3), [b'x'], [0])",
    # processes
    fork="import os\nif os.fork() == 0:\n    os._exit(0)",
    run_program="import subprocess\nreturn subprocess.run(['/bin/true'])",
    exec_program="import os\nos.execv('/bin/true', ['true'])",
    spawn_program="import os\nreturn os.posix_spawn('/bin/true', ['true'], {})",
    thread="import threading\nthreading.Thread(target=int).start()",
    kill_parent="import os\nos.kill(os.getppid(), 9)",
    kill_everybody="import os\nos.kill(-1, 9)",
    kill_first="import os\nos.kill(1, 9)",
    pipe="import os\nreturn os.pipe()",
    new_namespace="""
import ctypes, sys
if sys.modules['libc'].unshare(0x10000000):
    raise OSError(ctypes.get_errno())
""",
    become_root="import os\nos.setuid(0)",
    new_session="import os\nos.setsid()",
    # limits
    raise_memory="""
import resource
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
""",
    lower_and_raise="import resource\nresource.setrlimit(resource.RLIMIT_CPU, (100, 100))",
    priority="import os\nreturn os.nice(-5)",
    pin_core="import os\nos.sched_setaffinity(0, [0])",
    # memory
    big_block="return len(bytearray(400 * 1024 * 1024))",
    many_blocks="""
held = []
while len(held) < 400:
    held.append(bytearray(1024 * 1024))
return len(held)
""",
    mapped_memory="import mmap\nreturn len(mmap.mmap(-1, 400 * 1024 * 1024))",
    executable_memory="import mmap\nreturn mmap.mmap(-1, 4096, prot=mmap.PROT_EXEC | 1)",
    shared_memory="import multiprocessing\nreturn multiprocessing.Value('i', 1)",
    # the parent
    parent_environment="""
import os
return open('/proc/' + str(os.getppid()) + '/environ', 'rb').read()
""",
    own_memory_file="return open('/proc/self/mem', 'rb')",
    host_name="import os\nreturn os.uname()",
)
"""The attempts that end in a refusal."""

DEADLY = {
    "trace": "import sys\nsys.modules['libc'].ptrace(0, 0, 0, 0)",
    "io_uring": "import sys\nsys.modules['libc'].syscall(425, 8, 0)",
    "read_other_memory": "import sys\nsys.modules['libc'].process_vm_readv(1, 0, 0, 0, 0, 0)",
    "mount": "import sys\nsys.modules['libc'].mount(b'none', b'/tmp', b'tmpfs', 0, None)",
    "segmentation_fault": "import ctypes\nctypes.string_at(0)",
    "leave_without_a_word": "import os\nos._exit(0)",
    "claim_a_lockdown_failure": "import os\nos._exit(77)",
}
"""The attempts that end the process."""

SLOW = {
    "loop": "while True:\n    pass",
    "loop_deaf_to_signals": """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
""",
    "one_long_calculation": "len(str(7 ** 9 ** 9))",
    "sleep": "from time import sleep\nsleep(600)",
    "wait_for_a_lock": "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
    "read_what_never_comes": "import os\nos.read(3, 1)",
}
"""What never ends by itself."""


def as_tool(code: str) -> str:
    """Return the code as the body of a tool."""
    body = "\n".join(f"    {line}" for line in code.strip().split("\n"))
    return f"def execute_tool(parameters, context):\n{body}\n    return 'got through'"
