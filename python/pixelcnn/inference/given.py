"""A distribution with its condition bound."""

import dataclasses
import functools
import inspect
from typing import Any

import keras

from pixelcnn import require, shapes

NOT_BOUND = ("call", "compute_output_spec", "given")  # methods with a condition that are no questions to a distribution


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Given:
    """A view of a distribution with its condition bound, as `PixelDistribution.given` returns it.

    A view has all methods of the distribution that take `conditional_input`, such as `sample` and `log_prob`, without
    this argument. A view holds no weights, so it follows later training.

    Args:
        distribution: The distribution.
        conditional_input: The condition, checked.
        shown: The condition as the user gave it, for `repr`.
    """

    distribution: Any
    conditional_input: Any
    shown: str

    def condition_beside(self, conditional_input: Any, what: str) -> Any:
        """The condition that is bound, where `what` may be given a condition too.

        Raises:
            ValueError: If there is a second condition.
        """
        if conditional_input is not None:
            raise ValueError(
                f"conditional_input={require.short(conditional_input)} does not fit: expected {what} without it, "
                f"because {self!r} has its condition; .distribution takes another."
            )
        return self.conditional_input

    def __getattr__(self, name: str) -> Any:
        # Pickle asks a view that has no attributes yet for names with underscores.
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._methods:
            raise AttributeError(
                f"{self!r} has no attribute {name!r}: expected one of {', '.join(self._methods)}, or "
                "an attribute of its .distribution."
            )
        method = getattr(self.distribution, name)
        signature = _without_condition(method)

        @functools.wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            condition = self.condition_beside(kwargs.pop("conditional_input", None), f"{name}()")
            arguments = signature.bind(*args, **kwargs).arguments
            return method(**arguments, conditional_input=condition)

        call.__signature__ = signature  # type: ignore[attr-defined]
        return call

    @property
    def _methods(self) -> list[str]:
        family: Any = type(self.distribution)
        return _names(family)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._methods})

    def __repr__(self) -> str:
        return f"<{type(self.distribution).__name__} name={self.distribution.name}, given {self.shown}>"

    def given(self, conditional_input: Any) -> "Given":
        """Refuse a second condition.

        Args:
            conditional_input: The second condition.

        Raises:
            ValueError: Always, because the condition is bound.
        """
        raise ValueError(
            f"conditional_input={require.short(conditional_input)} does not fit: expected no second condition, because "
            f"{self!r} has its condition; .distribution.given(...) binds another."
        )


def unbound(dist: Any, conditional_input: Any = None, what: str = "the call") -> tuple[Any, Any]:
    """The distribution and the condition that a function works with, for a distribution or a view of one.

    Args:
        dist: A distribution, or the result of `given`.
        conditional_input: The condition that the function was given beside it.
        what: The function, for the error.

    Raises:
        ValueError: If there are two conditions.
    """
    if not isinstance(dist, Given):
        return dist, conditional_input
    return dist.distribution, dist.condition_beside(conditional_input, what)


class Conditioning:
    """The method of a distribution that binds a condition."""

    def given(self, conditional_input: Any) -> Given:
        """Bind the condition: `dist.given("bee").sample(8)` is `dist.sample(8, conditional_input="bee")`.

        The result is a view of this distribution. It has the methods that take `conditional_input`, without this
        argument. It copies no weights, and sees later training.

        Args:
            conditional_input: The condition, as in `log_prob`, for one image or for a batch. It is copied.

        Returns:
            The view. `view.distribution` is this distribution; `view.conditional_input` is the condition.

        Raises:
            ValueError: If the condition does not fit.

        Example:
            >>> import pixelcnn
            >>> dist = pixelcnn.PixelCNN(
            ...     (4, 4, 1), class_names=["bee", "sun"], high=1, num_blocks=1, num_filters=2, name="small"
            ... )
            >>> bees = dist.given("bee")
            >>> bees, bees.sample(8, verbose=0).shape
            (<PixelCNN name=small, given 'bee'>, (8, 4, 4, 1))
        """
        return _given(self, conditional_input)


def _given(dist, conditional_input):
    conditional_input = keras.tree.map_structure(shapes.to_array, conditional_input)
    arrays, batch_shape = dist.condition.check(conditional_input)
    shown = require.short(conditional_input)
    if not dist.condition or dist.condition.is_none(conditional_input):
        return Given(dist, None, shown)
    checked = dist.condition.as_given(arrays, batch_shape)
    return Given(dist, keras.tree.map_structure(_copied, checked), shown)


def _copied(array):
    """A copy that nobody can write to."""
    array = array.copy()
    array.setflags(write=False)
    return array


def _without_condition(function):
    """The signature of a method without `conditional_input`."""
    signature = inspect.signature(function)
    kept = [parameter for name, parameter in signature.parameters.items() if name != "conditional_input"]
    return signature.replace(parameters=kept)


@functools.cache
def _names(family):
    """Names of the public methods of a class that take `conditional_input`."""
    methods = inspect.getmembers(family, inspect.isfunction)
    return [
        name
        for name, method in methods
        if name[0] != "_" and name not in NOT_BOUND and "conditional_input" in inspect.signature(method).parameters
    ]
