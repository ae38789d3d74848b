"""The one package that names a backend (TensorFlow, JAX or torch)."""

import keras

from pixelcnn import installed
from pixelcnn.backend.compiling import call_once, compile_for_inference, fuses, telling_of_compilation
from pixelcnn.backend.convolution import NARROW, convolve, convolve_with_own_gradients, recomputed, recomputes
from pixelcnn.backend.device import (
    backend_version,
    compiles_training,
    device_names,
    draws_at_once,
    draws_in_threads,
    free_device_memory,
    has_accelerator,
    machine_count,
    threads,
    training_gains_from_xla,
)
from pixelcnn.backend.devices import (
    Placed,
    device_count,
    devices_in_use,
    devices_of,
    in_shares,
    names_in_use,
    on_devices_of,
    require_shares,
    require_single_steps,
    use_devices,
    values_on,
)
from pixelcnn.backend.executables import ask_tensorflow, compile_cache_line
from pixelcnn.backend.exported import expm1, exported_format, exporting, scan, seeded_sampler, with_argument_names
from pixelcnn.backend.machines import (
    is_first_machine,
    join_machines,
    number_of_first,
    numbers_of_all,
    on_this_machine,
    share_random_state,
    telling_of_lost_machines,
)
from pixelcnn.backend.parts import call_compiled, call_traced_once, traces_repeat
from pixelcnn.backend.precision import check_float64, tanh
from pixelcnn.backend.shares import at_least_one, drawn_for_all, mean_over_all, sharing, weigh_by_images
from pixelcnn.backend.updates import on_all_replicas, replicas, update_if
from pixelcnn.backend.values import (
    copies,
    current_values,
    deleted,
    in_stateless_scope,
    value_and_gradients,
    with_values,
)

if _problem := installed.problem():
    raise ImportError(_problem)

if keras.backend.backend() == "tensorflow":
    ask_tensorflow()
