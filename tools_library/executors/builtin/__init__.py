"""Tools that come with the platform; imports the engine and the assistant's published shape."""
