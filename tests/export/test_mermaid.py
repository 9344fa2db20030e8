"""Decision trees as flowcharts, as Mermaid draws them in a browser."""

import html
import json
import re
import subprocess
from pathlib import Path

import drawn_trees
import executed
import networks
import pytest

from prelu_rules.errors import InvalidValueError
from prelu_rules.export import mermaid
from prelu_rules.export.mermaid import escaped, write
from prelu_rules.export.spelling import Spelling
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

MODULES = Path(__file__).parents[1] / "consumers/node_modules"

PAGE = """<!doctype html><meta charset="utf-8"><title>drawing</title><body>
<script>var fires = 0; function fired() { fires++ } window.alert = fired;</script>
<script src="MERMAID"></script>
<script type="application/json" id="charts">CHARTS</script>
<pre id="found"></pre>
<script>
const lines = element => {
    const found = [""];
    const walk = node => {
        if (node.nodeName.toLowerCase() === "br") found.push("");
        else if (node.nodeType === Node.TEXT_NODE) found[found.length - 1] += node.data;
        else node.childNodes.forEach(walk);
    };
    walk(element);
    return found;
};
const drawn = async (text, number) => {
    try {
        const place = document.createElement("div");
        document.body.append(place);
        place.innerHTML = (await mermaid.render(`chart${number}`, text)).svg;
        const boxes = [...place.querySelectorAll("g.node")].map(node => [node.id, lines(node.querySelector(".label"))]);
        const edges = [...place.querySelectorAll("path.flowchart-link")].map(path => path.dataset.id ?? path.id);
        const answers = [...place.querySelectorAll(".edgeLabels .label")].map(
            label => [label.dataset.id, label.textContent.trim()]);
        const strange = [...place.querySelectorAll("a, img, script, iframe, strong, em, ul, ol, i, table")];
        return { boxes, edges, answers, strange: strange.map(one => one.outerHTML) };
    } catch (error) {
        return { error: String(error) };
    }
};
(async () => {
    mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });
    const charts = JSON.parse(document.getElementById("charts").textContent);
    const found = [];
    for (let k = 0; k < charts.length; k++) found.push(await drawn(charts[k], k));
    document.getElementById("found").textContent = JSON.stringify({ fires, found });
    for (const place of document.querySelectorAll("div")) place.remove();
})();
</script>"""


