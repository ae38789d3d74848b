"""The one file that names a backend: how a function of a model's variables is compiled, and where."""

import functools
import threading
from contextlib import contextmanager
from contextvars import ContextVar

import keras
from keras import ops

from pixelcnn.threads import cores

NARROW = 64  # filters, up to which what is done to features weighs about as much as the convolutions that see them


def has_accelerator():
    """Whether the backend sees a GPU or TPU."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return bool(tf.config.list_physical_devices("GPU") or tf.config.list_physical_devices("TPU"))
    if backend == "jax":
        import jax

        return jax.default_backend() != "cpu"
    import torch

    return torch.cuda.is_available()


def draws_in_threads():
    """Whether a draw runs in a thread of its own: on a CPU, if XLA compiles the draw.

    Then an interrupt need not wait for XLA, and several draws can run at once. Draws that run as Python code, those of
    torch and of eager functions, gain nothing from threads.
    """
    backend = keras.backend.backend()
    if backend == "torch" or has_accelerator():
        return False
    if backend == "tensorflow":
        import tensorflow as tf

        return not tf.config.functions_run_eagerly()
    return True


def draws_at_once():
    """How many draws to run at once: one for each core of a CPU, because XLA shares only large operations out among
    cores; 1 where draws do not run in threads.
    """
    return cores() if draws_in_threads() else 1


_on_compiling: ContextVar = ContextVar("on_compiling", default=None)


@contextmanager
def telling_of_compilation(tell):
    """A context in which `tell` is called before XLA compiles a function for new shapes."""
    token = _on_compiling.set(tell)
    try:
        yield
    finally:
        _on_compiling.reset(token)


_xla_compiles = ContextVar("xla_compiles", default=False)  # what TensorFlow traces now


def fuses():
    """Whether operations on features become one: XLA makes one kernel of them, where others run one after the other."""
    return _xla_compiles.get() if keras.backend.backend() == "tensorflow" else keras.backend.backend() == "jax"


def convolve(x, activation, kernel, stride, padding):
    """A convolution of activated features, with zeros above and beside the image.

    TensorFlow too could pad inside its convolution, but then takes gradients that are not oneDNN's: on a CPU with
    AVX-512 they last half as long again as those of an image that was padded before.

    Args:
        x: (B, H, W, C) after the activation.
        activation: An `Activation`.
        kernel: (rows, columns, C, F).
        stride: The same for rows and columns.
        padding: Rows of zeros above, columns to the left, columns to the right.
    """
    top, left, right = padding

    def scaled(kernel):
        return kernel if activation.scale == 1.0 else kernel * activation.scale

    if keras.backend.backend() == "jax":
        import jax

        dimensions = ("NHWC", "HWIO", "NHWC")
        return jax.lax.conv_general_dilated(
            activation(x), scaled(kernel), (stride, stride), [(top, 0), (left, right)], None, None, dimensions
        )

    def pad(x):
        return ops.pad(x, ((0, 0), (top, 0), (left, right), (0, 0)))

    def linear(x, kernel):
        kernel = scaled(kernel)
        if stride == 1 and _gradients_are_slow():
            return convolve_with_own_gradients(x, kernel)
        return ops.conv(x, kernel, strides=stride, padding="valid", data_format="channels_last")

    if activation.does_nothing:
        return linear(pad(x), kernel)
    return recomputed(lambda x: pad(activation(x)), linear, x, kernel)


@functools.cache
def _gradients_are_slow():
    """Whether TensorFlow takes the gradients of a convolution more slowly than it convolves: on a CPU with AVX2 and
    nothing newer, 1.1 to 3 times as slowly.
    """
    if keras.backend.backend() != "tensorflow" or has_accelerator():
        return False
    try:
        from numpy._core._multiarray_umath import __cpu_features__ as features
    except ImportError:  # NumPy 1
        from numpy.core._multiarray_umath import __cpu_features__ as features
    return features.get("AVX2", False) and not features.get("AVX512F", False)


def convolve_with_own_gradients(x, kernel):
    """A convolution of stride 1 without padding, whose gradients are convolutions too: that of x is the result's
    gradient, with zeros around it, under the kernel turned by half a turn; that of the kernel is x with the result's
    gradient as the kernel, where images and channels have changed places.
    """
    import tensorflow as tf

    @tf.custom_gradient
    def run(x, kernel):
        def gradient(upstream):
            around = [(0, 0), *((size - 1, size - 1) for size in kernel.shape[:2]), (0, 0)]
            turned = tf.transpose(tf.reverse(kernel, (0, 1)), (0, 1, 3, 2))
            by_kernel = tf.nn.conv2d(
                _channels_first_images_last(x), tf.transpose(upstream, (1, 2, 0, 3)), strides=1, padding="VALID"
            )
            with tf.control_dependencies([by_kernel]):  # whose copy of x is gone before upstream is copied
                by_x = tf.nn.conv2d(tf.pad(upstream, around), turned, strides=1, padding="VALID")
            return by_x, tf.transpose(by_kernel, (1, 2, 0, 3))

        return tf.nn.conv2d(x, kernel, strides=1, padding="VALID"), gradient

    return run(x, kernel)


def _channels_first_images_last(x):
    """(B, H, W, C) -> (C, H, W, B) in two transpositions, a matrix's and one of rows of images, which take TensorFlow
    as long as the one or less.
    """
    import tensorflow as tf

    count, *sizes = tf.unstack(tf.shape(x))
    by_image = tf.transpose(tf.reshape(x, (count, -1)))
    return tf.transpose(tf.reshape(by_image, (*sizes, count)), (2, 0, 1, 3))


def recomputed(prepare, linear, x, kernel):
    """`linear(prepare(x), kernel)`, for whose gradients TensorFlow keeps x and works `prepare(x)` out again, which is
    several times as large and soon gone.

    The kernel's gradient comes before that of x. Left to itself, TensorFlow puts the kernels' gradients off, and with
    them holds what they need of many layers. Of few filters everything is kept: there it takes less memory, and would
    take more of the time.

    Args:
        prepare: Function of x.
        linear: Function of what that gives and of the kernel, linear in both.
        x: Features.
        kernel: The kernel.
    """
    if keras.backend.backend() != "tensorflow" or kernel.shape[-1] <= NARROW:
        return linear(prepare(x), kernel)
    import tensorflow as tf

    @tf.custom_gradient
    def run(x, kernel):
        def gradient(upstream):
            with tf.control_dependencies([upstream]):  # else it would be worked out again at once, and kept
                again = tf.identity(x)
            with tf.GradientTape() as tape:
                tape.watch([again, kernel])
                features = linear(prepare(again), kernel)
            by_x, by_kernel = tape.gradient(features, [again, kernel], upstream)
            with tf.control_dependencies([by_kernel]):
                return tf.identity(by_x), by_kernel

        return linear(prepare(x), kernel), gradient

    return run(x, kernel)


def tanh(x):
    """The hyperbolic tangent in the precision of x: Keras' own computes float64 in float32 on JAX."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.numpy.tanh(x)
    return ops.tanh(x)


