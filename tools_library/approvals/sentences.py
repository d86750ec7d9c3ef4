"""What the model is told about runs that wait or may not go on; pure text."""

from __future__ import annotations

ASK_THE_CALLER = (
    "Not done yet: the caller must agree first. Tell them exactly what will be done and with which "
    "details, ask for a yes (they may also press 1), and wait for their answer. Once they agree, "
    "call {name} again with exactly the same arguments. If they decline, do not call it."
)
NOT_YET = (
    "Not done: the caller has not answered the question since they heard it. Ask it, let them "
    "answer, and call {name} again with exactly the same arguments only if they agree."
)
WAITS_FOR_STAFF = "A member of staff must approve this. Please wait for their answer."
WAITS_FOR_USER = "The user must approve this first. Please wait for their answer."
REJECTED = "Not done: {who} declined{why}. Do not try it again; tell the person."
CALLER_SILENT = (
    "Not done: the caller did not agree in time. Ask again if it is still wanted, and call the "
    "tool anew."
)
USER_SILENT = "Not done: the user did not approve it in time. Call the tool anew if it is wanted."
STAFF_SILENT = (
    "Not done: no member of staff answered in time. Tell the person and offer another way."
)
EDITED = (
    "{who} changed the arguments before approving: {changed}. The outcome is that of the changed "
    "call; tell the person what was really done."
)
