"""An organization with a tool that staff approve and one that callers and users confirm."""

import pytest

# Loaded before Django is set up, so models are imported where they are used.


@pytest.fixture
def organization():
    from tests.factories.organizations import make_organization

    return make_organization("Juniper Cycles")


@pytest.fixture
def staffed(organization):
    """A tool that staff must approve."""
    from tests.factories.tools import make_tool

    return make_tool(organization, side_effect="write", behaviour={"approval": "staff"})


@pytest.fixture
def confirmed(organization):
    """A tool that the caller or user must confirm."""
    from tests.factories.tools import make_tool

    return make_tool(
        organization, name="cancel_order", side_effect="write", require_confirmation=True
    )


@pytest.fixture
def operator(organization):
    from tests.factories.organizations import make_member

    return make_member(organization, "operator")


@pytest.fixture
def handed_over(monkeypatch):
    """Jobs are counted, not run."""
    names = []

    def keep(name, *args):
        names.append((name, *args))

    monkeypatch.setattr("tools_library.services.execution.enqueue", keep)
    monkeypatch.setattr("tools_library.approvals.ending.enqueue", keep)
    return names


@pytest.fixture
def replies(monkeypatch):
    """Outcomes that were sent to waiting processes."""
    sent = []
    monkeypatch.setattr(
        "tools_library.services.reporting.reply", lambda channel, m: sent.append((channel, m))
    )
    return sent
