"""A local page where you draw and the model goes on: `pixelcnn serve`.

* `messages.py` checks what a browser asks for.
* `engine.py` draws for all browsers, the waiting requests together.
* `app.py` is the web application (Starlette), `limits.py` says what a client may do, `connections.py` bounds sockets.
* `page/` has the page: plain HTML, CSS and JavaScript, without a build step.
"""
