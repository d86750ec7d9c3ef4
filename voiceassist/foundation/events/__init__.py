"""What happened, told to whoever watches.

`emit` stores an Event and tells live pages after the commit; `publish` tells them without storing
(words while they are spoken, audio levels). `hub` carries both to the sockets of this process.
"""

from voiceassist.foundation.events.emit import advance_and_emit, emit, insert_and_emit, publish
from voiceassist.foundation.events.storing import News, hold_order

__all__ = ["News", "advance_and_emit", "emit", "hold_order", "insert_and_emit", "publish"]
