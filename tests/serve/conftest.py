"""A small model, and a server of it on a free port."""

import socket
import threading
import time

import keras
import pytest

import pixelcnn

NAMES = ("bee", "sun", "tree")
MOST_CONNECTIONS, MOST_WAITING = 100, 50
GUIDANCE = 0.75  # with which the page begins


@pytest.fixture(scope="package")
def distribution():
    """An untrained distribution of 12x12 drawings of three classes."""
    keras.utils.set_random_seed(1)
    return pixelcnn.PixelCNN((12, 12, 1), num_blocks=1, num_filters=8, class_names=NAMES, condition_dropout=0.1)


@pytest.fixture(scope="package")
def address(distribution):
    """Host and port of a server of the distribution."""
    uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed")
    pytest.importorskip("starlette", reason="starlette is not installed")
    from pixelcnn.serve.app import make_app
    from pixelcnn.serve.connections import make_config
    from pixelcnn.serve.limits import LOCAL

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        make_config(make_app(distribution, "small", (*LOCAL, "MyBox"), GUIDANCE), MOST_CONNECTIONS, MOST_WAITING)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield listening.getsockname()
    server.should_exit = True
    thread.join()
