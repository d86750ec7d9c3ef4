"""Fixtures of page sockets: a layer, a server, an organization with a live call."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.conf import LazySettings

if TYPE_CHECKING:
    from tests.integration.live.serving import LiveServer, World

# Loaded before Django is set up, so models are imported where they are used.


@pytest.fixture(params=["memory", "redis"])
def layer(request: pytest.FixtureRequest, settings: LazySettings) -> Iterator[str]:
    """Both ways between processes; Redis only where the run has one."""
    from channels.layers import channel_layers

    if request.param == "redis" and os.environ.get("REDIS_URL"):
        config = {"hosts": [os.environ["REDIS_URL"]]}
        backend = "channels_redis.pubsub.RedisPubSubChannelLayer"
    else:
        config, backend = {}, "channels.layers.InMemoryChannelLayer"
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend, "CONFIG": config}}
    channel_layers.backends = {}
    yield request.param
    channel_layers.backends = {}


@pytest.fixture
def server(layer: str, transactional_db: None, free_port: int) -> Iterator[LiveServer]:
    """The page sockets on a free port."""
    from tests.integration.live.serving import serving

    with serving(free_port) as running:
        yield running


@pytest.fixture
def world(transactional_db: None) -> World:
    """The organization `north`, its viewer, its call."""
    from tests.integration.live.serving import make_world

    return make_world()
