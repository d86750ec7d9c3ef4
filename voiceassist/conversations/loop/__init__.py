"""What the agent does next, and what its model reads; pure, imports no framework."""
