"""Tools that call an HTTP endpoint; imports the engine and the outbound door."""
