"""Rules as values: conditions, rules, systems of rules, and how a collapsed network becomes one."""
