"""The text for people says everything that a presentation holds, and is read back to it."""

import presentations
from hypothesis import given

from prelu_rules.export.text import write_presentation
from prelu_rules.export.text_reader import parse


@given(presentations.presentations())
def test_a_text_is_read_back_to_what_was_written(presentation):
    text = write_presentation(presentation)
    assert parse(text) == presentation
    assert text.isprintable() or all(line.isprintable() for line in text.split("\n"))
