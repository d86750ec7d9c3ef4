"""Which queue a run waits in; imports models and jobs.

Where somebody waits on the line, in a chat or in front of a camera, the run goes to `live`, whose
workers do nothing else, as README starts them. Tests, programs and runs whose outcome comes later
go to `default`.
"""

from __future__ import annotations

from tools_library.choices import TriggerContext
from tools_library.models import ToolExecution
from voiceassist.foundation.jobs import Queue, enqueue

PERFORM = "tools.perform"
_SOMEBODY_WAITS = frozenset({
    TriggerContext.CALL, TriggerContext.CHAT, TriggerContext.SMS, TriggerContext.WEBHOOK,
})  # fmt: skip


def queue_of(execution: ToolExecution) -> Queue:
    """Return the queue that a run belongs to."""
    waits = execution.trigger_context in _SOMEBODY_WAITS and not execution.is_async
    return "live" if waits else "default"


def hand_over(execution: ToolExecution) -> None:
    """Give a queued run to the workers, once the transaction is committed."""
    enqueue(PERFORM, str(execution.execution_id), queue=queue_of(execution))
