"""Scripts for the people who develop this; nothing of the product."""
