"""First calls of compiled functions, whose compiled code `compile_cache` keeps for the next process.

TensorFlow's own persistent cache works on a folder in memory here, and this module carries files between that folder
and the disk: on the disk itself TensorFlow fails with a full disk or a damaged file, and keeps all that a process
compiles, also training steps. JAX' executables are serialised, because JAX' own cache would keep training steps too.
"""

import functools
import os
import pickle
from collections.abc import Callable, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import keras

from pixelcnn.backend import compile_cache, direct_calls
from pixelcnn.backend.device import backend_version, has_accelerator
from pixelcnn.backend.messages import can_be_silenced, only_fatal_messages
from pixelcnn.backend.named_functions import BEGINNING, named_by_content

IN_MEMORY = "ram://pixelcnn"  # a folder in the memory of this process, which TensorFlow has
OF_CONTEXT = ("add_function_def", "has_function", "call_function")  # methods that `_first_on_tensorflow` calls
FOLDER_FLAG, DEVICES_FLAG = "--tf_xla_persistent_cache_directory", "--tf_xla_persistent_cache_device_types"


def first_call(function: Callable[..., Any], values: Any, arguments: Sequence[Any]) -> tuple[Callable[..., Any], Any]:
    """Call a compiled function of tensors for the first time, with compiled code from the cache if it is there.

    Args:
        function: A `tf.function` that XLA compiles, or a function from `jax.jit`.
        values, arguments: Its arguments, as in `compile_for_inference`.

    Returns:
        The function for later calls with arguments of the same shapes, and the result.
    """
    on_tensorflow = keras.backend.backend() == "tensorflow"
    if problem() is None:
        return (_first_on_tensorflow if on_tensorflow else _first_on_jax)(function, values, arguments)
    if on_tensorflow:
        return direct_calls.first_call(function, values, arguments)
    return function, function(values, *arguments)


def problem() -> str | None:
    """Return why compiled samplers of this process are not kept for the next one, or None if they are."""
    if keras.backend.backend() == "torch":
        return "torch compiles nothing"
    if (reason := compile_cache.problem()) is not None:
        return reason
    if not can_be_silenced():
        return f"this release of {keras.backend.backend()} writes misleading messages, which cannot be hidden"
    return {"tensorflow": _problem_of_tensorflow, "jax": _problem_of_jax}[keras.backend.backend()]()


def compile_cache_line() -> str:
    """Return where compiled samplers are kept for the next process, or why they are not, in one line."""
    if (reason := problem()) is not None:
        return f"samplers are not kept for the next process: {reason}"
    sizes = [status.st_size for _, status in compile_cache.files()]
    return f"samplers are kept in {compile_cache.folder()}: {len(sizes)} files, {sum(sizes) / 1e6:.1f} MB"


# ---- TensorFlow


@functools.cache
def ask_tensorflow() -> str | None:
    """Have TensorFlow's persistent cache write to the folder in memory; return why it does not, or None if it does.

    TensorFlow reads its flags before its first operation, once. This function has it read them now, so that the
    environment stays as it was. Imports of this package call it first, because later operations may have run.
    """
    try:
        from tensorflow.python.client import pywrap_tf_session
        from tensorflow.python.eager import context

        read_all_flags = pywrap_tf_session.TF_GetXlaConstantFoldingDisabled
        begun = context.context()._context_handle is not None
        lacks = [name for name in OF_CONTEXT if not hasattr(context.Context, name)]
    except (ImportError, AttributeError) as error:  # all of this is TensorFlow's own business, and may change
        lacks, begun = [str(error)], False
    if lacks:
        return f"this release of TensorFlow is not known here ({lacks[0]})"
    flags = os.environ.get("TF_XLA_FLAGS")
    if compile_cache.folder() is None:
        return f"{compile_cache.VARIABLE} was off when the package was imported"
    if FOLDER_FLAG in (flags or ""):
        return "TF_XLA_FLAGS names a folder of TensorFlow's own"
    if begun:
        return "TensorFlow ran an operation before the package was imported"
    os.environ["TF_XLA_FLAGS"] = " ".join([flags or "", f"{FOLDER_FLAG}={IN_MEMORY}", f"{DEVICES_FLAG}=CPU"])
    read_all_flags()
    del os.environ["TF_XLA_FLAGS"]
    if flags is not None:
        os.environ["TF_XLA_FLAGS"] = flags
    return None


