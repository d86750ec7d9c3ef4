"""Versions and configurations from before there were reviews count as approved."""

from django.db import migrations
from django.utils import timezone

from tools_library.approvals.hashing import configuration_hash
from tools_library.engine.merging import merge


def approve(apps, schema_editor):
    """Make an approved review of each version, and of each way an assistant configures it."""
    versions = apps.get_model("tools_library", "ToolVersion")
    assigned = apps.get_model("tools_library", "AssistantTool")
    reviews = apps.get_model("tools_library", "ToolReview")
    customs = {}
    for row in assigned._base_manager.exclude(custom_configuration={}).iterator(500):
        customs.setdefault(row.tool_id, []).append(row.custom_configuration)
    now = timezone.now()
    for version in versions._base_manager.iterator(500):
        for custom in ({}, *customs.get(version.tool_id, ())):
            reviews._base_manager.get_or_create(
                version=version,
                configuration_hash=configuration_hash(version.configuration, custom),
                defaults={
                    "organization_id": version.organization_id,
                    "configuration": merge(version.configuration, custom),
                    "status": "approved",
                    "asked_by_name": "The platform",
                    "decided_by_name": "The platform",
                    "decided_at": now,
                    "reason": "It was there before reviews were.",
                },
            )


class Migration(migrations.Migration):
    dependencies = [("tools_library", "0004_approvals")]

    operations = [migrations.RunPython(approve, migrations.RunPython.noop, elidable=True)]
