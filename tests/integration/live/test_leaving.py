"""Page sockets whose reader leaves an organization, switches, or stops reading."""

import threading
import time
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.factories.pages import make_organization
from tests.integration.live.serving import LiveServer, World, act, read
from tests.services.stuck_socket import stuck_socket
from voiceassist.foundation.events import News, emit, socket
from voiceassist.organizations import current
from voiceassist.organizations.models import Membership, Organization, Role

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/ws/tool-executions"


@pytest.fixture
def south(world: World) -> Organization:
    """A second organization of the same person, who acts for the first one."""
    organization = make_organization("south")
    Membership(organization=organization, user=world.user, role=Role.VIEWER).save()
    current.choose(world.user, world.organization.slug)
    return organization


def run_ends(organization: Organization, execution_id: str) -> None:
    data = {"execution_id": execution_id, "status": "success"}
    emit(organization.pk, News("executions", "execution.updated", data))


def leave(world: World, south: Organization) -> None:
    Membership.unscoped.filter(user=world.user, organization=world.organization).delete()


def switch(world: World, south: Organization) -> None:
    current.choose(world.user, south.slug)


@pytest.mark.parametrize("go", [leave, switch])
async def test_runs_of_an_organization_are_not_shown_to_who_left_it(
    server: LiveServer,
    world: World,
    south: Organization,
    monkeypatch: pytest.MonkeyPatch,
    go: Any,
) -> None:
    monkeypatch.setattr(socket, "RECHECK_SECONDS", 0.2)
    async with world.connect(server, PATH) as line:
        await act(run_ends, world.organization, "before")
        assert [frame["execution_id"] for frame in await read(line, 1)] == ["before"]
        await act(go, world, south)
        with pytest.raises(ConnectionClosed) as closed:
            await read(line, 1)
        await act(run_ends, world.organization, "afterwards")
        with pytest.raises(ConnectionClosed):
            await read(line, 1)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4404


async def test_who_stays_keeps_watching(
    server: LiveServer, world: World, south: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "RECHECK_SECONDS", 0.05)
    async with world.connect(server, PATH) as line:
        with pytest.raises(TimeoutError):
            await read(line, 1, within=0.5)
        await act(run_ends, world.organization, "later")
        assert [frame["execution_id"] for frame in await read(line, 1)] == ["later"]


async def test_a_viewer_who_stops_reading_is_forgotten(
    server: LiveServer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "SLOW_VIEWER_SECONDS", 0.3)
    monkeypatch.setattr(socket, "CLOSE_SECONDS", 0.3)
    topic = f"call:{world.call.pk}"

    def flood() -> None:
        for _ in range(30):
            data = {"padding": "x" * 500_000}
            emit(world.organization.pk, News(topic, "call.updated", data))

    def be_stuck() -> None:
        path = f"/ws/calls/{world.call.pk}"
        with stuck_socket(server.port, path, {"Cookie": world.cookie}):
            flood()
            deadline = time.monotonic() + 60
            while server.hub.topics:
                assert time.monotonic() < deadline, "the hub still keeps the viewer"
                pause.wait(0.05)

    pause = threading.Event()
    await act(be_stuck)
