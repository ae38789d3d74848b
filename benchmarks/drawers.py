"""Many people draw on the page of `pixelcnn serve` at once: how long they wait for the first rows.

    python benchmarks/drawers.py --drawers 20 --seconds 60

Starts a server of `quickdraw13`, and drawers in another process. Each draws strokes of a class (the page asks for the
classes after each stroke), lets the model go on below in four versions with the guidance with which the page begins,
looks at the result for a second or two, and starts again. Measures from the request until the first rows below the line
are there. Writes `results/drawers.json`. The times need a quiet machine.
"""

import argparse
import http.client
import json
import random
import re
import subprocess
import sys
import threading
import time
from statistics import quantiles

from machines import machine
from records import RESULTS

STROKES = 3  # of a drawing


class Drawer(threading.Thread):
    """One person; notes the waiting times in seconds, and what failed."""

    def __init__(self, port, number, until, guidance):
        super().__init__(daemon=True)
        self.port, self.number, self.until, self.random = port, number, until, random.Random(number)
        self.guidance = guidance
        self.first_rows, self.whole, self.guesses, self.failed = [], [], [], 0

    def run(self):
        """Draw until the time is over."""
        time.sleep(self.random.uniform(0, 2))
        while time.monotonic() < self.until:
            try:
                self.draw()
            except (OSError, http.client.HTTPException, ValueError) as error:
                print(error, file=sys.stderr)
                self.failed += 1
            time.sleep(self.random.uniform(1, 2))

    def draw(self):
        """Draw strokes, and let the model go on."""
        from_row, strokes = self.random.randint(8, 16), []
        for _ in range(STROKES):
            time.sleep(self.random.uniform(0.3, 0.6))
            strokes.append([[self.random.randrange(most) for _ in range(20)] for most in (256, 100)])
            started = time.monotonic()
            *_, last = self.lines("classes", {"strokes": strokes, "from_row": from_row})
            self.check(last)
            self.guesses.append(time.monotonic() - started)
        wish = {"strokes": strokes, "from_row": from_row, "label": self.random.randrange(13), "versions": 4}
        wish["guidance"] = self.guidance
        started, first = time.monotonic(), None
        for line in self.lines("draw", {**wish, "seed": self.random.randrange(2**31)}):
            if first is None and line.get("rows", 0) > from_row:
                first = time.monotonic() - started
        self.check(line)
        self.first_rows.append(first)
        self.whole.append(time.monotonic() - started)

    def check(self, last):
        """Refuse an answer without an end."""
        if last != {"done": True}:
            raise ValueError(f"the answer ends in {last}")

    def lines(self, path, message):
        """Yield the lines of an answer as they arrive."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Content-Type": "application/json", "X-Client": str(self.number)}
        connection.request("POST", f"/api/{path}", json.dumps(message), headers)
        for line in connection.getresponse():
            yield json.loads(line)
        connection.close()


def figures(values):
    """Return the median, the 99th percentile and the largest of some seconds."""
    cuts = quantiles(values, n=100, method="inclusive")
    return {"count": len(values), "median": cuts[49], "p99": cuts[98], "largest": max(values)}


def drawn(port, count, seconds):
    """Let drawers draw, and return their figures."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/api/model")
    guidance = json.load(connection.getresponse())["guidance"]
    drawers = [Drawer(port, number, time.monotonic() + seconds, guidance) for number in range(count)]
    for drawer in drawers:
        drawer.start()
    for drawer in drawers:
        drawer.join()
    every = {name: [x for one in drawers for x in getattr(one, name)] for name in ("first_rows", "whole", "guesses")}
    lost = sum(one.failed for one in drawers)
    return {"guidance": guidance, **{name: figures(values) for name, values in every.items()}, "lost": lost}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drawers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--port", type=int, help="only draw, at the server of this port, and print the figures")
    arguments = parser.parse_args()
    if arguments.port:
        print(json.dumps(drawn(arguments.port, arguments.drawers, arguments.seconds)))
        return
    command = [sys.executable, "-u", "-m", "pixelcnn.cli", "serve", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        port = next(match[1] for line in server.stdout if (match := re.search(r"127\.0\.0\.1:(\d+)", line)))
        time.sleep(60)  # the rest is compiled in the background
        options = ["--drawers", arguments.drawers, "--seconds", arguments.seconds, "--port", port]
        output = subprocess.run(
            [sys.executable, __file__, *map(str, options)], check=True, capture_output=True, text=True
        )
        server.terminate()
    record = {"machine": machine(), "drawers": arguments.drawers, **json.loads(output.stdout)}
    print(json.dumps(record, indent=1))
    (RESULTS / "drawers.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
