"""An organization with a tool that staff approve and one that callers and users confirm."""

import pytest

AGAIN = {"on_duplicate": "allow"}  # equal calls are judged anew, not answered by the first

# Loaded before Django is set up, so models are imported where they are used.


@pytest.fixture
def organization():
    from tests.factories.organizations import make_organization

    return make_organization("Juniper Cycles")


@pytest.fixture
def staffed(organization):
    """A tool that staff must approve."""
    from tests.factories.tools import make_tool

    return make_tool(organization, side_effect="write", behaviour={"approval": "staff", **AGAIN})


@pytest.fixture
def confirmed(organization):
    """A tool that the caller or user must confirm."""
    from tests.factories.tools import make_tool

    return make_tool(
        organization,
        name="cancel_order",
        side_effect="write",
        require_confirmation=True,
        behaviour=AGAIN,
    )


@pytest.fixture
def operator(organization):
    from tests.factories.organizations import make_member

    return make_member(organization, "operator")


@pytest.fixture
def handed_over(monkeypatch):
    """Jobs are counted, not run."""
    names = []

    def keep(*args, **queue):
        names.append(args)

    monkeypatch.setattr("tools_library.services.queues.enqueue", keep)
    return names


@pytest.fixture
def replies(monkeypatch):
    """Outcomes that were sent to waiting processes."""
    sent = []
    monkeypatch.setattr(
        "tools_library.services.reporting.reply", lambda channel, m: sent.append((channel, m))
    )
    return sent
