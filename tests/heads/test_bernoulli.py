import numpy as np
from keras import ops

from pixelcnn.heads.bernoulli import Bernoulli
from pixelcnn.heads.categorical import Categorical


def test_it_is_a_softmax_over_two_levels():
    random = np.random.default_rng(0)
    odds, levels = random.normal(0, 3, (20, 3)).astype("float32"), random.integers(4, 6, (20, 3))
    logits = np.stack([np.zeros_like(odds), odds], axis=-2).reshape(20, 6)
    bernoulli, categorical = Bernoulli(3, 4, 5), Categorical(3, 4, 5)
    uniforms, nothing = random.random((20, 3)).astype("float32"), np.zeros((20, 3), "float32")
    given = uniforms, nothing, nothing > 0
    assert np.array_equal(bernoulli.draw(odds, *given), categorical.draw(logits, *given))
    tempered = [
        head.draw_from_all_levels(*case, *given, 0.5)[0] for head, *case in ((bernoulli, odds), (categorical, logits))
    ]
    assert np.array_equal(*tempered)
    np.testing.assert_allclose(bernoulli.log_prob(odds, levels), categorical.log_prob(logits, levels), rtol=1e-5)
    np.testing.assert_allclose(bernoulli.probs(odds, channel=2), categorical.probs(logits, channel=2), rtol=1e-5)


def test_levels_are_seen_as_minus_one_and_one():
    assert [Bernoulli(1).scaled(level) for level in (0, 1)] == [-1, 1]


def test_extreme_odds_have_exact_logarithms():
    log_probs = ops.convert_to_numpy(Bernoulli(1).log_probs(np.array([[1e4], [-1e4]], "float32")))
    assert np.array_equal(log_probs, [[-1e4, 0], [0, -1e4]])