def check_float64():
    """JAX computes in float32 unless told otherwise, so a float64 model would not be one.

    Raises:
        ValueError: If the backend would not compute in float64.
    """
    if keras.backend.backend() != "jax":
        return
    import jax

    if not jax.config.jax_enable_x64:
        raise ValueError(
            "dtype='float64' does not fit: JAX would compute in float32. Set the environment variable "
            "JAX_ENABLE_X64=1 before Python starts, or call jax.config.update('jax_enable_x64', True) first."
        )


def value_and_gradients(function, variables):
    """A scalar function of a model's variables, and its gradients; computed eagerly, None where it does not depend.

    Args:
        function: Takes nothing, returns a scalar tensor.
        variables: The variables to differentiate by.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            value = function()
        return value, tape.gradient(value, [variable.value for variable in variables])
    if backend == "jax":
        import jax

        return jax.value_and_grad(with_values(function, variables))([variable.value for variable in variables])
    import torch

    value = function()
    return value, torch.autograd.grad(value, [variable.value for variable in variables], allow_unused=True)


def current_values(variables):
    """The values of variables as tensors that later updates do not change. Gradients pass through them."""
    backend = keras.backend.backend()
    if backend == "torch":  # updates the tensors themselves
        return [variable.value.clone() for variable in variables]
    if backend == "tensorflow":
        import tensorflow as tf

        return [tf.convert_to_tensor(variable.value) for variable in variables]
    return [variable.value for variable in variables]


def copies(tensors):
    """Copies of tensors."""
    return [ops.copy(tensor) for tensor in tensors]


def deleted(tensors):
    """Whether JAX has deleted some of the tensors: it reuses the memory of a training step's arguments."""
    return any(getattr(tensor, "is_deleted", lambda: False)() for tensor in tensors)


