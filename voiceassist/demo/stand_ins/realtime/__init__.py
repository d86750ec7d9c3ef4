"""The OpenAI Realtime stand-in: the real protocol, as strict as the real one, with no AI."""
