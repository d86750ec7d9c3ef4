"""The core that runs one tool call; pure Python, imports no Django and no client of any service."""
