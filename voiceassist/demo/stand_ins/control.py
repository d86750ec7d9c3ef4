"""`/_stand_in/…`: health, misbehaviour on demand, and the log of recent sessions."""

from voiceassist.demo.stand_ins.asgi import Answer, Request
from voiceassist.demo.stand_ins.behaviour import Behaviour, BehaviourError
from voiceassist.demo.stand_ins.realtime.endpoint import RealtimeEndpoint

PREFIX = "/_stand_in"


class Control:
    """Sets how the sessions to come behave."""

    def __init__(self, realtime: RealtimeEndpoint) -> None:
        self._realtime = realtime

    async def handle(self, request: Request) -> Answer:
        """One request."""
        path = request.path.removeprefix(PREFIX)
        if path == "/health":
            return Answer(200, {"status": "healthy", "ai": False})
        if path == "/log":
            sessions = [log.as_json() for log in self._realtime.journal.sessions]
            return Answer(200, {"sessions": sessions})
        if path == "/behaviour":
            return self._behaviour(request)
        return Answer(404, {"message": "Known here: health, log, behaviour."})

    def _behaviour(self, request: Request) -> Answer:
        if request.method == "POST":
            changes = request.json()
            if not isinstance(changes, dict):
                return Answer(400, {"message": "Send a JSON object of behaviour keys."})
            try:
                self._realtime.behaviour = self._realtime.behaviour.changed(changes)
            except BehaviourError as error:
                return Answer(400, {"message": str(error)})
        elif request.method == "DELETE":
            self._realtime.behaviour = Behaviour()
        return Answer(200, self._realtime.behaviour.as_json())
