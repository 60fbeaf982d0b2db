"""The pieces that screens are made of: they take small frozen values, and know no world and no session."""
