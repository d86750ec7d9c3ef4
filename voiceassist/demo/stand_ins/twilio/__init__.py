"""The Twilio stand-in: its REST API for calls, and the simulated phone that rings for them."""
