"""A simulated call in the demo as `make run` starts it, followed and ended in a browser."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import wave
from array import array
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.e2e.demo import OF_THE_DEMO, sign_in
from tests.e2e.test_pages_in_a_browser import serious_faults
from tests.services.product import Product
from voiceassist.demo import mulaw
from voiceassist.demo.caller import SimulatedCall
from voiceassist.demo.caller.line import Line
from voiceassist.demo.caller.script import PlayFile, Step
from voiceassist.demo.scenario import Listen, Scenario, Speak, Wait, WaitForEnd
from voiceassist.demo.voice import Voice

pytestmark = OF_THE_DEMO

QUIET_S = 8  # a caller who says nothing for longer is asked whether they are there
IN_NO_HURRY = Scenario(
    name="demo",
    description="stays on the line, and says so before anybody asks",
    caller=(Listen(), *(Wait(ms=4_000), Speak(text="Please wait.")) * 25),
)


def caller(demo: Product, scenario: str | Scenario) -> SimulatedCall:
    return SimulatedCall(
        demo.url,
        "demo-auth-token",
        account_sid="AC" + "0" * 32,
        to="+12025550100",
        from_="+12025550134",
        scenario=scenario,
    )


async def recording(folder: Path, name: str, words: str) -> Path:
    """Write somebody's words into a WAV file, 16 bits at 8 kHz."""
    voice, file = Voice(folder / "voice"), folder / f"{name}.wav"
    said = await voice.say(words, role="caller")
    voice.close()
    with wave.open(str(file), "wb") as written:
        written.setparams((1, 2, mulaw.RATE, 0, "NONE", ""))
        written.writeframes(array("h", [mulaw.LINEAR[byte] for byte in said]).tobytes())
    return file


def plays(demo: Product, files: list[Path], seen: asyncio.Event) -> SimulatedCall:
    """A caller who plays a file, and the other once the page was looked at, however slowly."""
    patience = Scenario(name="demo", description="plays files", caller=(Speak(text="One moment."),))
    call = caller(demo, patience)
    asks, leaves = (PlayFile(mulaw.read_wav(file)) for file in files)
    script = call._script
    do = script._do

    async def do_in_time(step: Step, line: Line) -> None:
        while step is leaves and not seen.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(seen.wait(), QUIET_S)
                break
            await do(Speak(text="One moment."), line)
        await do(step, line)

    script._steps = [Listen(), asks, Listen(), leaves, WaitForEnd(at_most_ms=60_000)]
    script._do = do_in_time  # type: ignore[method-assign]
    return call


async def test_a_call_is_followed_from_its_ring_to_its_end(
    demo: Product, browser: Browser, tmp_path: Path
) -> None:
    page = await sign_in(await browser.new_context(base_url=demo.url))
    said = {"question": "Hello, where is my order 1042?", "farewell": "Thank you, goodbye."}
    files = [await recording(tmp_path, name, words) for name, words in said.items()]
    seen = asyncio.Event()
    calling = asyncio.create_task(plays(demo, files, seen).run())
    # It appears on the list by itself.
    await page.locator("#live-calls td.title a").click()
    await expect(page.locator("[data-line-word]")).to_have_text("Live")
    await expect(page.locator("[data-audio]")).to_be_visible()
    words = page.locator(".said")
    await expect(words.nth(0)).to_contain_text("Juniper Cycles")
    await expect(words.nth(1)).to_contain_text("order 1042")
    tool = page.locator(".tool").first
    await expect(tool.locator("[data-pill]")).to_have_text("Success")
    await tool.locator("summary").click()
    answer = tool.locator("[data-answer]")
    await expect(answer).to_be_visible()
    given = await answer.inner_text()
    assert json.loads(given)["data"]["order_id"] == "1042"
    assert given == json.dumps(json.loads(given), ensure_ascii=False, indent=2)  # as in a chat
    assert await serious_faults(page) == []
    seen.set()
    await expect(page.locator("[data-call-pill]")).to_have_text("Completed")
    await expect(page.locator("[data-ending]")).to_contain_text("Ended by the assistant")
    await expect(page.get_by_role("heading", name="Details", exact=True)).to_be_visible()
    await asyncio.wait_for(calling, 60)
    # What came live is what is kept.
    ids = "rows => rows.map((row) => row.dataset.id)"
    rows = page.locator("[data-score] > li")
    live = await rows.evaluate_all(ids)
    texts = await words.all_inner_texts()
    await page.reload()
    assert await rows.evaluate_all(ids) == live
    assert await words.all_inner_texts() == texts
    assert await answer.text_content() == given
    await page.close()


async def test_staff_ends_a_call_from_the_page(demo: Product, browser: Browser) -> None:
    page = await sign_in(await browser.new_context(base_url=demo.url))
    calling = asyncio.create_task(caller(demo, IN_NO_HURRY).run())
    await page.locator("#live-calls td.title a").click()
    await expect(page.locator(".said").first).to_contain_text("Juniper")
    await page.get_by_role("textbox", name="Note").fill("Offer a free bell.")
    await page.get_by_role("button", name="Give note").click()
    await expect(page.get_by_text("Note given.")).to_be_visible()
    await page.get_by_role("button", name="End call").first.click()
    await page.get_by_role("dialog").get_by_role("button", name="End call").click()
    await expect(page.locator("[data-ending]")).to_have_text(re.compile("Ended by staff"))
    await asyncio.wait_for(calling, 60)
    await page.close()
