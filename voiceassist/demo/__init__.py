"""The outside world for demo and tests: stand-ins for other services, and a simulated caller."""
