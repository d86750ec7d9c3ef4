"""One folder for each kind of tool: its configuration and its executor."""
