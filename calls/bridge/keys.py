"""Keys pressed on the phone, gathered until the caller pauses; pure."""

from __future__ import annotations

from collections.abc import Callable

from calls.bridge.ports import Timers

PAUSE_S = 1.5
LONGEST = 32


class Keys:
    """Collects digits; `#` or a pause hands them over together."""

    def __init__(self, timers: Timers, pressed: Callable[[str], None]) -> None:
        self._timers = timers
        self._pressed = pressed
        self._digits = ""
        self.began_at = 0.0  # when the first of the keys was pressed
        self._cancel: Callable[[], None] | None = None

    def press(self, digit: str) -> None:
        """Take one key; anything but 0-9, * and # is ignored."""
        if digit not in set("0123456789*#"):
            return
        self.stop()
        if not self._digits:
            self.began_at = self._timers.now()
        self._digits += digit
        if digit == "#" or len(self._digits) >= LONGEST:
            self._hand_over()
        else:
            self._cancel = self._timers.later(PAUSE_S, self._hand_over)

    def stop(self) -> None:
        """Forget the pause that is being waited for."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    def _hand_over(self) -> None:
        digits, self._digits = self._digits, ""
        self._cancel = None
        if digits:
            self._pressed(digits)
