"""The one door, on a real store."""
