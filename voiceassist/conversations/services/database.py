"""The few threads in which conversations use the database."""

from voiceassist.foundation.database import DatabaseThreads

threads = DatabaseThreads(6, "conversations-db")
