"""What becomes of devices and share links. A refusal that must be written down is returned, not raised."""
