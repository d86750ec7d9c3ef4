"""The numbers that bound a sandboxed run; imports nothing."""

SOURCE_BYTES = 64 * 1024
COMPILE_SECONDS = 5.0
COMPILE_MEMORY_MB = 256
MIN_MEMORY_MB = 16
MAX_MEMORY_MB = 512

# Frames, before they are parsed. A request of 1 MB travels as base64; so does an answer of 5 MB.
FROM_CHILD_BYTES = 2 * 1024 * 1024
TO_CHILD_BYTES = 12 * 1024 * 1024
RESULT_BYTES = 1_000_000
STDOUT_BYTES = 64 * 1024
# Everything one child may send: its prints, its requests, its answer.
RUN_BYTES = 32 * 1024 * 1024
DEPTH = 64

MESSAGE_CHARACTERS = 500
# What a tool says is masked first and cut then, or half a secret could stay behind at the cut. So
# a child may say this much more than is kept: the longest form of the longest credential.
MASKED_CHARACTERS = 64 * 1024
HTTP_MESSAGES = 64

# After the deadline of the zygote the parent waits this long before it takes the zygote for dead.
GRACE_SECONDS = 1.0
# After its answer a child has this long to be gone by itself.
GOODBYE_SECONDS = 0.2
START_SECONDS = 20.0
# After a failed start nobody tries again for this long.
RETRY_SECONDS = 10.0
