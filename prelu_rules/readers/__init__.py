"""Convert networks of other packages to the PReLU normal form; `network.reading` finds the right reader."""
