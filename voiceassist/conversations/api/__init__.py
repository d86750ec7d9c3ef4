"""The doors of conversations over HTTP."""