def _problem_of_tensorflow():
    return "the functions of accelerators are not kept" if has_accelerator() else ask_tensorflow()


def _first_on_tensorflow(function, values, arguments):
    import tensorflow as tf
    from tensorflow.python.eager import context

    if not direct_calls.is_possible():
        return function, function(values, *arguments)
    concrete, of_process = function.get_concrete_function(values, *arguments), context.context()
    name, definitions = named_by_content(concrete)
    for definition in definitions:
        if not of_process.has_function(definition.signature.name):
            of_process.add_function_def(definition)
    call = direct_calls.direct_call(function, concrete, name.encode(), values, arguments)
    shapes = [f"{x.dtype.name}{x.shape}" for x in tf.nest.flatten((values, arguments)) if x is not None]
    key = compile_cache.key(f"tensorflow {backend_version()}", name, *shapes)
    if (kept := compile_cache.read(key)) is None:
        result = call(values, *arguments)
        if compiled := _taken_from_memory(name):
            compile_cache.write(key, b"\n".join(compiled))
        return call, result
    try:
        with _in_memory(*kept.split(b"\n", 1)), only_fatal_messages():
            return call, call(values, *arguments)
    except tf.errors.OpError:  # TensorFlow does not try another time to compile a function of this name
        compile_cache.remove(key)
        return function, function(values, *arguments)


def _taken_from_memory(name):
    """Remove the file that TensorFlow wrote when it compiled a function, and return its name and its content. None if
    TensorFlow wrote none, because it has compiled a function of this name before.
    """
    from tensorflow.errors import NotFoundError
    from tensorflow.io import gfile

    taken = None
    for file in gfile.listdir(IN_MEMORY) if gfile.exists(IN_MEMORY) else ():
        with suppress(NotFoundError):  # another thread has taken it
            with gfile.GFile(f"{IN_MEMORY}/{file}", "rb") as stream:
                content = stream.read()
            if name.encode() in content:
                taken = file.encode(), content
            if name.encode() in content or BEGINNING.encode() not in content:  # not what another thread will take
                gfile.remove(f"{IN_MEMORY}/{file}")
    return taken


@contextmanager
def _in_memory(file, content):
    """A context in which TensorFlow finds a file in memory."""
    from tensorflow.errors import NotFoundError
    from tensorflow.io import gfile

    path = f"{IN_MEMORY}/{file.decode()}"
    gfile.makedirs(IN_MEMORY)
    with gfile.GFile(path, "wb") as stream:
        stream.write(content)
    try:
        yield
    finally:
        with suppress(NotFoundError):  # a thread that called the same function has removed it
            gfile.remove(path)


# ---- JAX


def _problem_of_jax():
    import jax

    if jax.config.jax_compilation_cache_dir:
        return "jax_compilation_cache_dir names a folder of JAX' own"
    return None if jax.device_count() == 1 else "the functions of several devices are not kept"


def _first_on_jax(function, values, arguments):
    import jax

    if any(isinstance(tensor, jax.core.Tracer) for tensor in keras.tree.flatten((values, arguments))):
        return function, function(values, *arguments)
    from jax.experimental.serialize_executable import deserialize_and_load, serialize

    lowered = function.lower(values, *arguments)
    device = jax.local_devices()[0]
    kind = f"{device.platform} {device.device_kind} {device.client.platform_version}"
    key = compile_cache.key(
        f"jax {backend_version()}", kind, lowered.as_text(), str(lowered.in_tree), str(lowered.out_tree)
    )
    compiled = None
    if (kept := compile_cache.read(key)) is not None:
        # What is kept is whole, so only another build of JAX can fail to load it.
        with only_fatal_messages(), suppress(Exception):
            compiled = deserialize_and_load(*pickle.loads(kept), execution_devices=[device])
    if compiled is None:
        compiled = lowered.compile()
        compile_cache.write(key, pickle.dumps(serialize(compiled)))

    def call(values, *arguments):
        return compiled(values, *arguments)

    return call, call(values, *arguments)
