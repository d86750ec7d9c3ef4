"""Tools of MCP servers (Model Context Protocol, Streamable HTTP); imports engine and the door."""
