"""Decision trees in DOT, as Graphviz reads and draws them."""

import json
import subprocess
from xml.etree import ElementTree

import drawn_trees
import executed
import networks
import pytest

from prelu_rules.errors import InvalidValueError
from prelu_rules.export import graphviz
from prelu_rules.export.graphviz import escaped, write
from prelu_rules.rules.on_demand import RulesOnDemand
from prelu_rules.rules.rule_system import RuleSystem

SVG = "{http://www.w3.org/2000/svg}"


def drawn(folder, sources):
    """What Graphviz makes of sources: each as JSON, and as a picture."""
    paths = []
    for k, source in enumerate(sources):
        paths.append(folder / f"{k}.dot")
        paths[-1].write_bytes(source.encode())
    command = [executed.command("dot"), "-Tjson", "-Tsvg", "-O", *paths]
    # It leaves a file of its own where it runs.
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    read = [(json.loads((folder / f"{p.name}.json").read_bytes()), (folder / f"{p.name}.svg")) for p in paths]
    return [(graph, ElementTree.fromstring(svg.read_bytes())) for graph, svg in read]


def in_graph(graph):
    """Boxes and arrows as they were read."""
    names = [node["name"] for node in graph["objects"]]
    arrows = (
        {(names[e["tail"]], e["label"].strip()): names[e["head"]] for e in graph["edges"]} if len(names) > 1 else {}
    )
    return drawn_trees.Drawn({node["name"]: lines_of(node["label"]) for node in graph["objects"]}, arrows)


def lines_of(label):
    """What a label means, by the language's definition."""
    lines, k = [""], 0
    while k < len(label):
        if label[k] == "\\":
            k += 1
            if label[k] == "l":
                lines.append("")
            else:
                assert label[k] == "\\", "no other escapes are used"
                lines[-1] += "\\"
        else:
            lines[-1] += label[k]
        k += 1
    return [line.replace("&amp;", "&") for line in lines if line or len(lines) == 1]


def in_picture(svg):
    """The lines of each box as they were drawn."""
    found = {}
    for group in svg.iter(f"{SVG}g"):
        if group.get("class") == "node":
            lines = ["".join(text.itertext()).replace("\N{NO-BREAK SPACE}", " ") for text in group.iter(f"{SVG}text")]
            found[group.find(f"{SVG}title").text] = lines
    return found


def test_graphs_are_the_trees(tmp_path):
    systems = drawn_trees.systems()
    results = drawn(tmp_path, map(write, systems.values()))
    for name, (graph, svg) in zip(systems, results, strict=True):
        found = in_graph(graph)
        drawn_trees.check(name, found)
        assert in_picture(svg) == found.boxes


def test_notes_stand_below(tmp_path):
    [(graph, svg)] = drawn(tmp_path, [write(executed.case("one logit").system)])
    lines = ["class = yes where the logit is above 0, otherwise no", "age counts as 0 where it is missing"]
    assert lines_of(graph["label"]) == lines
    [whole] = (group for group in svg.iter(f"{SVG}g") if group.get("class") == "graph")
    assert [text.text.replace("\N{NO-BREAK SPACE}", " ") for text in whole.findall(f"{SVG}text")] == lines


def test_one_rule_is_a_graph_of_one_box(tmp_path):
    [(graph, _)] = drawn(tmp_path, [write(executed.case("no column counts").system)])
    assert in_graph(graph) == drawn_trees.Drawn({"rule1": ["rule 1", "y = 0.1"]}, {})


def test_direction(tmp_path):
    system = executed.case("tariff").system
    down, right = (graph["rankdir"] for graph, _ in drawn(tmp_path, [write(system), write(system, direction="right")]))
    assert (down, right) == ("TB", "LR")
    with pytest.raises(InvalidValueError, match="direction is 'up'; it must be 'down' or 'right'"):
        write(system, direction="up")


def test_only_the_domain():
    system = executed.case("gaps").system
    assert "no rule" in write(system) and "no rule" not in write(system, everywhere=False)


def test_rules_on_demand_are_refused():
    rules = RulesOnDemand(networks.random_form(0, (2, 3, 1)), ["a", "b"], ["y"])
    with pytest.raises(InvalidValueError, match="rules on demand are not listed, so they have no decision tree"):
        write(rules)


def test_what_is_too_wide_is_refused(monkeypatch):
    for system in drawn_trees.too_long():
        with pytest.raises(
            InvalidValueError, match=r"the line '.*long long.* characters, but Graphviz draws at most"
        ) as e:
            write(system)
        assert len(str(e.value)) < 300
    monkeypatch.setattr(graphviz, "WIDEST", 100)
    with pytest.raises(InvalidValueError, match=r"the rules are \d+ characters wide side by side"):
        write(executed.case("tariff").system)


def test_what_is_escaped():
    assert escaped('\\N "x" &lt; {a|b} <i>') == '\\\\N \\"x\\" &amp;lt; {a|b} <i>'


def test_shares_of_rows_are_told():
    system = drawn_trees.four_rules()
    assert isinstance(system, RuleSystem)
    for rule in system:
        assert f"{rule.count} of 480 rows, " in write(system)
