"""The web application: the page, and answers as lines of JSON that appear as they are drawn."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from pixelcnn.serve.engine import Busy, Engine, Job
from pixelcnn.serve.limits import LOCAL, OwnPagesOnly, Rates, Refusal, read_message
from pixelcnn.serve.messages import MOST_VERSIONS, TEMPERATURES, Reader, most_guidance

PAGE = Path(__file__).parent / "page"
MOST_OF_A_CLIENT = 4  # requests of one client that wait or are drawn


def make_app(distribution: Any, title: str, names: tuple[str, ...] = LOCAL, guidance: float = 0.0) -> Starlette:
    """The web application for a distribution, compiled and ready.

    Args:
        distribution: A distribution of gray images, without a condition or conditioned on a class.
        title: The model's name, which the page shows.
        names: Host names that users may type.
        guidance: The guidance with which the page begins.

    Raises:
        ValueError: If the distribution does not fit.
    """
    server = Server(distribution, title, guidance)

    @contextlib.asynccontextmanager
    async def lifespan(app):
        yield
        server.engine.close()

    routes = [
        Route("/api/model", server.model),
        Route("/api/draw", server.draw, methods=["POST"]),
        Route("/api/classes", server.classes, methods=["POST"]),
        Route("/api/surprise", server.surprise, methods=["POST"]),
        Mount("/", StaticFiles(directory=PAGE, html=True)),
    ]
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(OwnPagesOnly, names=names)],
        exception_handlers={Refusal: lambda request, refusal: refusal.response()},  # type: ignore[attr-defined, return-value]
    )


class Server:
    """The answers of the application.

    Args:
        distribution: The distribution.
        title: The model's name.
        guidance: The guidance with which the page begins.
    """

    def __init__(self, distribution: Any, title: str, guidance: float):
        self.reader, self.engine, self.rates = Reader(distribution), Engine(distribution), Rates()
        self.distribution, self.title, self.guidance = distribution, title, guidance
        self._busy: dict[Any, int] = {}  # client -> its requests that wait or are drawn
        self.engine.start(guidance)

    async def model(self, request: Request) -> Response:
        """Describe the model for the page."""
        names = self.distribution.class_names
        if names is None and self.distribution.num_classes:
            names = [f"class {label}" for label in range(self.distribution.num_classes)]
        return JSONResponse(
            {
                "title": self.title,
                "height": self.reader.height,
                "width": self.reader.width,
                "classes": names,
                "guidance": self.guidance,
                "most_guidance": most_guidance(self.distribution),
                "temperatures": TEMPERATURES,
                "versions": MOST_VERSIONS,
            }
        )

    async def draw(self, request: Request) -> Response:
        """Go on with a drawing. Lines: the drawing as the model sees it; then rows with the versions so far."""
        wish = await self._checked(request, self.reader.wish)
        first = {"picture": self.reader.text_of(wish.sheet.levels)}

        def line(result):
            images, rows = result
            return {"rows": rows, "images": [self.reader.text_of(image) for image in images]}

        return await self._answer(request, wish, line, first)

    async def classes(self, request: Request) -> Response:
        """The probability of each class given the first rows of a drawing, and the drawing as the model sees it."""
        if not self.reader.num_classes:
            raise Refusal(404, "the model has no classes.")
        sheet, rows = await self._checked(request, self._sheet_and_rows)
        first = {"picture": self.reader.text_of(sheet.levels)}
        work = partial(self.engine.class_log_probs, sheet, rows)
        return await self._answer(request, work, lambda nats: {"log_probs": nats.tolist()}, first)

    async def surprise(self, request: Request) -> Response:
        """The bits that each pixel of a drawing costs, row by row."""
        sheet = await self._checked(request, self.reader.sheet)
        work = partial(self.engine.surprise, sheet)
        return await self._answer(request, work, lambda bits: {"bits": bits.round(3).tolist()}, {})

    def _sheet_and_rows(self, message):
        sheet = self.reader.sheet({**message, "label": 0})
        return sheet, int(sheet.is_known.all(axis=1).argmin()) if not sheet.is_known.all() else self.reader.height

    async def _checked(self, request: Request, read: Callable[[dict[str, Any]], Any]) -> Any:
        """The message of a request, as `read` gives it. Strokes are drawn in a thread, because they may be many."""
        self.rates.count(_address(request))
        message = await read_message(request)
        try:
            return await asyncio.to_thread(read, message)
        except ValueError as error:
            raise Refusal(400, str(error)) from None

    async def _answer(self, request: Request, work: Any, line: Callable[[Any], Any], first: dict) -> Response:
        """Submit a job and stream its results. A client that goes away ends its job."""
        client = _address(request), request.headers.get("x-client", "")[:32]
        if self._busy.get(client, 0) >= MOST_OF_A_CLIENT:
            raise Refusal(429, f"too many requests at once: expected at most {MOST_OF_A_CLIENT}.")
        loop, results = asyncio.get_running_loop(), asyncio.Queue[Any]()
        job = Job(client, work, lambda result: loop.call_soon_threadsafe(results.put_nowait, result))
        try:
            self.engine.submit(job)
        except Busy:
            raise Refusal(503, "too many drawings wait: try again in a second.") from None
        self._busy[client] = self._busy.get(client, 0) + 1
        return StreamingResponse(self._lines(job, results, line, first), media_type="application/x-ndjson")

    async def _lines(self, job: Job, results: Any, line: Callable[[Any], Any], first: dict) -> AsyncIterator[str]:
        try:
            yield json.dumps(first) + "\n"
            while (result := await results.get()) is not None:
                if isinstance(result, Exception):
                    yield json.dumps({"error": str(result)}) + "\n"
                    return
                yield json.dumps(line(result)) + "\n"
            yield json.dumps({"done": True}) + "\n"
        finally:
            job.cancelled = True
            self._busy[job.client] -= 1
            if not self._busy[job.client]:
                del self._busy[job.client]


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
