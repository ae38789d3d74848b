"""Modules import each other in one direction: there is no loop, and each room knows only the rooms below it."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pixelcnn

ROOT = Path(pixelcnn.__file__).parent
# From the bottom to the top: a room may import itself, the rooms beside it and the rooms below it.
ORDER = (
    (
        "require",
        "installed",
        "shapes",
        "files",
        "threads",
        "memory",
        "noise",
        "losses",
        "padding",
        "weights_file",
        "config",
        "windows",
        "progress",
    ),
    ("orders",),
    ("images", "condition", "occlusion", "data"),
    ("backend",),
    ("layers", "traversal", "shared_model", "savable_model", "fingerprint"),
    ("heads", "plot"),
    ("sampling", "training", "export"),
    ("inference",),
    ("distribution",),
    ("networks", "model_file"),
    (
        "pretrained",
        "training.run",
        "training.measure",
        "training.cost",
        "training.fitting_memory",
        "anomaly",
        "codec",
        "evaluation",
        "interop",
        "vq",
    ),
    ("preset", "serve", "shards"),
    ("cli",),
)
RANKS = {room: rank for rank, rooms in enumerate(ORDER) for room in rooms}


def name_of(path):
    """The name of a module without "pixelcnn.": "" for the package itself."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


MODULES = {name_of(path): path for path in ROOT.rglob("*.py")}


def imports(module):
    """What a module of the package imports of the package: module, name in it, and whether inside a function."""
    tree = ast.parse(MODULES[module].read_text())
    inside = {inner for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for inner in ast.walk(node)}
    # For type checkers only.
    unseen = {inner for node in tree.body if isinstance(node, ast.If) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if node in unseen:
            continue
        pairs = []
        if isinstance(node, ast.Import):
            pairs = [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            pairs = [(node.module, alias.name) for alias in node.names]
        for source, name in pairs:
            package, _, source = source.partition(".")
            if package == "pixelcnn":
                inner = f"{source}.{name}".strip(".")
                yield (inner, "", node in inside) if inner in MODULES else (source, name, node in inside)


def loaded_with(module, target):
    """The modules that an import of `target` runs: also the packages around it, unless `module` lies in them."""
    around = {target[:place] for place, letter in enumerate(target) if letter == "."}
    return {target} | {package for package in around if not f"{module}.".startswith(f"{package}.")}


def room(module):
    return max((room for room in RANKS if f"{module}.".startswith(f"{room}.")), key=len, default="")


def test_there_is_no_loop_among_modules():
    graph = {
        module: {one for target, _, inside in imports(module) if not inside for one in loaded_with(module, target)}
        for module in MODULES
        if module
    }
    list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the loop


def test_every_module_has_a_place_in_the_order():
    assert [module for module in MODULES if module and not room(module)] == []


def test_no_public_name_of_training_is_that_of_a_file():
    """An import of the file would put the file in the place of the function."""
    assert not set(pixelcnn.training.__all__) & {path.stem for path in (ROOT / "training").iterdir()}


def test_no_room_imports_a_room_above_it():
    upwards = [
        (module, target)
        for module in MODULES
        for target, _, _ in imports(module)
        if module and target and RANKS[room(target)] > RANKS[room(module)]
    ]
    assert upwards == []


def test_what_is_private_is_imported_by_its_own_package_only():
    foreign = [
        (module, target, name)
        for module in MODULES
        for target, name, _ in imports(module)
        for part in [f"{target}.{name}".strip(".")]
        if "._" in part and not f"{module}.".startswith(f"{part.partition('._')[0]}.")
    ]
    assert foreign == []
