"""The chat page and the tools that it brings."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Browser, Route, expect

from tests.e2e.demo import OF_THE_DEMO, sign_in
from tests.services.product import Product

pytestmark = OF_THE_DEMO


async def test_tools_that_exist_are_not_offered_however_many_there_are(
    demo: Product, browser: Browser
) -> None:
    context = await browser.new_context(base_url=demo.url)
    page = await sign_in(context, "builder@example.com")
    sizes: list[int] = []
    read = asyncio.Event()

    async def one_by_one(route: Route) -> None:
        answer = await route.fetch(url=re.sub(r"page_size=\d+", "page_size=1", route.request.url))
        told = await answer.json()
        sizes.append(len(told["tools"]))
        await route.fulfill(response=answer)
        if told["next"] is None:
            read.set()

    await page.route("**/api/v1/tools/frontend?*", one_by_one)
    await page.goto("/assistants/demo/chat")
    async with asyncio.timeout(60):
        await read.wait()
    assert set(sizes) == {1} and len(sizes) > 1
    await expect(page.get_by_role("button", name="Add the chat's tools")).to_have_count(0)
    await context.close()
