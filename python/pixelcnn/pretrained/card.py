"""The card of a shipped model: a record, which the model's Markdown file holds as its first table."""

import dataclasses
import re
from importlib.resources.abc import Traversable

RECIPE = "pixelcnn train "
ROW = re.compile(r"\|([^|]*)\|([^|]*)\|")


@dataclasses.dataclass(frozen=True)
class Card:
    """What a shipped model is, how it was made, and how good it is.

    Args:
        name: The name for `load_pretrained`.
        summary: What the model draws, in one line.
        data: The data set, and how much of it the model was trained on.
        licence: Licences of the data and of the weights.
        splits: Which images were trained on, and which were measured.
        recipe: The command that trained the model, `pixelcnn train` with all its arguments.
        commit: The commit of this project that trained the model, hexadecimal digits.
        figures: Measured figures by name, such as `test bits/dim`.
        guidance: The guidance of the least Fréchet distance to validation images; 0 for a model trained without
            `condition_dropout`.
        bad_at: What is still wrong with the model.
    """

    name: str
    summary: str
    data: str
    licence: str
    splits: str
    recipe: str
    commit: str
    figures: dict[str, float]
    guidance: float
    bad_at: str


def read_card(file: Traversable) -> Card:
    """Return the card in a Markdown file, whose first table has a row `| field | text |` for each field of `Card`.

    The field `name` is the name of the file. The row `figures` holds `NAME NUMBER; NAME NUMBER; …`.

    Args:
        file: The file `NAME.md`.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If a field is missing, twice there, unknown, empty or not of its form; the message names file and
            field.

    Example:
        >>> from importlib import resources
        >>> read_card(resources.files("pixelcnn.pretrained") / "quickdraw13.md").guidance
        1.0
    """
    rows = _first_table(file.read_text(encoding="utf-8"))
    fields = [field.name.replace("_", " ") for field in dataclasses.fields(Card)[1:]]
    names = [name for name, _ in rows]
    if sorted(names) != sorted(fields):
        raise ValueError(
            f"{file.name} has the rows {', '.join(names) or 'none'}, which do not fit: expected {', '.join(fields)}, "
            "each once."
        )
    texts = {name.replace(" ", "_"): text for name, text in rows}
    texts["recipe"], texts["commit"] = texts["recipe"].strip("`"), texts["commit"].strip("`")
    forms = {"recipe": f"{RECIPE}.+", "commit": "[0-9a-f]{7,40}"}
    for name, text in texts.items():
        form = forms.get(name, ".+")
        if not re.fullmatch(form, text):
            raise ValueError(f"{file.name} has {name}={text!r}, which does not fit: expected a text of the form {form}")
    figures = _figures(file, texts.pop("figures"))
    guidance = _number(file, "guidance", texts.pop("guidance"))
    return Card(file.name.removesuffix(".md"), figures=figures, guidance=guidance, **texts)


def _figures(file: Traversable, text: str) -> dict[str, float]:
    """Return the figures in `NAME NUMBER; NAME NUMBER; …`."""
    figures: dict[str, float] = {}
    for part in text.split(";"):
        name, _, value = part.strip().rpartition(" ")
        if not name or name in figures:
            raise ValueError(f"{file.name} has {part.strip()!r} in figures: expected NAME NUMBER, each name once.")
        figures[name] = _number(file, "figures", value)
    return figures


def _number(file: Traversable, field: str, text: str) -> float:
    if not re.fullmatch(r"\d+(\.\d+)?", text):
        raise ValueError(f"{file.name} has {text!r} in {field}, which does not fit: expected a number of at least 0.")
    return float(text)


def _first_table(text: str) -> list[tuple[str, str]]:
    """Return the rows of two cells of the first table of a Markdown text, without its head."""
    table: list[tuple[str, str]] = []
    for line in text.splitlines():
        match = ROW.fullmatch(line.strip())
        if match:
            table.append((match[1].strip(), match[2].strip()))
        elif table:
            break
    return table[2:]
