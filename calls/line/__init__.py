"""The phone's end of a media stream: one socket, text messages both ways."""
