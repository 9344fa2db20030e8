import refits


def test_each_case_has_its_line(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(refits, "RESULTS", tmp_path / "refits.csv")
    monkeypatch.setattr(
        refits, "CASES", [("squared", 50, 2, 1, 1), ("logistic", 50, 2, 1, 1), ("softmax", 50, 2, 1, 3)]
    )
    refits.main()
    lines = capsys.readouterr().out.splitlines()
    assert "times_as_fast" in lines[0] and len(lines) == 4
    assert len((tmp_path / "refits.csv").read_text().splitlines()) == 4
