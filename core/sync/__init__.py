"""The sync: decide (merge, plan), write safely (outbox), keep going (engine). Knows a shop and
books only as Protocols.
"""
