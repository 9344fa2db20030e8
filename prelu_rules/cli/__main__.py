"""`python -m prelu_rules.cli` is `prelu-rules`."""

from prelu_rules.cli import main

main()
