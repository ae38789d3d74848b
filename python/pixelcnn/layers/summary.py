"""The summary of a model, with the layers inside its network, which share variables and are no Keras layers."""

from types import SimpleNamespace

import keras


class SummaryRow:
    """A layer as `keras.Model.summary` reads one."""

    built, _inbound_nodes, _build_shapes_dict = True, (), {"input_shape": None}

    @classmethod
    def of(cls, layer, output_shape, stack, layers_of_stack=1):
        """The row of a layer whose weights, with those of others, are in a Keras layer. A row shows its class' name."""
        row = type(type(layer).__name__, (cls,), {})()
        row.name, row.output_shape = layer.name, output_shape
        row.weights, row.trainable = stack.weights, stack.trainable
        row.count_params = lambda: stack.count_params() // layers_of_stack
        return row


def print_summary(model, rows, *args, **kwargs):
    """Print `keras.Model.summary` of a model with other rows: Keras would show the whole network as one row.

    Args:
        model: The model.
        rows: The `SummaryRow`s.
        *args, **kwargs: As in `keras.Model.summary`.
    """
    listed = SimpleNamespace(
        name=model.name,
        layers=rows,
        trainable_weights=model.trainable_weights,
        non_trainable_weights=model.non_trainable_weights,
        compiled=model.compiled,
        optimizer=model.optimizer if model.compiled else None,
    )
    keras.Model.summary(listed, *args, **kwargs)
