"""Documents that lie outside of `docs` become pages of the site, and links between files become links between pages.

All documents are written for readers of the repository, where a link names a file. Here each file has its place in the
site; a link to a file that has none fails, because `mkdocs build --strict` looks for its target.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]
CARDS = "python/pixelcnn/pretrained"
R_SITE = ROOT / "build" / "r-site"  # by r-package/tools/site.R
PAGES = {
    "README.md": "overview.md",
    "ARCHITECTURE.md": "architecture.md",
    "BENCHMARKS.md": "benchmarks.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "LICENSE": "LICENSE.txt",
    **{f"{CARDS}/{path.name}": path.name for path in sorted((ROOT / CARDS).glob("*.md"))},
    "examples": "examples.md",
    "examples/notebooks": "examples.md",
    "r-package/README.md": "r/index.html",
    "r-package/NEWS.md": "r/news/index.html",
    "r-package/vignettes": "r/articles/index.html",
    "r-package/man": "r/reference/index.html",
}
FOLDERS = {  # all files of a folder have pages of one kind
    "r-package/vignettes/": "r/articles/{}.html",
    "r-package/man/": "r/reference/{}.html",
    "examples/notebooks/": "notebooks/{}.md",
}
FILES = {page: name for name, page in PAGES.items() if (ROOT / name).is_file()}  # of pages outside of `docs`
CODE = re.compile(r"^( *)(```|~~~).*?^\1\2[`~]*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(\]\(|<img [^>]*src=\")([^)\s\"#]+)(#[^)\s\"]*)?(?=[)\s\"])")


def on_files(files, config):
    """Add the documents, the examples and the pages of the R package."""
    for name, page in PAGES.items():
        if (ROOT / name).is_file() and not name.startswith("r-package/"):
            files.append(File.generated(config, page, abs_src_path=str(ROOT / name)))
    for example in sorted(ROOT.glob("examples/*.*")):
        files.append(File.generated(config, f"examples/{example.name}", abs_src_path=str(example)))
    for path in sorted(path for path in R_SITE.rglob("*") if path.is_file()):
        files.append(File.generated(config, f"r/{path.relative_to(R_SITE).as_posix()}", abs_src_path=str(path)))
    return files


def on_page_markdown(markdown, page, **_):
    """Let links to files of the repository lead to pages of the site."""
    here = page.file.src_uri
    parts, end = [], 0
    for code in CODE.finditer(markdown):
        parts += [_with_links_of_the_site(markdown[end : code.start()], here), code.group()]
        end = code.end()
    return "".join([*parts, _with_links_of_the_site(markdown[end:], here)])


def _with_links_of_the_site(text, here):
    return LINK.sub(lambda match: match[1] + site_link(match[2], here) + (match[3] or ""), text)


def site_link(target, here):
    """Return the link from page `here` to a file of the repository that `target` names."""
    if "://" in target:
        return target
    document = FILES.get(here, f"docs/{here}")
    name = posixpath.normpath(posixpath.join(posixpath.dirname(document), target))
    return posixpath.relpath(place(name), posixpath.dirname(here) or ".")


def place(name):
    """Return the place in the site of a file of the repository."""
    if name.startswith("r-package/") and not R_SITE.is_dir():
        return "r.md"
    for folder, pages in FOLDERS.items():
        if name.startswith(folder):
            return pages.format(Path(name).stem)
    return PAGES.get(name) or name.removeprefix("docs/")
