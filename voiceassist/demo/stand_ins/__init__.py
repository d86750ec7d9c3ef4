"""Stand-ins for other companies' services, in one process on one port. No AI, no Django.

`StandInServer` serves them in a running loop; `Behaviour` says how they misbehave.
"""

from voiceassist.demo.stand_ins.behaviour import Behaviour, BehaviourError
from voiceassist.demo.stand_ins.server import StandInServer

__all__ = ["Behaviour", "BehaviourError", "StandInServer"]
