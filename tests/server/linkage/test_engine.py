import pytest

pytest.importorskip("splink", reason="the extra `linkage` is not installed")

from server.linkage import engine  # noqa: E402
from server.linkage.engine import Pair  # noqa: E402
from server.linkage.model import Chance, Comparison, Weights  # noqa: E402

BEFORE = Weights(1e-6, {
    "nik": {"same": Chance(0.5, 1e-6), "different": Chance(0.5, 1)},
    "full_name": {"same": Chance(0.5, 1e-3), "different": Chance(0.5, 1)},
})  # fmt: skip


def pair(nik, name, weight=20.0, probability=0.99):
    weights = {"nik": 18.9, "full_name": 9.0}
    found = [Comparison(field, level, weights[field] if level == "same" else -1.0)
             for field, level in (("nik", nik), ("full_name", name))]  # fmt: skip
    return Pair("a", "b", probability, weight, tuple(found))


def test_a_field_is_learnt_only_from_pairs_that_the_others_make_sure_of():
    # 20 bits: without the NIK hardly one is left, without the name eleven.
    learnt = engine.learn_m([pair("same", "same")] * 950, BEFORE, all_pairs=10**6, worth=50)
    assert learnt.levels["full_name"]["same"].m == pytest.approx((950 + 25) / 1000)
    assert learnt.levels["nik"]["same"].m == 0.5
    assert learnt.levels["full_name"]["same"].u == 1e-3


def test_the_prior_is_the_share_of_pairs_that_were_one_person():
    pairs = [pair("same", "same")] * 30 + [pair("different", "same", weight=-5.0, probability=0.03)] * 70
    assert engine.learn_m(pairs, BEFORE, all_pairs=10**6).prior == pytest.approx(3e-5)


def test_of_nothing_nothing_is_learnt():
    learnt = engine.learn_m([], BEFORE, all_pairs=10**6)
    assert learnt.levels == BEFORE.levels and learnt.prior > 0
