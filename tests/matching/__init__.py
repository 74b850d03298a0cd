"""Which item is which variant: the rule, the report, edits by hand, the window on the rows."""
