"""Reading files: from bytes to headings and text. Imports the standard library and pypdf only.

Strangers' files are read in a process of their own with little memory and time: see `process`.
"""
