"""The few threads in which webhooks and media sockets use the database."""

from voiceassist.foundation.database import DatabaseThreads

threads = DatabaseThreads(4, "calls-db")
in_pool = threads.run
