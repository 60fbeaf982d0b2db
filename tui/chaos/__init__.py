"""The faults, one small file each, and the desk that guards and sends them."""
