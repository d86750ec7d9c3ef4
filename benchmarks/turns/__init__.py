"""How fast the product reacts: to a ring, to an interruption, to a tool's answer."""
