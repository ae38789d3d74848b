import signal
import sys
import threading
import time

import pytest

from pixelcnn import threads
from pixelcnn.threads import cores, run_jobs, run_whole


def told_by(job, at_once, count=4):
    told = []
    run_jobs([lambda tell, index=index: job(index, tell) for index in range(count)], at_once, told.append)
    return told


@pytest.mark.parametrize("at_once", [1, 3, 8])
def test_every_job_is_run_and_tells_of_its_progress_in_the_thread_that_waits(at_once):
    here, ran, heard = threading.get_ident(), [], []

    def job(index, tell):
        ran.append(index)
        tell(index)
        tell(10 + index)

    jobs = [lambda tell, index=index: job(index, tell) for index in range(5)]
    run_jobs(jobs, at_once, lambda news: heard.append((threading.get_ident(), news)))
    assert sorted(ran) == list(range(5))
    assert {thread for thread, _ in heard} == {here}
    assert sorted(news for _, news in heard) == [*range(5), *range(10, 15)]


def test_jobs_run_at_once():
    together = threading.Barrier(3, timeout=60)  # which breaks unless three of them wait for one another
    assert sorted(told_by(lambda index, tell: tell(together.wait()), at_once=3, count=3)) == [0, 1, 2]


def test_a_job_that_fails_ends_the_others_and_says_why():
    steps = []

    def job(index, tell):
        if index == 1:
            raise MemoryError("too large")
        while True:  # until it is told to stop
            steps.append(index)
            tell(index)
            time.sleep(0.001)

    with pytest.raises(MemoryError, match="too large"):
        told_by(job, at_once=2)
    assert set(steps) <= {0}  # jobs that had not started do not


def test_an_interrupt_of_the_thread_that_waits_ends_the_jobs():
    running = threading.Event()

    def job(tell):
        running.set()
        while True:
            tell(1)
            time.sleep(0.001)

    def interrupted(_):
        raise KeyboardInterrupt

    threads = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        run_jobs([job, job], 2, interrupted)
    assert running.is_set() and threading.active_count() == threads


def test_one_job_at_a_time_may_run_in_a_thread_of_its_own():
    ran = []
    jobs = [lambda tell: ran.append(threading.get_ident())] * 2
    run_jobs(jobs, 1, ran.append)
    assert set(ran) == {threading.get_ident()}
    ran.clear()
    run_jobs(jobs, 1, ran.append, elsewhere=True)
    assert len(ran) == 2 and threading.get_ident() not in ran


def test_an_interrupt_does_not_wait_for_a_job_that_is_deep_in_a_library(monkeypatch):
    monkeypatch.setattr("pixelcnn.threads.SOON", 0.01)
    released, ended = threading.Event(), threading.Event()

    def job(tell):
        tell(1)
        released.wait(timeout=60)
        ended.set()

    def interrupted(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_jobs([job], 1, interrupted, elsewhere=True)
    assert not ended.is_set()
    released.set()
    assert ended.wait(timeout=60)


def test_cores_are_no_more_than_the_environment_says(monkeypatch):
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    bound = cores()
    assert bound >= 1
    for said, expected in (("1", 1), ("0", bound), ("", bound), ("many", bound), ("100000", bound)):
        monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", said)
        assert cores() == expected


def interrupted_at_line(place, job):
    """Run a job by `run_whole`, with an interrupt at the line number `place` that this thread reaches in `threads.py`.
    Return whether there was such a line and whether KeyboardInterrupt was raised.
    """
    lines, raised = [], False

    def trace(frame, event, argument):
        if frame.f_code.co_filename != threads.__file__:
            return None
        if event == "line":
            lines.append(frame.f_lineno)
            if len(lines) == place:
                signal.raise_signal(signal.SIGINT)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run_whole(job)
    except KeyboardInterrupt:
        raised = True
    finally:
        sys.settrace(before)
    return len(lines) >= place, raised


def test_a_whole_job_runs_to_its_end_or_not_at_all_wherever_it_is_interrupted():
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for place in range(1, 100):
            done = []

            def job(done=done):
                done.append("first")
                time.sleep(0.01)
                done.append("last")

            reached, raised = interrupted_at_line(place, job)
            assert raised == reached
            assert done in ([], ["first", "last"])
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
            if not reached:
                break
        assert 5 < place < 99 and done
    finally:
        signal.signal(signal.SIGINT, previous)


def test_a_whole_job_that_fails_raises_its_error_and_leaves_the_handlers():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError):
        run_whole(lambda: 1 / 0)
    assert signal.getsignal(signal.SIGINT) is before