def rendered(folder, charts, version="mermaid"):
    """What each chart is drawn as, by one run of a browser."""
    script = MODULES / version / "dist/mermaid.min.js"
    if not script.exists():
        executed.command("mermaid of tests/consumers (npm install)")
    quoted = json.dumps(charts).replace("<", "\\u003c")
    page = folder / "page.html"
    page.write_text(PAGE.replace("MERMAID", script.as_uri()).replace("CHARTS", quoted), encoding="utf-8")
    command = [executed.command("chromium", "chromium-browser"), "--headless", "--no-sandbox", "--disable-gpu"]
    command += [f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=600000", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    [found] = re.findall('<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr
    result = json.loads(html.unescape(found))
    assert result["fires"] == 0, "a script in a name ran"
    return result["found"]


def as_drawn(result):
    """Boxes and arrows of a chart."""
    boxes = {}
    for name, lines in result["boxes"]:
        [word] = re.findall(r"-flowchart-(\w+)-\d+$", name)
        boxes[word] = [line.replace("\N{NO-BREAK SPACE}", " ").replace("\N{WORD JOINER}", "") for line in lines]
    assert sorted(name for name, _ in result["answers"]) == sorted(result["edges"])
    arrows = {}
    for name, answer in result["answers"]:
        [(tail, head)] = re.findall(r"^L_(\w+)_(\w+)_\d+$", name)
        arrows[tail, answer] = head
    assert len(arrows) == len(result["edges"])
    return drawn_trees.Drawn(boxes, arrows)


@pytest.mark.parametrize("version", ["mermaid", pytest.param("mermaid-11", marks=pytest.mark.slow)])
def test_charts_are_the_trees(tmp_path, version):
    systems = drawn_trees.systems()
    if version == "mermaid-11":
        # It takes pairs of stars and ticks in names for Markdown.
        systems = {name: system for name, system in systems.items() if not set("*`") & set(name)}
    results = rendered(tmp_path, list(map(write, systems.values())), version)
    for name, result in zip(systems, results, strict=True):
        assert "error" not in result, result
        assert result["strange"] == [], "a name was taken for Markdown, HTML or a link"
        found = as_drawn(result)
        found.boxes.pop("notes", None)
        drawn_trees.check(name, found, Spelling(times="·"))


def test_notes_stand_beside(tmp_path):
    [result] = rendered(tmp_path, [write(executed.case("one logit").system)])
    lines = ["class = yes where the logit is above 0, otherwise no", "age counts as 0 where it is missing"]
    assert as_drawn(result).boxes["notes"] == lines


def test_direction():
    system = executed.case("tariff").system
    assert "\nflowchart TD\n" in write(system) and "\nflowchart LR\n" in write(system, direction="right")
    with pytest.raises(InvalidValueError, match="direction is 'up'; it must be 'down' or 'right'"):
        write(system, direction="up")


def test_only_the_domain():
    system = executed.case("gaps").system
    assert "no rule" in write(system) and "no rule" not in write(system, everywhere=False)


def test_rules_on_demand_are_refused():
    with pytest.raises(InvalidValueError, match="rules on demand are not listed, so they have no decision tree"):
        write(RulesOnDemand(networks.random_form(0, (2, 3, 1)), ["a", "b"], ["y"]))


def test_what_mermaid_does_not_draw_is_refused(monkeypatch):
    for system in drawn_trees.too_long():
        with pytest.raises(InvalidValueError, match=r"characters, but Mermaid draws at most 50000.*long long") as error:
            write(system)
        assert len(str(error.value)) < 300
    monkeypatch.setattr(mermaid, "MOST_EDGES", 4)
    with pytest.raises(InvalidValueError, match="has 10 edges, but Mermaid draws at most 4"):
        write(executed.case("tariff").system)


@pytest.mark.slow
def test_limits_are_those_of_mermaid(tmp_path):
    """The largest diagram that is written is drawn, and no larger one would be; settings count for nothing."""
    cuts = [Condition([1.0], -float(k), False) for k in range(251)]
    rules = [Rule((cut,), AffineMap([[0.0]], [float(k)])) for k, cut in enumerate(cuts)]
    chart = write(RuleSystem([*rules[:250], Rule((), AffineMap([[0.0]], [-1.0]))], ["x"], ["y"]))
    assert chart.count("-->") == 500
    box = '    extra["{}"]\n'
    of_sizes = [chart + box.format("n" * (size - len(chart + box) + 2)) for size in (50_000, 50_100)]
    assert [len(one) for one in of_sizes] == [50_000, 50_100]
    edges, longest, longer = rendered(tmp_path, [chart + "    rule1 -->|yes| rule2\n", *of_sizes])
    assert "Edge limit exceeded" in edges["error"] and len(longest["edges"]) == 500
    assert not longer.get("edges"), "Mermaid says that it is too large"


def test_what_is_escaped():
    assert escaped("a  b") == "a #nbsp;b" and escaped(" a") == "#nbsp;a"
    assert escaped("0.5 1. .5 a.b 1.b") == "0.5 1#46; #46;5 a#46;b 1#46;b"
    assert escaped("größe, 日本語 🙂") == "größe, 日本語 🙂"
    allowed = re.compile(r"(?:[\w ,()=]|(?<=\d)\.(?=\d)|[^\x00-\x7f]|#(?:\w+);)*")
    for code in range(128):
        assert allowed.fullmatch(escaped(chr(code)))
