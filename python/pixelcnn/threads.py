"""Jobs in several threads; the thread that waits for them reports their progress."""

import os
import queue
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor, wait

A_WHILE = 0.1  # seconds between two checks for an interrupt in the waiting thread
INTERRUPTS = 9  # presses of Ctrl-C that `run_whole` puts off
SOON = 1.0  # seconds; a stopped job ends within this time, unless a library computes


def cores():
    """Number of cores that this process may use: the smallest of the cores that the operating system gives to it,
    `TF_NUM_INTRAOP_THREADS` and `OMP_NUM_THREADS`.
    """
    bound = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    limits = [os.environ.get(name, "") for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS")]
    return min([len(bound), *(int(number) for number in limits if number.isdecimal() and int(number))])


def run_whole(job):
    """Run a job to its end or not at all, even if Ctrl-C is pressed meanwhile; the interrupt is raised after the job.

    The job runs in a thread of its own, because Python interrupts the main thread only. Handlers of signals are left
    alone, because R has its own.
    """
    orders, failures = queue.SimpleQueue(), []

    def work():
        try:
            if orders.get():
                job()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    _order_and_wait(orders, thread, INTERRUPTS)
    if failures:
        raise failures[0]


def _order_and_wait(orders, thread, interrupts):
    """Order the job and wait for its end. Each level of the recursion waits again after one interrupt."""
    try:
        if interrupts:
            _order_and_wait(orders, thread, interrupts - 1)
        else:
            orders.put(True)
    finally:
        orders.put(False)  # ends the thread if an interrupt came before the order
        thread.join()


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
