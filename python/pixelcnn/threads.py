"""Jobs in threads of their own, whose progress is told of in the thread that waits for them."""

import os
import queue
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor, wait

A_WHILE = 0.1  # seconds after which a thread that waits looks for an interrupt
SOON = 1.0  # seconds in which jobs end that are told to, unless they are deep in a library


def cores():
    """How many cores this process may use: those that it is bound to, or fewer where an environment variable says how
    many threads the libraries below are to start.
    """
    bound = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    said = [os.environ.get(name, "") for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS")]
    return min([len(bound), *(int(number) for number in said if number.isdecimal() and int(number))])


def run_whole(job):
    """Run a job that no interrupt may cut in two: in a thread of its own, since Python interrupts the main one. An
    interrupt meanwhile is raised when the job is done.
    """
    failures = []

    def work():
        try:
            job()
        except BaseException as error:
            failures.append(error)

    thread, interrupts = threading.Thread(target=work), []
    thread.start()
    while thread.is_alive():
        try:
            thread.join()
        except KeyboardInterrupt as interrupt:
            interrupts.append(interrupt)
    for error in (*failures, *interrupts):
        raise error


class _Stopped(Exception):
    """Another job has failed, or the thread that waits was interrupted."""


def run_jobs(jobs, at_once, tell, elsewhere=False):
    """Run jobs, so many at once. Where one fails, or `tell` does, the others end as soon as they tell of anything.

    Args:
        jobs: Functions, each of a function that it tells of its progress.
        at_once: Number of threads; 1 runs the jobs here.
        tell: What is told of progress, always in this thread.
        elsewhere: Whether a thread of its own runs even one job at a time, so that this one can be interrupted while
            the job is deep in a library, which compiles for it. That goes on behind, and the next call finds it.

    Raises:
        Exception: What the first job raised that failed, or `tell`.
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
            while waiting and not stop.is_set():
                job = _next(waiting)
                if job is not None:
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
        # As many as there are threads: an interrupt amid a submission could leave the pool's locks behind.
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
    try:
        return waiting.popleft()
    except IndexError:  # another thread took the last one
        return None


def _pass_on(told, running, tell):
    """Tell of all that jobs tell of, until as many have ended (None) as are running."""
    while running:
        try:
            news = told.get(timeout=A_WHILE)
        except queue.Empty:
            continue
        if news is None:
            running -= 1
        else:
            tell(news)
