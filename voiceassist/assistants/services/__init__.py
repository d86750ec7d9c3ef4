"""The only writers of assistants, their versions and their numbers."""

from voiceassist.assistants.services.copies import duplicate
from voiceassist.assistants.services.drafts import save as save_draft
from voiceassist.assistants.services.publishing import differs, publish

__all__ = ["differs", "duplicate", "publish", "save_draft"]
