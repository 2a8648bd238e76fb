import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.linkage import model
from server.linkage.model import WORKERS, Chance, Weights

chances = st.builds(Chance, st.floats(1e-6, 1), st.floats(1e-9, 1))


def test_the_shipped_weights_are_of_these_fields_and_levels():
    assert {field: list(levels) for field, levels in model.shipped().levels.items()} == {
        field.name: [level.name for level in field.levels] for field in WORKERS.fields
    }


def test_the_last_level_is_for_all_others_and_no_name_comes_twice():
    for field in WORKERS.fields:
        names = [level.name for level in field.levels]
        assert field.levels[-1].sql == "ELSE" and len(set(names)) == len(names)


def test_every_level_is_said_in_both_languages():
    for field in WORKERS.fields:
        for level in field.levels:
            title, found = model.in_words(model.Comparison(field.name, level.name, 0.0))
            assert all(title) and all(found)


def test_a_level_that_nobody_knows_has_no_words():
    with pytest.raises(KeyError):
        model.in_words(model.Comparison("nik", "guessed", 1.0))


@given(st.floats(1e-9, 0.5), st.dictionaries(st.sampled_from("abc"), st.dictionaries(st.sampled_from("xyz"), chances)))
def test_weights_are_the_same_after_they_were_kept(tmp_path_factory, prior, levels):
    file = tmp_path_factory.mktemp("weights") / "weights.json"
    model.save(Weights(prior, levels), file)
    again = model.load(file)
    assert again.prior == pytest.approx(prior, rel=1e-3)
    assert {(field, level) for field in again.levels for level in again.levels[field]} == {
        (field, level) for field in levels for level in levels[field]
    }
    for field, found in levels.items():
        for level, chance in found.items():
            assert again.levels[field][level] == pytest.approx(chance, rel=1e-3)


def test_kept_weights_are_no_engines_own(tmp_path):
    file = tmp_path / "weights.json"
    model.save(model.shipped(), file)
    assert set(json.loads(file.read_text())) == {"prior", "levels"}
    assert "substr" not in file.read_text() and "nik_l" not in file.read_text()
    assert model.load(file) == model.shipped()


@pytest.mark.parametrize(
    "text", ["{}", "[]", "", '{"prior": 1, "levels": {"nik": {"same": [1]}}}', '{"prior": "x", "levels": {}}']
)
def test_a_file_that_holds_no_weights_is_refused(tmp_path, text):
    file = tmp_path / "weights.json"
    file.write_text(text)
    with pytest.raises((KeyError, ValueError, TypeError)):
        model.load(file)


@given(st.floats(-5000, 5000), st.floats(0, 100))
def test_more_weight_is_never_less_probable(weight, more):
    assert 0 <= model.probability(weight) <= model.probability(weight + more) <= 1
