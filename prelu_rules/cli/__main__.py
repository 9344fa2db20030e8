"""Makes `python -m prelu_rules.cli` the same as `prelu-rules`."""

from prelu_rules.cli import main

main()
