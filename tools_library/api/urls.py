"""REST routes of tools, with and without a trailing slash."""

from django.urls import include, path, re_path

from tools_library.api import (
    assignments,
    bundles,
    choices,
    executions,
    settings,
    templates,
    testing,
    tools,
)
from tools_library.api.callback import RunCallback

TOOLS = r"^organization/tools"
TOOL = rf"{TOOLS}/(?P<tool_id>\d{{1,18}})"
ASSISTANT = r"^assistants/(?P<assistant_id>[A-Za-z0-9_-]{1,60})"  # an id or a slug
ASSIGNED = rf"{ASSISTANT}/tools/(?P<tool_id>\d{{1,18}})"
TEMPLATE = r"(?P<template_id>\d{1,18})"

urlpatterns = [
    re_path(rf"{TOOLS}/?$", tools.Tools.as_view(), name="api-tools"),
    re_path(rf"{TOOLS}/test/?$", testing.TestUnsaved.as_view(), name="api-tools-test"),
    re_path(rf"{TOOLS}/choices/?$", choices.Choices.as_view(), name="api-tools-choices"),
    re_path(
        rf"{TOOLS}/from-template/{TEMPLATE}/?$",
        templates.FromTemplate.as_view(),
        name="api-tools-from-template",
    ),
    re_path(rf"{TOOL}/?$", tools.OneTool.as_view(), name="api-tool"),
    re_path(rf"{TOOL}/test/?$", testing.TestTool.as_view(), name="api-tool-test"),
    re_path(rf"{TOOL}/logs/?$", executions.ToolLogs.as_view(), name="api-tool-logs"),
    re_path(r"^tools/export/?$", bundles.ExportTools.as_view(), name="api-tools-export"),
    re_path(r"^tools/import/?$", bundles.ImportTools.as_view(), name="api-tools-import"),
    re_path(r"^tools/public/?$", templates.PublicTools.as_view(), name="api-public-tools"),
    re_path(r"^tools/templates/?$", templates.Templates.as_view(), name="api-templates"),
    re_path(r"^tool-templates/?$", templates.ToolTemplates.as_view(), name="api-tool-templates"),
    re_path(
        rf"^tool-templates/{TEMPLATE}/?$", templates.OneTemplate.as_view(), name="api-template"
    ),
    re_path(
        rf"{ASSISTANT}/tools/?$", assignments.AssistantTools.as_view(), name="api-assistant-tools"
    ),
    re_path(
        rf"{ASSISTANT}/tools/from-template/{TEMPLATE}/?$",
        templates.FromTemplateForAssistant.as_view(),
        name="api-assistant-tools-from-template",
    ),
    re_path(rf"{ASSIGNED}/assign/?$", assignments.Assign.as_view(), name="api-tool-assign"),
    re_path(
        rf"{ASSIGNED}/configure/?$", assignments.Configure.as_view(), name="api-tool-configure"
    ),
    re_path(rf"{ASSIGNED}/unassign/?$", assignments.Unassign.as_view(), name="api-tool-unassign"),
    re_path(
        rf"{ASSISTANT}/tools-settings/?$",
        settings.ToolsSettings.as_view(),
        name="api-assistant-tools-settings",
    ),
    re_path(
        rf"{ASSISTANT}/tool-executions/?$",
        executions.AssistantExecutions.as_view(),
        name="api-assistant-executions",
    ),
    re_path(
        r"^tools/callback/(?P<execution_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
        r"/(?P<signature>[0-9a-f]{64})/?$",
        RunCallback.as_view(),
        name="api-tool-callback",
    ),
    path("", include("tools_library.approvals.urls")),
]
