"""Tests mirror core/ and tui/; tests/system starts real processes and real terminals."""
