"""`full` marks what a quick run leaves out: run everything with `-m "full or not full"`."""


def pytest_configure(config):
    config.addinivalue_line("markers", "full: beyond the pairwise cover, or slow; left out unless asked for with -m")
    config.addinivalue_line("markers", "quick: the cut that runs on every backend with every change")


def pytest_collection_modifyitems(config, items):
    if config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("full")]
