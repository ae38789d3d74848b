"""A folder of images, one sub-folder a class."""

from pathlib import Path

import numpy as np
from PIL import Image

from pixelcnn.data._checks import is_whole
from pixelcnn.data.image_data import ImageData

SUFFIXES = {".png", ".jpg", ".jpeg"}
MODES = {1: "L", 3: "RGB"}


def folder(path: str | Path, image_shape=None) -> ImageData:
    """Load PNG and JPEG files from a folder that has one sub-folder a class.

    Args:
        path: the folder. Sub-folders in the order of their names are labels 0 … K-1; other files are passed over.
        image_shape: (H, W) or (H, W, C) to resize to, with C = 1 (grey) or 3 (RGB). Without it all images must have
            one size. Without C, images are grey where all of them are, else RGB.

    Returns:
        `ImageData`: images (n, H, W, C) uint8, class after class; labels (n,) int64; the names of the sub-folders.

    Raises:
        FileNotFoundError: no such folder, or no image in it.
        ValueError: a file that cannot be read, or sizes that differ; the message names the file.

    Example:
        >>> import pathlib, tempfile, pixelcnn
        >>> from PIL import Image
        >>> path = pathlib.Path(tempfile.mkdtemp())
        >>> for name in ["ant", "bat"]:
        ...     (path / name).mkdir()
        ...     Image.new("L", (4, 6)).save(path / name / "first.png")
        >>> images, labels, class_names = pixelcnn.data.folder(path)
        >>> images.shape, labels.tolist(), class_names
        ((2, 6, 4, 1), [0, 1], ('ant', 'bat'))
    """
    shape = _check_shape(image_shape)
    path = Path(path).expanduser()
    if not path.is_dir():
        raise FileNotFoundError(f"`path` {str(path)!r} is not a folder.")
    class_names = tuple(sorted(p.name for p in path.iterdir() if p.is_dir() and not p.name.startswith(".")))
    files = [(file, label) for label, name in enumerate(class_names) for file in _image_files(path / name)]
    if not files:
        raise FileNotFoundError(f"`path` {str(path)!r} has no PNG or JPEG file in a sub-folder; each class has one.")
    pictures = [_open(file, shape) for file, _ in files]
    mode = MODES[shape[2]] if len(shape) == 3 else _common_mode(pictures)
    _check_sizes([file for file, _ in files], pictures)
    images = np.stack([np.asarray(picture.convert(mode)) for picture in pictures])
    labels = np.array([label for _, label in files], np.int64)
    return ImageData(images.reshape(*images.shape[:3], -1), labels, class_names)


def _check_shape(image_shape) -> tuple[int, ...]:
    if image_shape is None:
        return ()
    shape = tuple(image_shape)
    sound = len(shape) in (2, 3) and all(is_whole(size) and size >= 1 for size in shape)
    if not sound or (len(shape) == 3 and shape[2] not in MODES):
        raise ValueError(f"`image_shape` must be (H, W) or (H, W, C) with C = 1 or 3; got {image_shape!r}.")
    return tuple(int(size) for size in shape)


def _image_files(path: Path) -> list[Path]:
    return sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)


def _open(file: Path, shape: tuple[int, ...]) -> Image.Image:
    try:
        with Image.open(file) as opened:
            opened.load()
            picture = _in_eight_bits(opened)
    except Exception as error:  # Pillow raises many kinds for a damaged file
        raise ValueError(f"{file} cannot be read as an image: {error}") from error
    return picture.resize((shape[1], shape[0]), Image.Resampling.LANCZOS) if shape else picture


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """Return a grey or RGB picture; transparency goes onto white, where most drawings with it are made."""
    if picture.mode.startswith("I"):  # 16-bit grey; Pillow's own conversion clips it
        return Image.fromarray((np.asarray(picture) // 257).astype(np.uint8))
    if "A" in picture.getbands() or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return picture.convert("L" if picture.mode in ("1", "L") else "RGB")


def _common_mode(pictures: list[Image.Image]) -> str:
    return "L" if all(picture.mode == "L" for picture in pictures) else "RGB"


def _check_sizes(files: list[Path], pictures: list[Image.Image]) -> None:
    width, height = pictures[0].size
    for file, picture in zip(files, pictures, strict=True):
        if picture.size != (width, height):
            raise ValueError(
                f"{file} is {picture.height} x {picture.width}, but {files[0]} is {height} x {width}; "
                "give `image_shape=(H, W)` to resize all of them."
            )
