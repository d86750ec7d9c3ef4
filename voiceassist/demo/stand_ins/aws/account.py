"""The account that the AWS stand-in serves: keys, roles, and who may do what. Pure data.

Whoever reads this may use the keys: they open nothing but the stand-in.
"""

from dataclasses import dataclass

ACCOUNT_ID = "000000000000"
ACCESS_KEY_ID = "AKIA" + "DEMO" * 4
SECRET_ACCESS_KEY = "demo-secret-" + "0123456789" * 3
"""May do everything here."""

LISTING_KEY_ID = "AKIA" + "LIST" * 4
LISTING_SECRET = "listing-secret-" + "0123456789" * 3
"""May list functions, but neither invoke them nor take a role."""

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/voiceassist-demo"
PARTNER_ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/voiceassist-partner"
PARTNER_EXTERNAL_ID = "juniper-and-partner"
"""The second role asks for this external id."""

EXTERNAL_IDS = {ROLE: "", PARTNER_ROLE: PARTNER_EXTERNAL_ID}


@dataclass(frozen=True)
class Key:
    """An access key; `expires_at` (Unix time) and `token` belong to a role's."""

    secret: str
    user: str
    may: frozenset[str]
    token: str = ""
    expires_at: float = 0.0

    def is_allowed(self, action: str) -> bool:
        """Whether it may do this, such as `lambda:InvokeFunction`."""
        return action in self.may


EVERYTHING = frozenset({"lambda:InvokeFunction", "lambda:ListFunctions", "sts:AssumeRole"})

KEYS = {
    ACCESS_KEY_ID: Key(SECRET_ACCESS_KEY, "user/demo", EVERYTHING),
    LISTING_KEY_ID: Key(LISTING_SECRET, "user/listing", frozenset({"lambda:ListFunctions"})),
}