def in_stateless_scope():
    """Whether a `keras.StatelessScope` replaces the values of variables in this thread, as in JAX' training step."""
    from keras.src.backend.common.stateless_scope import in_stateless_scope

    return in_stateless_scope()


def with_values(function, variables):
    """Turn a function that reads variables into one that takes their values as its first argument."""

    def stateless(values, *arguments):
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return function(*arguments)

    return stateless


def compile_for_inference(function, variables, xla, any_batch=False):
    """A function of tensors that reads a model's variables, compiled where the backend can.

    Args:
        function: Takes and returns nested tensors; must not assign variables.
        variables: All variables that it reads.
        xla: Whether TensorFlow compiles with XLA. JAX always does; torch runs eagerly.
        any_batch: Whether TensorFlow may trace the function once for all sizes of its first axis, from the second size
            on. The function then must not need that size while it is traced.

    Returns:
        A function of a list of the variables' values, from `current_values`, and of the function's arguments. It reads
        nothing that another thread may change.
    """
    backend, stateless = keras.backend.backend(), with_values(function, variables)
    if backend == "tensorflow":
        if any_batch:
            traced = _traced(stateless, xla)
            return _first_alone(lambda: traced, xla)
        # One for each shape: they are few by design, which TensorFlow would warn of.
        return _first_alone(lambda: _traced(stateless, xla), xla)
    if backend == "jax":
        import jax

        compiled = jax.jit(stateless)
        return _first_alone(lambda: compiled, xla)
    import torch

    def without_gradients(*arguments):
        with torch.no_grad():
            return stateless(*arguments)

    return without_gradients


def _traced(function, xla):
    """A function of its own to TensorFlow, which counts the traces of all functions of one code together."""
    import tensorflow as tf

    def traced(*arguments):
        token = _xla_compiles.set(xla)
        try:
            return function(*arguments)
        finally:
            _xla_compiles.reset(token)

    return tf.function(functools.partial(traced), jit_compile=xla, autograph=False, reduce_retracing=True)


def _first_alone(make, takes_long):
    """A function of tensors that calls `make` for each new combination of shapes, and calls the function that it made.

    Only one thread at a time makes a first call, so that each combination is traced and compiled once. If that
    `takes_long`, it is reported before (`telling_of_compilation`).
    """
    functions, alone = {}, threading.Lock()

    def call(values, *arguments):
        shapes = tuple((*x.shape, x.dtype) for x in keras.tree.flatten(arguments) if x is not None)
        if shapes not in functions:
            tell = _on_compiling.get()
            if tell is not None and takes_long:
                tell()
            with alone:
                if shapes not in functions:
                    function = make()
                    found = function(values, *arguments)
                    functions[shapes] = function
                    return found
        return functions[shapes](values, *arguments)

    return call


def call_compiled(function, *arguments):
    """What a function of tensors returns. TensorFlow compiles it with XLA, as a part of a traced function that it does
    not compile; the other backends compile the whole or nothing.

    Args:
        function: A function of a module, one for all models: it is compiled once for all calls that look alike.
        arguments: Tensors.
    """
    if keras.backend.backend() != "tensorflow":
        return function(*arguments)
    import tensorflow as tf

    # What was compiled inside a traced function has lists of no fixed size for an eager tape, which XLA refuses.
    if tf.executing_eagerly():
        return function(*arguments)
    return _compiled_part(function, tuple((*x.shape, x.dtype) for x in arguments))(*arguments)


