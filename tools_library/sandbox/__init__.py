"""Runs Python tools in locked child processes; imports no Django and no project settings."""
