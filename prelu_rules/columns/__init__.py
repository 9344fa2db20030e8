"""The user's columns: what each holds, how a table is typed, and how its cells become features."""
