"""The full-screen app and the commands: everything a person sees. Knows the core only through
`core.workspace`.
"""