@functools.lru_cache(maxsize=64)
def _compiled_part(function, signature):
    return _traced(function, xla=True)


def traces_repeat():
    """Whether each call of a layer adds its operations to a graph that only TensorFlow's CPU kernels will run: to trace
    and prepare those of a deep network takes longer than a step. An accelerator may compile the whole step instead.
    """
    if keras.backend.backend() != "tensorflow" or has_accelerator():
        return False
    import tensorflow as tf

    return not tf.executing_eagerly()


def call_traced_once(function, static, *arguments):
    """What a function of tensors returns that a network calls many times alike, each time with other tensors: where
    `traces_repeat`, it and its gradients are traced once.

    Args:
        function: A function of a module, of `static` and tensors alone: it must not read another tensor or a variable.
        static: What else it depends on; hashable.
        arguments: Nested tensors, None among them.
    """
    import tensorflow as tf

    signature = tuple(x if x is None else (*x.shape, x.dtype) for x in tf.nest.flatten(arguments))
    return _traced_part(function, static, signature)(*arguments)


@functools.lru_cache(maxsize=64)
def _traced_part(function, static, signature):
    import tensorflow as tf

    part = functools.partial(function, static)
    # Inlined, it would be optimised again wherever it is called.
    return tf.function(part, autograph=False, experimental_attributes={"_noinline": True})


def call_once(function, variables, *arguments):
    """What a function of tensors returns that reads a model's variables and is called but once.

    JAX would compile each of its operations for each shape, so it compiles the function; for the others, which start
    an operation at once, compiling would only cost time.
    """
    if keras.backend.backend() == "tensorflow":
        return function(*arguments)
    return compile_for_inference(function, variables, xla=False)(current_values(variables), *arguments)


def replicas():
    """How many replicas of the model share a training step, one on each device (`tf.distribute`)."""
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    return tf.distribute.get_strategy().num_replicas_in_sync


def on_all_replicas(condition):
    """Whether a condition, a boolean tensor, is true on all replicas that share a training step."""
    if replicas() == 1:
        return condition
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.cast(condition, "float32")) == replicas()


def update_if(condition, update, variables):
    """Run an update of variables where a condition, a boolean tensor, holds.

    Args:
        condition: Whether to update; the same on all replicas (`on_all_replicas`).
        update: Assigns variables.
        variables: All that it assigns.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        if replicas() == 1:
            tf.cond(condition, lambda: (update(), True)[1], lambda: True)
        else:
            _update_or_restore(condition, update, [variable.value for variable in variables])
    elif backend == "torch":
        if condition:
            update()
    else:  # under JAX variables are values: the update is worked out, and taken or not
        before = [variable.value for variable in variables]
        update()
        for variable, value in zip(variables, before, strict=True):
            variable.assign(ops.where(condition, variable.value, value))


def _update_or_restore(condition, update, variables):
    """As `update_if`, for several replicas: update, then undo it where the condition is false.

    Replicas wait for each other during an update, which `tf.cond` does not allow.
    """
    import tensorflow as tf

    before = [tf.convert_to_tensor(variable) for variable in variables]
    update()

    def keep_or_restore(variable, condition, value):
        return variable.assign(tf.where(condition, variable, value))

    def on_each_replica(strategy, condition, *before):
        for variable, value in zip(variables, before, strict=True):
            strategy.extended.update(variable, keep_or_restore, args=(condition, value), group=False)

    tf.distribute.get_replica_context().merge_call(on_each_replica, args=(condition, *before))


def training_gains_from_xla():
    """Whether XLA makes training faster: on a CPU it slows TensorFlow's convolutions down."""
    return keras.backend.backend() != "tensorflow" or has_accelerator()
