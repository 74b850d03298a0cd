"""Widgets, one a file. They show what they are given and know neither screens nor the workspace."""
