"""What griffe, which reads docstrings for mkdocstrings, needs of ours.

- `Example:` is the section that griffe calls `Examples:`.
- `low, high: Smallest and largest level.` describes two arguments, and becomes two lines.
- `[1]` is a source that the docstring of the module names, so the sources come along.
- `Args:` of a `NamedTuple` are its fields, which griffe calls `Attributes:`.
"""

import re

import griffe

SEVERAL = re.compile(r"^    (\*{0,2}\w+(?:,\s+\*{0,2}\w+)+): (.*(?:\n     .*)*)", re.MULTILINE)
CITED = re.compile(r"\[\d\](?!\()")
SOURCES = re.compile(r"\n\nReferences:\n.*", re.DOTALL)


class OneNameALine(griffe.Extension):
    """Write the docstrings of all objects as griffe reads them."""

    def on_instance(self, *, obj, **_):
        """Change the docstring of a module, class, function or attribute."""
        if not obj.docstring:
            return
        text = re.sub(r"^Example:$", "Examples:", obj.docstring.value, flags=re.MULTILINE)
        text = SEVERAL.sub(_a_line_for_each, text)
        if obj.is_class and any(str(base) == "NamedTuple" for base in obj.bases):
            text = re.sub(r"^Args:$", "Attributes:", text, flags=re.MULTILINE)
        if CITED.search(text) and not SOURCES.search(text) and obj.module.docstring:
            text += "".join(SOURCES.findall(obj.module.docstring.value))
        obj.docstring.value = text


def _a_line_for_each(entry):
    return "\n".join(f"    {name}: {entry[2]}" for name in re.split(r",\s+", entry[1]))
