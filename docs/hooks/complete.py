"""After the build: each page loads only what lies in the site, and each link within the site has a target.

MkDocs checks links in Markdown; this also checks the pages of the R package and what themes put into pages.
"""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mkdocs.exceptions import PluginError

LOADED = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src")}
LINKED = {("a", "href"), *LOADED}
NOT_LOADED = {"canonical", "alternate", "prev", "next", "edit"}  # relations of <link> that only name a page


class Page(HTMLParser):
    """The addresses that a page names, and the places in the page that others may name."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loads, self.places = [], [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        """Keep the addresses and the name of an element."""
        attributes = dict(attributes)
        self.places.update(filter(None, (attributes.get("id"), attributes.get("name"))))
        for name, address in attributes.items():
            if (tag, name) in LINKED and address:
                loaded = (tag, name) in LOADED and attributes.get("rel") not in NOT_LOADED
                (self.loads if loaded else self.links).append(address)


def on_post_build(config):
    """Fail if a page loads anything from elsewhere, or leads to what is not there."""
    site = Path(config.site_dir)
    pages = {path: Page(path) for path in sorted(site.rglob("*.html")) if path.name != "404.html"}
    faults = [f"{path.relative_to(site)}: {fault}" for path in pages for fault in faults_of(path, pages)]
    if faults:
        raise PluginError("\n".join([f"{len(faults)} faults of the site:", *faults]))


def faults_of(path, pages):
    """Yield what is wrong with the addresses of a page."""
    page = pages[path]
    for address in [*page.loads, *page.links]:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            if address in page.loads and parts.scheme != "data":
                yield f"loads {address} from elsewhere"
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if target.is_dir():
            target /= "index.html"
        if not target.is_file():
            yield f"{address} is not in the site"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].places:
            yield f"{address} names a place that is not on the page"
