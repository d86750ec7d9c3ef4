"""Tools written in Python; imports the engine, the sandbox and the outbound door."""
