"""As a program: fills the database of the environment with parts and times searches, as JSON.

Beside the time that a search takes: the processor's, which a busy machine does not change; on
PostgreSQL with that of the connection's own process.
"""

import json
import random
import sys
import time

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from benchmarks.processes import cpu_seconds  # noqa: E402
from tests.factories.knowledge import DATA, questions  # noqa: E402
from voiceassist.knowledge.models import (  # noqa: E402
    KnowledgeChunk,
    KnowledgeCollection,
    KnowledgeDocument,
)
from voiceassist.knowledge.services import collections  # noqa: E402
from voiceassist.knowledge.services.search import search  # noqa: E402
from voiceassist.knowledge.services.stores import Entry, store  # noqa: E402
from voiceassist.organizations.services import organizations  # noqa: E402

PER_DOCUMENT = 100
WORDS = 200
VOCABULARY = 20_000


def main(parts: int, rounds: int) -> None:
    """Fill, ask every question `rounds` times, print the times in ms."""
    call_command("migrate", verbosity=0)
    organization = organizations.create("Benchmark", slug="benchmark")
    _fill(organization, parts)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    _asked(organization.pk)  # warms the database's memory
    began = _cpu()
    times = [took for _ in range(rounds) for took in _asked(organization.pk)]
    cpu_ms = (_cpu() - began) * 1_000 / len(times)
    found = {"parts": KnowledgeChunk.unscoped.count(), "times": times, "cpu_ms": round(cpu_ms, 2)}
    print(json.dumps(found))


def _asked(organization_id):
    """Ask every question; return the times in ms."""
    times = []
    for question, _heading in questions():
        began = time.perf_counter()
        hits = search(organization_id, question)
        times.append((time.perf_counter() - began) * 1_000)
        assert hits
    return times


def _cpu():
    """Return the processor time of this process and its connection's, in seconds."""
    if connection.vendor != "postgresql":
        return time.process_time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return time.process_time() + cpu_seconds(cursor.fetchone()[0])


def _fill(organization, parts):
    """Parts that hold sentences of real help texts, so that the questions' words are common.

    The rest are made-up words, few of them often and many of them rarely, as in any language.
    """
    collection = collections.save(KnowledgeCollection(organization=organization, name="Help"))
    chance = random.Random(7)
    sentences = [
        sentence for path in sorted((DATA / "texts").glob("*.md"))
        for sentence in path.read_text().replace("\n", " ").split(". ")
    ]  # fmt: skip
    syllables = [first + second for first in "bdfgklmnprst" for second in "aeiou"]
    made_up = [
        "".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in range(VOCABULARY)
    ]
    weights = [1 / rank for rank in range(1, VOCABULARY + 1)]
    for number in range(parts // PER_DOCUMENT):
        document = KnowledgeDocument.unscoped.create(
            organization=organization, collection=collection, title=f"Document {number}",
            kind="text", status="ready", chunk_count=PER_DOCUMENT,
        )  # fmt: skip
        rows = []
        for position in range(PER_DOCUMENT):
            words = " ".join(chance.choices(sentences, k=7)).split()
            words += chance.choices(made_up, weights, k=max(0, WORDS - len(words)))
            heading = " ".join(chance.choice(sentences).split()[:5])
            rows.append(KnowledgeChunk(
                organization=organization, collection=collection, document=document,
                position=position, heading=heading, text=" ".join(words),
            ))  # fmt: skip
        made = KnowledgeChunk.unscoped.bulk_create(rows)
        store().write([Entry(row.pk, row.heading, row.text) for row in made], "en")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
