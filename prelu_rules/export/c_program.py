"""A main function in C99 that reads CSV: the rows of a table with a header, and out come the answers of the rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from prelu_rules.columns.column import Column
from prelu_rules.export.holding import held_by

_READER = r"""
// All of standard input, with a NUL at the end; NULL if it holds NUL or is too large.
static char *read_all(void)
{
    size_t room = 65536, used = 0;
    char *text = malloc(room), *larger;
    while (text != NULL) {
        used += fread(text + used, 1, room - used - 1, stdin);
        if (used + 1 < room)
            break;
        room *= 2;
        larger = realloc(text, room);
        if (larger == NULL)
            free(text);
        text = larger;
    }
    if (text == NULL)
        return NULL;
    text[used] = '\0';
    return strlen(text) == used && !ferror(stdin) ? text : NULL;
}

// The next cell, unquoted in place; NULL if there is nothing between the separators, not even quotes.
static char *next_cell(char **at, int *is_last)
{
    char *cell = *at, *to = *at, *from = *at;
    const int has_quotes = *from == '"';
    int in_quotes = has_quotes;
    from += has_quotes;
    for (; *from != '\0'; from++) {
        if (in_quotes && *from == '"') {
            if (from[1] != '"') {
                in_quotes = 0;
                continue;
            }
            from++;
        } else if (!in_quotes && (*from == ',' || *from == '\n' || (*from == '\r' && from[1] == '\n'))) {
            break;
        }
        *to++ = *from;
    }
    if (*from == '\r')
        from++;
    *is_last = *from != ',';
    *at = *from == '\0' ? from : from + 1;
    *to = '\0';
    return to == cell && !has_quotes ? NULL : cell;
}
"""

_NUMBER = r"""
// A number, NAN where there is none, and INFINITY, which no column takes, for anything else.
static double number_of(const char *cell)
{
    char *end;
    double value;
    if (cell == NULL || *cell == '\0')
        return NAN;
    value = strtod(cell, &end);
    return end != cell && *end == '\0' && strspn(cell, "+-.0123456789eE") == strlen(cell) ? value : INFINITY;
}
"""

_TRUTH = r"""
// 1 for yes, 0 for no, NAN where there is nothing, and INFINITY, which no column takes, for anything else.
static double truth_of(const char *cell)
{
    static const char *const words[] = {"false", "False", "FALSE", "0", "true", "True", "TRUE", "1"};
    size_t k;
    if (cell == NULL || *cell == '\0')
        return NAN;
    for (k = 0; k < 8; k++)
        if (strcmp(cell, words[k]) == 0)
            return k < 4 ? 0.0 : 1.0;
    return INFINITY;
}
"""

_TEXT = r"""
// A text in quotes.
static void print_text(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}
"""

_MAIN = r"""
int main(void)
{
    static const char *const columns[] = {@COLUMNS@};
    enum { COUNT = @COUNT@ };
    size_t places[COUNT], width = 0, line = 1, place, k;
    char *text = read_all(), *at = text, *row[COUNT] = {NULL};
    int is_last = 0;
    if (text == NULL) {
        fputs("standard input cannot be read, or holds NUL\n", stderr);
        return 2;
    }
    if (strncmp(at, "\357\273\277", 3) == 0)
        at += 3;
    for (k = 0; k < COUNT; k++)
        places[k] = (size_t)-1;
    for (; !is_last; width++) {
        const char *name = next_cell(&at, &is_last);
        for (k = 0; k < COUNT; k++)
            if (strcmp(name == NULL ? "" : name, columns[k]) == 0)
                places[k] = width;
    }
    for (k = 0; k < COUNT; k++)
        if (places[k] == (size_t)-1) {
            fprintf(stderr, "the table has no column %s\n", columns[k]);
            return 2;
        }
@HEADER@
    putchar('\n');
    while (*at != '\0') {
        struct @NAME@_cells cells;
        struct @NAME@_answer answer;
        line++;
        if (COUNT > 1 && (*at == '\n' || strncmp(at, "\r\n", 2) == 0)) {
            at += *at == '\n' ? 1 : 2;
            continue;
        }
        for (place = 0, is_last = 0; !is_last; place++) {
            char *cell = next_cell(&at, &is_last);
            for (k = 0; k < COUNT; k++)
                if (places[k] == place)
                    row[k] = cell;
        }
        if (place != width) {
            fprintf(stderr, "record %lu has %lu cells instead of %lu\n", (unsigned long)line, (unsigned long)place,
                    (unsigned long)width);
            return 2;
        }
@CELLS@
        if (@NAME@(&cells, &answer)) {
@ANSWERS@
        } else {
            fputs("@EMPTY@", stdout);
        }
        putchar('\n');
    }
    free(text);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
"""


def main_of(
    function: str,
    columns: Sequence[tuple[Column, str]],
    results: Sequence[tuple[str, str]],
    literal: Callable[[str], str],
) -> str:
    """The main function and those that it calls.

    Args:
        function: the function of one row.
        columns: each with its field in the struct of a row.
        results: each with its field in the struct of an answer.
        literal: writes a text in C.

    Returns:
        Source text, which needs stdio.h, stdlib.h, string.h and math.h.
    """
    readers = {"number": "number_of", "truth": "truth_of"}
    cells, used = [], set()
    for k, (column, word) in enumerate(columns):
        reader = readers.get(held_by(column), "")
        used.add(reader)
        cells.append(f"        cells.{word} = {reader}(row[{k}]);" if reader else f"        cells.{word} = row[{k}];")
    answers = []
    for k, (_, word) in enumerate(results):
        comma = "putchar(',');\n            " if k else ""
        prints = f'printf("%.17g", answer.{word});'
        if word == "rule":
            prints = f'printf("%d", answer.{word});'
        elif word == "class_":
            prints = f"print_text(answer.{word});"
        answers.append(f"            {comma}{prints}")
    quoted = ['"{}"'.format(name.replace('"', '""')) for name, _ in results]
    header = [f"    fputs({literal(',' * (k > 0) + name)}, stdout);" for k, name in enumerate(quoted)]
    parts_of_main = {
        "COUNT": str(len(columns)),
        "NAME": function,
        "EMPTY": "," * (len(results) - 1) or '\\"\\"',  # readers skip an empty line
        "CELLS": "\n".join(cells),
        "ANSWERS": "\n".join(answers),
        "HEADER": "\n".join(header),
        "COLUMNS": ", ".join(literal(column.name) for column, _ in columns),
    }
    text = re.sub("@([A-Z]+)@", lambda found: parts_of_main[found[1]], _MAIN)
    has_class = any(word == "class_" for _, word in results)
    parts = [_READER, _NUMBER if "number_of" in used else "", _TRUTH if "truth_of" in used else ""]
    return "".join([*parts, _TEXT if has_class else "", text]).lstrip("\n")
