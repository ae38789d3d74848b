"""TensorFlow functions whose names say what they compute, and nothing else.

TensorFlow numbers the functions of a process in the order in which they are traced, and operations carry the names of
Keras' layers, which are numbered too. XLA's persistent cache finds a function by all these names. So a function is
copied under names that depend on its content alone: it is found again in a process that has traced other functions
before, and two models of one architecture share it.
"""

import hashlib
from operator import itemgetter
from typing import Any

BEGINNING = "pixelcnn_"  # of all names


def named_by_content(concrete: Any) -> tuple[str, list[Any]]:
    """Return the name of a copy of a function, and the definitions of the copy and of all functions that it calls.

    Args:
        concrete: A `ConcreteFunction` of TensorFlow.
    """
    library = {part.signature.name: part for part in concrete.graph.as_graph_def().library.function}
    originals, numbers = [concrete.function_def], {concrete.function_def.signature.name: "0"}
    for definition in originals:  # the list grows meanwhile
        for called in _calls(definition):
            if called.name in library and called.name not in numbers:
                numbers[called.name] = str(len(originals))
                originals.append(library[called.name])
    copies = [_copy(definition, numbers) for definition in originals]
    digest = hashlib.sha256()
    for definition in copies:
        digest.update(hashlib.sha256(definition.SerializeToString(deterministic=True)).digest())
    names = {number: f"{BEGINNING}{digest.hexdigest()}_{number}" for number in numbers.values()}
    for definition in copies:
        _rename(definition, names)
    return copies[0].signature.name, copies


def _rename(definition, names):
    """Give a function new names for itself and for those that it calls."""
    definition.signature.name = names[definition.signature.name]
    for called in _calls(definition):
        called.name = names.get(called.name, called.name)


def _calls(definition):
    """The attributes of a function's operations that name other functions, always in the same order."""
    for node in definition.node_def:
        for _, value in sorted(node.attr.items(), key=itemgetter(0)):
            yield from (called for called in (value.func, *value.list.func) if called.name)


def _copy(definition, functions):
    """A copy of a function's definition whose names are numbers, in the order in which they occur."""
    copy = type(definition)()
    copy.CopyFrom(definition)
    _rename(copy, functions)
    signature, names = copy.signature, {}
    for letter, parts in (("a", signature.input_arg), ("n", copy.node_def)):
        for number, part in enumerate(parts):
            names[part.name] = f"{letter}{number}"
            part.name = names[part.name]

    def renamed(place):  # "name", "name:output:0" or "^name"
        name, *rest = place.removeprefix("^").split(":")
        return ":".join(["^" * place.startswith("^") + names[name], *rest])

    for node in copy.node_def:
        node.input[:] = [renamed(place) for place in node.input]
        node.ClearField("experimental_debug_info")
        node.attr.pop("_class", None)  # names of operations on the same device
    for attributes in copy.arg_attr.values():
        attributes.attr.pop("_user_specified_name", None)
    results = [copy.ret[part.name] for part in signature.output_arg]
    controls = [copy.control_ret[name] for name in signature.control_output]
    copy.ret.clear()
    copy.control_ret.clear()
    for number, (part, place) in enumerate(zip(signature.output_arg, results, strict=True)):
        part.name = f"r{number}"
        copy.ret[part.name] = renamed(place)
    signature.control_output[:] = [f"c{number}" for number in range(len(controls))]
    for name, place in zip(signature.control_output, controls, strict=True):
        copy.control_ret[name] = renamed(place)
    return copy
