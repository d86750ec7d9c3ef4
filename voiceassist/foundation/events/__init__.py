"""What happened, told to whoever watches.

`emit` stores an Event and tells live pages after the commit; `publish` tells them without storing
(words while they are spoken, audio levels). `hub` carries both to the sockets of this process.
"""

from voiceassist.foundation.events.emit import News, emit, hold_order, publish

__all__ = ["News", "emit", "hold_order", "publish"]
