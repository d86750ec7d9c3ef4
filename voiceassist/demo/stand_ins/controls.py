"""What steers and shows the stand-ins: the behaviour in force, the logs, routes `/_stand_in/…`.

Imports no sockets.
"""

from voiceassist.demo.stand_ins.asgi import Answer, Request
from voiceassist.demo.stand_ins.behaviour import Behaviour, BehaviourError
from voiceassist.demo.stand_ins.chat.log import ChatJournal
from voiceassist.demo.stand_ins.realtime.log import Journal


class Controls:
    """`behaviour` holds for the sessions, calls and requests to come.

    `journal` logs Realtime sessions, `chat_journal` requests of Chat Completions.
    """

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.initial = behaviour or Behaviour()
        self.behaviour = self.initial
        self.journal = Journal()
        self.chat_journal = ChatJournal()

    def answer(self, request: Request) -> Answer:
        """Answers a request whose path begins with `/_stand_in/`."""
        name = request.path.removeprefix("/_stand_in/").rstrip("/")
        if name == "health" and request.method == "GET":
            return Answer(200, {"status": "ok", "ai": False})
        if name == "log" and request.method == "GET":
            sessions = [session.as_json() for session in self.journal.sessions]
            return Answer(200, {"sessions": sessions})
        if name == "chat":
            return self._answer_chat(request)
        if name == "behaviour":
            return self._answer_behaviour(request)
        known = "There are health, behaviour, log and chat below /_stand_in/."
        return Answer(404, {"message": known})

    def _answer_chat(self, request: Request) -> Answer:
        """`?key=` (how it begins) and `?user=` choose requests, `?whole=1` shows their bodies."""
        if request.method == "DELETE":
            self.chat_journal.requests.clear()
        elif request.method != "GET":
            return Answer(405, {"message": "GET or DELETE."})
        asked = {name: values[-1] for name, values in request.query.items()}
        found = self.chat_journal.of(asked.get("key", ""), asked.get("user", ""))
        whole = asked.get("whole", "") not in ("", "0")
        requests = [log.as_json(whole=whole) for log in found]
        return Answer(200, {"count": len(requests), "requests": requests})

    def _answer_behaviour(self, request: Request) -> Answer:
        if request.method == "DELETE":
            self.behaviour = self.initial
        elif request.method == "POST":
            changes = request.json()
            if not isinstance(changes, dict):
                return Answer(400, {"message": "Send a JSON object of behaviours."})
            try:
                self.behaviour = self.behaviour.changed(changes)
            except BehaviourError as error:
                return Answer(400, {"message": str(error)})
        elif request.method != "GET":
            return Answer(405, {"message": "GET, POST or DELETE."})
        return Answer(200, self.behaviour.as_json())
