"""In-memory twins of the world: books without a disk, a shop without a network, a clock without
time.
"""
