"""Rules as a person reads them, as values: base and adjustments, then rules of short conditions.

Text, HTML, Markdown and LaTeX print these values; nothing here knows how they are written.
"""
