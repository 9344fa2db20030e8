"""Pictures, with Matplotlib; nothing here keeps a global figure open."""
