"""Drawing any number of images in batches, several batches at once, with one progress bar."""

from functools import partial

import numpy as np

from pixelcnn.backend import telling_of_compilation
from pixelcnn.progress import check_verbose
from pixelcnn.progress import progress as progress_of
from pixelcnn.sampling.particles import noise_and_particles
from pixelcnn.sampling.sampler import Batch, Pixels
from pixelcnn.threads import run_jobs

FEW = 4  # the smallest number of images for which a thread of their own is worth its cost


def draw_in_batches(sampler, placed, known, is_known, condition, draw, batch_size, verbose, log_probs=None):
    """Draw images, `batch_size` at a time.

    Args:
        sampler: A `Sampler`.
        placed: The values of the network's variables, as `Placed`: each device draws batches.
        known, is_known: Levels of known pixels and their mask, (B, H, W, C), of all images.
        condition: A dictionary of arrays, of all images.
        draw: A `Draw`.
        batch_size: Largest number of images at once; each draft counts as one image.
        log_probs: An array (B,) that is filled with estimates of the log-probabilities of the known pixels, from
            particles; or None.
        verbose: 0 shows no bar. A function is called with the number of drawn rows and of all rows, summed over all
            images; before a draw is compiled, it is called with 0 drawn rows.

    Returns:
        Levels (B, H, W, C), float32.
    """
    count = len(known)
    if not count:
        return np.empty(known.shape, "float32")
    at_once = placed.at_once(sampler.at_once())
    size, at_once = size_and_number(sampler, count, draw.num_particles, batch_size, at_once)
    prepared, result = placed.prepared(sampler.prepare), np.empty(known.shape, "float32")

    def job(first, new, progress):
        # All batches have one size, because each size is compiled. So the last batch may draw an image again, which
        # gives the same image, and a single batch may draw more images than were asked for.
        drafts = np.repeat(np.minimum(np.arange(first, first + size), count - 1), draw.num_particles)
        shape = known.shape[1:]
        uniforms, particles = noise_and_particles(draw.seed, draw.first + first, size, shape, draw.num_particles)
        pixels = Pixels(uniforms, known[drafts], is_known[drafts])
        batch = Batch(pixels, {key: value[drafts] for key, value in condition.items()}, particles)
        with telling_of_compilation(partial(progress, 0)), prepared.taken() as values:
            levels = sampler.draw(values, batch, draw, lambda rows, _: progress(rows * new))
        result[first : first + size] = levels[: count - first]
        if log_probs is not None:
            log_probs[first : first + size] = particles.log_prob_of_known()[: count - first]

    jobs = [partial(job, max(0, min(first, count - size)), min(size, count - first)) for first in range(0, count, size)]
    with progress_of(verbose, count * known.shape[1], "Drawing", parts=known.shape[1]) as advance:
        run_jobs(jobs, at_once, advance, sampler.runs_elsewhere())
    return result


def size_and_number(sampler, count, num_particles, batch_size, most=None):
    """Number of images of a batch, and of batches at once, at most `most` (None: what suits the sampler). Together
    these batches have at most `batch_size` images.
    """
    together = max(1, batch_size // num_particles)
    drafts = min(count, together) * num_particles
    at_once = max(1, min(most or sampler.at_once(), drafts // FEW, together, count))
    at_most = together // at_once
    rounds = -(-count // (at_most * at_once))
    return min(sampler.convenient_size(-(-count // (rounds * at_once))), at_most), at_once


def in_slices(compute, count, size, verbose, description, placed):
    """Compute results for images, `size` at a time, on each device of `placed`; return them in the order of the images.

    Args:
        compute: Function of a slice of the images and of the values on a device.
        count: Number of images.
        size: Largest number of images at once.
        verbose, description: As in `progress`.
        placed: The values of the network's variables, as `Placed`.
    """
    parts = [slice(first, min(first + size, count)) for first in range(0, count, size)]
    results = [None] * len(parts)

    def job(index, progress):
        with placed.taken() as values:
            results[index] = compute(parts[index], values)
        progress(parts[index].stop - parts[index].start)

    jobs = [partial(job, index) for index in range(len(parts))]
    with progress_of(check_verbose(verbose), count, description) as advance:
        run_jobs(jobs, max(1, min(placed.at_once(1), len(parts))), advance)
    return results
