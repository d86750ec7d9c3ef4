"""The few threads in which conversations use the database."""

from voiceassist.foundation.database import DatabaseThreads

# Few, for each one that is busy takes its share of the interpreter from the event loop that shows
# the text: with six of them two hundred chats that began together held up every word for 0.15 s.
threads = DatabaseThreads(2, "conversations-db")
writers = DatabaseThreads(1, "conversations-writer")
"""One thread of the text that streams: it is stored in time however much else there is to do."""
