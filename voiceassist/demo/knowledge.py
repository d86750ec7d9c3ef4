"""The demo's knowledge base: what the shop's help pages say; pure data and one service call."""

from __future__ import annotations

from voiceassist.knowledge.models import KnowledgeCollection
from voiceassist.knowledge.services import collections, documents
from voiceassist.knowledge.services.documents import Content
from voiceassist.organizations.models import Organization

SLUG = "help-pages"
_TEXTS = (
    ("Delivery", "orders", """\
## How long delivery takes
What is in stock leaves the warehouse within one working day. Standard shipping takes two to four
working days, an express parcel ordered before noon comes the next working day. Complete bicycles
come by freight and need five to eight working days.

## What shipping costs
Standard shipping costs 4.90 and is free above 60. Express is 12.90, a complete bicycle 39.
"""),
    ("Returns", "orders", """\
## Return policy
Anything unused can be returned within thirty days of receiving it. Custom-built bicycles, cut
cables and gift cards cannot be taken back.

## When the money comes back
What comes back is inspected within three working days; then the amount is refunded to the same
means of payment. Credit cards take up to five days more.
"""),
    ("Workshop", "workshop", """\
## Booking an appointment
The workshop works by appointment, Tuesday to Saturday. The next free day is usually within a week.

## Prices
The basic service costs 59: brakes, gears, wheels, chain. The full service for 129 adds bearings,
new cables and a wash. Changing an inner tube costs 15 with the tube.

## Bicycles bought elsewhere
Every brand is repaired, also if it was not bought here. Cracked carbon frames are not.
"""),
    ("The shop", "shop", """\
## Opening hours
Monday to Friday from ten to seven, Saturday from ten to four, closed on Sundays and holidays.

## Address and parking
12 Harbour Street, next to the old customs house; tram lines 3 and 8. The garage below the square
costs 2 per hour.

## Test rides
Every bicycle can be tried out for half an hour with an identity card left at the counter.
"""),
    ("Electric bicycles", "workshop", """\
## Range and charging
A battery of 500 watt hours lasts for 60 to 110 kilometres and charges in four to five hours.

## Warranty
Motors have two years of warranty, batteries two years or five hundred charges.
"""),
)  # fmt: skip


def write(organization: Organization, made: list[str]) -> None:
    """Make the collection and its documents where there is none; they are read in the background.

    Args:
        made: gets a line for what was made.
    """
    if KnowledgeCollection.objects.of(organization).filter(slug=SLUG).exists():
        return
    collection = collections.save(
        KnowledgeCollection(
            organization=organization,
            slug=SLUG,
            name="Help pages",
            description="What the shop's help pages say.",
        )  # fmt: skip
    )
    for title, category, text in _TEXTS:
        content = Content(kind="markdown", text=text)
        documents.add(collection, content, title=title, category=category)
    made.append(f"collection {SLUG}")
