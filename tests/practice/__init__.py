"""The practice shop, asked through HTTP as a client would."""
