"""REST of calls; imports services, reading and models."""
