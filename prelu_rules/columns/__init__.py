"""The user's columns: what each one holds, how tables are typed, and how cells become features."""
