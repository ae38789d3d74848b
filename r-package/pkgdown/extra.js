// What pkgdown's own script does with libraries from elsewhere: the contents of a page beside it, and the search. This
// site loads nothing from elsewhere.
const toc = document.querySelector("#toc");
if (toc) {
  const list = toc.appendChild(document.createElement("ul"));
  for (const heading of document.querySelectorAll("main h2, main h3")) {
    const section = heading.id ? heading : heading.closest("[id]");
    if (!section || toc.contains(heading)) continue;
    const item = list.appendChild(document.createElement("li"));
    const link = item.appendChild(document.createElement("a"));
    item.className = heading.tagName === "H3" ? "deeper" : "";
    link.href = "#" + section.id;
    link.textContent = heading.textContent.trim();
  }
}

const input = document.querySelector("#search-input");
const root = input.dataset.searchIndex.replace("search.json", "");
const results = input.parentElement.appendChild(document.createElement("ul"));
results.id = "search-results";
let entries;
input.addEventListener("input", async () => {
  entries ??= await (await fetch(input.dataset.searchIndex)).json();
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = entries.filter((entry) => {
    const text = [entry.title, entry.what, entry.text, entry.code].flat().join(" ").toLowerCase();
    return words.length && words.every((word) => text.includes(word));
  });
  results.replaceChildren(...matches.slice(0, 12).map((entry) => {
    const item = document.createElement("li");
    const link = item.appendChild(document.createElement("a"));
    link.href = root + entry.path.replace(/^\//, "");
    link.textContent = [entry.path.split("/").pop().replace(".html", ""), entry.title || entry.what].filter(Boolean).join(": ");
    return item;
  }));
});
