"""Notebooks become pages: their text, their code, and what the code printed and drew when the notebook last ran."""

import base64
import json
import re
from pathlib import Path

from mkdocs.structure.files import File

NOTEBOOKS = Path(__file__).parents[2] / "examples" / "notebooks"


def on_files(files, config):
    """Add a page for each notebook, and its figures."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        text, figures = page_of(json.loads(path.read_text(encoding="utf-8")), path.stem)
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=text))
        for name, data in figures.items():
            files.append(File.generated(config, f"notebooks/{name}", content=data))
    for path in sorted(NOTEBOOKS.glob("*.Rmd")):
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=page_of_rmd(path.read_text("utf-8"))))
    for path in sorted(NOTEBOOKS.glob("*.*")):
        files.append(File.generated(config, f"examples/notebooks/{path.name}", abs_src_path=str(path)))
    return files


def page_of(notebook, stem):
    """Return a notebook as Markdown, and its figures by file name."""
    parts, figures = [], {}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                name = f"{stem}-{len(figures) + 1}.png"
                figures[name] = base64.b64decode(data["image/png"])
                parts.append(f"![what the code above draws]({name})")
            elif text := "".join(output.get("text", data.get("text/plain", ""))):
                parts.append(f"```text\n{text.rstrip()}\n```")
    return "\n\n".join(parts) + f"\n\n[The notebook](../examples/notebooks/{stem}.ipynb)\n", figures


def page_of_rmd(text):
    """Return an R Markdown document as Markdown: the title as its heading, chunks as code."""
    front, body = re.match(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL).groups()
    title = re.search(r'^title: "(.*)"$', front, re.MULTILINE)[1]
    return f"# {title}\n" + re.sub(r"^```\{r[^}]*\}$", "```r", body, flags=re.MULTILINE)
