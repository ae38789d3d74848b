"""A server on this machine that keeps repositories as the Hugging Face Hub does, for as long as a test runs."""

import base64
import contextlib
import hashlib
import http.server
import json
import re
import threading

COMMIT = "0" * 40


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, content=b"", **headers):
        content = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def do_GET(self):
        path, repositories = self.path.partition("?")[0], self.server.repositories
        if match := re.fullmatch(r"/api/models/(\w+/\w+)/revision/\w+", path):
            files = repositories.get(match[1])
            if files is None:
                return self.answer(404, X_Error_Code="RepoNotFound")
            return self.answer(200, {"id": match[1], "sha": COMMIT, "siblings": [{"rfilename": one} for one in files]})
        if match := re.fullmatch(r"/api/models/(\w+/\w+)/tree/\w+", path):
            files = repositories[match[1]].items()
            tree = [{"type": "file", "path": one, "size": len(content), "oid": oid(content)} for one, content in files]
            return self.answer(200, tree, Content_Type="application/json")
        if match := re.fullmatch(r"/(\w+/\w+)/resolve/\w+/(.+)", path):
            files = repositories.get(match[1])
            if files is None or match[2] not in files:
                return self.answer(404, X_Error_Code="RepoNotFound" if files is None else "EntryNotFound")
            content = files[match[2]]
            return self.answer(200, content, ETag=f'"{oid(content)}"', X_Repo_Commit=COMMIT)
        return self.answer(404)

    do_HEAD = do_GET

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        path = self.path.partition("?")[0]
        if path == "/api/repos/create":
            name = "user/" + json.loads(body)["name"]
            self.server.repositories.setdefault(name, {})
            return self.answer(200, {"url": f"{self.server.address}/{name}"})
        if path.startswith("/api/validate-yaml"):
            return self.answer(200, {"warnings": [], "errors": []})
        if match := re.fullmatch(r"/api/models/(\w+/\w+)/preupload/\w+", path):
            files = json.loads(body)["files"]
            mode = {"uploadMode": "regular", "shouldIgnore": False}
            return self.answer(200, {"files": [{"path": file["path"], **mode} for file in files]})
        if match := re.fullmatch(r"/api/models/(\w+/\w+)/commit/\w+", path):
            for record in map(json.loads, body.splitlines()):
                if record["key"] == "file":
                    content = base64.b64decode(record["value"]["content"])
                    self.server.repositories[match[1]][record["value"]["path"]] = content
            url = f"{self.server.address}/{match[1]}/commit/{COMMIT}"
            return self.answer(200, {"commitUrl": url, "commitOid": COMMIT})
        return self.answer(404)

    def log_message(self, *arguments):
        self.server.log.append(arguments[1])


def oid(content):
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


@contextlib.contextmanager
def serving():
    """The server, with `address` and `repositories`: name -> file -> content."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.address, server.repositories, server.log = f"http://127.0.0.1:{server.server_port}", {}, []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
