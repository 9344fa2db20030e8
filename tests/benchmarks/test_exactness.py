import exactness
import pytest
from exact_judge.domain_kinds import DOMAINS
from exact_judge.network_kinds import NETWORKS
from exact_judge.verdict import Claim

import prelu_rules as pr


def refuse(results):
    raise pr.RoundingError("too short.")


def crash(results):
    return [][1]


CLAIMS = [
    Claim("holds", lambda results: None),
    Claim("is broken in boxes", lambda results: "by hand" if results.case.domain_kind == "box" else None),
    Claim("may be refused", refuse, may_raise=(pr.RoundingError,)),
    Claim("crashes", crash),
]


def test_every_state_is_counted(monkeypatch, capsys, tmp_path):
    """Of twice as many cases as there are pairs, so that each line is of two cases."""
    monkeypatch.setattr(exactness, "CLAIMS", CLAIMS)
    monkeypatch.setattr(exactness, "N_CASES", 272)
    monkeypatch.setattr(exactness, "RESULTS", tmp_path / "exactness.csv")
    exactness.main(272, tmp_path / "failures.md")
    shown = capsys.readouterr().out
    assert "4 of 8" in shown and "2 of 8" in shown
    assert f"{272 + 7 * 34} held, 34 broken, 272 raised, 272 refused" in shown
    assert "272 of   272  crashes: raised IndexError" in shown
    header, *lines = (tmp_path / "exactness.csv").read_text().splitlines()
    assert header.startswith("network,domain,cases,held") and len(lines) == len(NETWORKS) * len(DOMAINS)
    assert lines[0] == "ordinary,box,2,2,2,2,2,0,2 x crashes [IndexError]; 2 x is broken in boxes"
    failures = (tmp_path / "failures.md").read_text()
    assert failures.count("## ") == 2 and "## crashes [IndexError]" in failures
    namespace = {"NormalForm": pr.NormalForm}
    code = failures.split("```python\n")[1].split("```")[0]
    exec(code, namespace)
    assert namespace["form"].n_units > 0 and ("bounds" in namespace or "domain" in namespace)


@pytest.mark.slow
def test_a_few_cases_are_judged(capsys):
    exactness.main(2)
    assert " broken, 0 raised" in capsys.readouterr().out
