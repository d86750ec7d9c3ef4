"""The simulated caller: rings the product the way the phone company does; imports no Django."""

from voiceassist.demo.caller.call import SimulatedCall
from voiceassist.demo.caller.report import CallReport

__all__ = ["CallReport", "SimulatedCall"]
