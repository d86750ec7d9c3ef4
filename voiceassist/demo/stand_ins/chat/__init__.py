"""Chat Completions, answered by rules: checks, mind, streaming, misbehaviour. No AI, no Django."""
