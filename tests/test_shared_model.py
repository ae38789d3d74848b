import threading
import time

import keras
import numpy as np
import pytest

import pixelcnn
from pixelcnn.shared_model import Turns


def distribution():
    made = pixelcnn.PixelCNN((3, 3, 1), num_blocks=1, num_filters=4, high=3)
    made.compile(keras.optimizers.SGD(1e-2))
    return made


def test_turns_come_one_after_the_other_in_the_order_of_asking():
    turns, came = Turns(), []

    def job(index):
        with turns.turn(), turns.turn():  # a thread may ask again
            came.append(index)
            time.sleep(0.01)
            came.append(index)

    threads = []
    with turns.turn():
        for index in range(4):
            threads.append(threading.Thread(target=job, args=(index,)))
            threads[-1].start()
            while len(turns._queue) < index + 2:  # until it waits
                time.sleep(0.001)
        assert not came
    for thread in threads:
        thread.join()
    assert came == [0, 0, 1, 1, 2, 2, 3, 3]


def test_who_does_not_wait_for_ever_goes_on_and_leaves_the_others_their_turns():
    turns, late = Turns(), []

    def impatient():
        with turns.turn(0.01):
            late.append(1)

    with turns.turn():
        thread = threading.Thread(target=impatient)
        thread.start()
        thread.join()
        assert late == [1]
    with turns.turn():
        assert len(turns._queue) == 1


def test_a_thread_that_waited_in_vain_keeps_no_other_thread_waiting():
    turns, entered, leave = Turns(), threading.Event(), threading.Event()

    def impatient():
        with turns.turn(0.01):
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=impatient)
    with turns.turn():
        thread.start()
        assert entered.wait(10)
    came = threading.Event()

    def next_one():
        with turns.turn():
            came.set()

    other = threading.Thread(target=next_one)
    other.start()
    try:
        assert came.wait(10)  # while the impatient thread is still inside
    finally:
        leave.set()
        thread.join()
        other.join()


@pytest.mark.quick
@pytest.mark.parametrize("batch", [0, 1])
def test_an_interrupted_evaluation_leaves_the_model_as_it_was(batch):
    made, images = distribution(), np.arange(12 * 9).reshape(12, 3, 3, 1) % 4
    made.fit(images, batch_size=4, verbose=0)
    expected = made.log_prob(images)

    class Stop(keras.callbacks.Callback):
        def on_test_batch_begin(self, index, logs=None):
            if index == batch:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made.evaluate(images, batch_size=4, verbose=0, callbacks=[Stop()])
    assert np.array_equal(made.log_prob(images), expected)
    assert made.evaluate(images, verbose=0)[0] == pytest.approx(-expected.mean(), rel=1e-5)
    assert np.isfinite(made.fit(images, verbose=0).history["loss"]).all()
