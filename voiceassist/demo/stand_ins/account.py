"""The phone account that the stand-ins serve: who may use the REST API, and who signs. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """Twilio's account id and auth token; the defaults are the demo's."""

    sid: str = "AC" + "0" * 32
    auth_token: str = "demo-auth-token"  # noqa: S105 - opens nothing but the stand-ins
