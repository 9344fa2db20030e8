"""Domains and the regions of input space on which a network is one affine map."""
