"""HTML in a browser, and LaTeX by its compiler: nothing is run, nothing is an error, and names are text."""

import html
import json
import re
import subprocess

import executed
import pytest

from prelu_rules.export.spelling import spelled, visible


def in_browser(folder, fragments):
    """The text of each fragment as a browser shows it, and how often a script in one was run."""
    page = folder / "page.html"
    places = "".join(f"<section>{fragment}</section>\n" for fragment in fragments)
    page.write_text(
        '<!DOCTYPE html><meta charset="utf-8"><script>let fires = 0; window.alert = () => fires++;</script>'
        f"{places}<pre id=found></pre><script>const texts = [...document.querySelectorAll('section')]"
        ".map(one => one.textContent); document.getElementById('found').textContent = "
        "JSON.stringify({ fires, texts }); document.querySelectorAll('section').forEach(one => one.remove())</script>",
        encoding="utf-8",
    )
    command = [executed.command("chromium", "chromium-browser"), "--headless", "--no-sandbox", "--disable-gpu"]
    command += [f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=60000", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    [found] = re.findall('<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    result = json.loads(html.unescape(found))
    assert result["fires"] == 0 and len(result["texts"]) == len(fragments), done.stderr
    return result["texts"]


def test_html_is_shown_by_a_browser_and_names_are_text(tmp_path):
    cases = [*map(executed.case, executed.NAMES), *(executed.hostile_case(*pair) for pair in executed.PAIRS)]
    texts = in_browser(tmp_path, [case.system.export("html") for case in cases])
    for case, text in zip(cases, texts, strict=True):
        assert spelled(case.system.output_names[0]) in text.replace("\N{NO-BREAK SPACE}", " "), case.name


def compiled(folder, formulas):
    """What LaTeX says of a document with these formulas, each after a mark."""
    lines = [r"\documentclass{article}", r"\usepackage{amsmath}", r"\begin{document}"]
    for number, formula in enumerate(formulas):
        lines += [rf"\typeout{{formula {number}}}", formula, r"\clearpage"]
    (folder / "rules.tex").write_text("\n".join([*lines, r"\end{document}"]), encoding="utf-8")
    command = [executed.command("pdflatex"), "-interaction=nonstopmode", "-no-shell-escape", "rules.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=300)
    return done.returncode, done.stdout.decode("latin-1")


def test_latex_compiles(tmp_path):
    pairs = [pair for pair in executed.PAIRS if all(name.isascii() and len(name) < 1000 for name in map(visible, pair))]
    assert len(pairs) > 50
    cases = [*map(executed.case, executed.NAMES), *(executed.hostile_case(*pair) for pair in pairs)]
    status, said = compiled(tmp_path, [case.system.export("latex") for case in cases])
    errors = [line for line in said.splitlines() if line.startswith("!")]
    assert (status, errors) == (0, []), said[said.find("!") - 500 :][:1500]
    assert f"formula {len(cases) - 1}" in said and (tmp_path / "rules.pdf").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rules.aux", "rules.log", "rules.pdf", "rules.tex"]


@pytest.mark.parametrize("broken", [r"\frac{1", r"\undefined", "a_b"])
def test_an_error_of_latex_is_noticed(tmp_path, broken):
    assert compiled(tmp_path, [broken])[0] != 0
