"""Jobs in several threads; the thread that waits for them reports their progress."""

import os
import queue
import signal
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack

A_WHILE = 0.1  # seconds between two checks for an interrupt in the waiting thread
INTERRUPTS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
SOON = 1.0  # seconds; a stopped job ends within this time, unless a library computes


def cores():
    """Number of cores that this process may use: the smallest of the cores that the operating system gives to it,
    `TF_NUM_INTRAOP_THREADS` and `OMP_NUM_THREADS`.
    """
    bound = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    limits = [os.environ.get(name, "") for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS")]
    return min([len(bound), *(int(number) for number in limits if number.isdecimal() and int(number))])


def run_whole(job):
    """Run a job to its end, even if Ctrl-C is pressed meanwhile; the interrupt is raised after the job.

    Meanwhile the signals' handlers, which may raise KeyboardInterrupt at any place, only take note of a signal. A job
    in another thread needs none of this, because Python runs handlers in the main thread only.
    """
    if threading.current_thread() is not threading.main_thread():
        job()
        return
    received = []
    handlers = {number: signal.getsignal(number) for number in INTERRUPTS}
    with ExitStack() as stack:
        for number, handler in handlers.items():
            if callable(handler):
                stack.callback(signal.signal, number, handler)
                signal.signal(number, lambda number, frame: received.append((number, frame)))
        job()
    if received:
        number, frame = received[0]
        handlers[number](number, frame)


class _Stopped(Exception):
    """Ends a job because another job has failed, or because the thread that waits was interrupted."""


def run_jobs(jobs, at_once, tell, elsewhere=False):
    """Run jobs in threads. If a job or `tell` fails, each other job ends when it next reports its progress.

    Args:
        jobs: Functions of one argument: a function that the job calls to report its progress.
        at_once: Number of threads. 1 runs the jobs in this thread, unless `elsewhere` is set.
        tell: Function that gets the progress of all jobs, always in this thread.
        elsewhere: Whether to use another thread even if `at_once` is 1, so that an interrupt can end this call while
            a library compiles for the job. The compilation then ends in the background, and the next call uses it.

    Raises:
        Exception: The first exception of a job or of `tell`.
    """
    if at_once == 1 and not elsewhere:
        for job in jobs:
            job(tell)
        return
    told, stop, waiting = queue.SimpleQueue(), threading.Event(), deque(jobs)

    def tell_elsewhere(news):
        told.put(news)
        if stop.is_set():
            raise _Stopped

    def work():
        try:
            while (job := _next(waiting)) and not stop.is_set():
                job(tell_elsewhere)
        except _Stopped:
            pass
        except BaseException:
            stop.set()
            raise
        finally:
            told.put(None)

    pool, futures = ThreadPoolExecutor(at_once), []
    try:
        # One task for each thread, not one for each job, because an interrupt during `submit` could leave the pool
        # locked.
        for _ in range(at_once):
            futures.append(pool.submit(work))
        _pass_on(told, len(futures), tell)
    except BaseException:
        stop.set()
        pool.shutdown(wait=not wait(futures, timeout=SOON).not_done)
        raise
    pool.shutdown()
    for future in futures:
        future.result()


def _next(waiting):
    """The next job, or None if there is none. Asking for the length first could race with another thread."""
    try:
        return waiting.popleft()
    except IndexError:
        return None


def _pass_on(told, running, tell):
    """Pass the reports of jobs to `tell`, until each of the `running` threads has reported None, its end."""
    while running:
        try:
            news = told.get(timeout=A_WHILE)
        except queue.Empty:
            continue
        if news is None:
            running -= 1
        else:
            tell(news)
