"""The folder of phrases that many processes share: what one reads there is always whole."""

import threading
from pathlib import Path

from voiceassist.demo import voice

SOUND = b"\x12" * 8_000


def test_a_phrase_that_two_threads_make_at_once_is_whole_for_a_third(tmp_path, monkeypatch):
    speaker, file, read = voice.Voice(tmp_path), tmp_path / "phrase.ulaw", []
    replace = Path.replace

    def replace_while_another_writes(mine, target):
        def write(theirs, sound):
            with theirs.open("wb") as half:
                half.write(sound[:10])
                half.flush()
                replace(mine, target)
                read.append(file.read_bytes())
                half.write(sound[10:])

        monkeypatch.setattr(Path, "replace", replace)
        monkeypatch.setattr(Path, "write_bytes", write)
        other = threading.Thread(target=speaker._store, args=(file, SOUND))
        other.start()
        other.join(60)

    monkeypatch.setattr(Path, "replace", replace_while_another_writes)
    speaker._store(file, SOUND)
    assert read == [SOUND] and file.read_bytes() == SOUND
    assert list(tmp_path.iterdir()) == [file]
    speaker.close()


async def test_a_phrase_that_is_thrown_away_before_it_is_read_is_made(tmp_path, monkeypatch):
    speaker = voice.Voice(tmp_path)
    monkeypatch.setattr(voice, "espeak_path", lambda: "/usr/bin/espeak-ng")
    monkeypatch.setattr(voice, "_espeak", lambda path, text, spoken_by: SOUND)
    monkeypatch.setattr(voice, "shorten_pauses", bytes)
    monkeypatch.setattr(Path, "exists", lambda path: True)  # as it was a moment ago
    assert await speaker.say("Hello.") == SOUND
    speaker.close()
