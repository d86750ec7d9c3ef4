"""The TwiML we answer with; imports the vendor's builder."""

from __future__ import annotations

from dataclasses import dataclass

from twilio.twiml.voice_response import Connect, VoiceResponse

from voiceassist.foundation.providers.twilio import public_url

_SAY_LANGUAGE = {"en": "en-US", "es": "es-MX"}


def stream(token: str) -> str:
    """Return TwiML that opens a media stream, and asks us for the next verb when it closes.

    The redirect is what keeps a caller when our socket ends: hanging up, transferring and
    recovering from a crash all go through it.
    """
    response = VoiceResponse()
    connect = Connect()
    connect.stream(
        url=public_url(f"/twilio/media/{token}", socket=True),
        status_callback=public_url("/twilio/stream-status"),
        status_callback_method="POST",
    )
    response.append(connect)
    response.redirect(public_url("/twilio/resume"), method="POST")
    return str(response)


def wait(waited: int) -> str:
    """Return TwiML that asks us again in a second; `waited` is how often it did so before."""
    response = VoiceResponse()
    response.pause(length=1)
    response.redirect(public_url(f"/twilio/resume?waited={waited + 1}"), method="POST")
    return str(response)


@dataclass(frozen=True, slots=True)
class Dial:
    """Whom to ring for a caller, and as whom; `key` names the transfer in what comes back."""

    number: str
    caller_id: str
    key: int
    ring_s: int
    longest_s: int


def dial(to: Dial) -> str:
    """Return TwiML that puts the caller through, and asks us when that is over, whatever came."""
    response = VoiceResponse()
    verb = response.dial(
        action=public_url(f"/twilio/dial-result?transfer={to.key}"),
        method="POST",
        timeout=to.ring_s,
        time_limit=to.longest_s,
        answer_on_bridge=True,
        caller_id=to.caller_id,
    )
    verb.number(
        to.number,
        status_callback=public_url(f"/twilio/status?transfer={to.key}"),
        status_callback_event="answered completed",
        status_callback_method="POST",
    )
    return str(response)


def hang_up(words: str = "", language: str = "en") -> str:
    """Return TwiML that says `words`, if any, in the phone company's voice and hangs up."""
    response = VoiceResponse()
    if words:
        response.say(words, language=_SAY_LANGUAGE.get(language, language))
    response.hangup()
    return str(response)


def busy() -> str:
    """Return TwiML that refuses the call as busy."""
    response = VoiceResponse()
    response.reject(reason="busy")
    return str(response)
