"""The live call: a pure asyncio core between the phone's stream and the voice model.

Imports no Django. `session` decides; `frames`, `realtime_wire` know the wire formats; `playback`
knows what the caller heard; the outside is reached through the protocols in `ports`.
"""
