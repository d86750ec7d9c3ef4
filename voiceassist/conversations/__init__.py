"""Text conversations with assistants, whose tools run on the server, in the browser, or later."""
