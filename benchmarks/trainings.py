"""Trainings on quickdraw13, which several benchmarks measure."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
# Of `pixelcnn train`, beside the budget: the recipe of the shipped quickdraw13.
RECIPE = ("--preset", "small", "--condition-dropout", "0.1", "--flip", "all")


def train_quickdraw13(run, data_dir, *more, minutes=30.0):
    """Train on quickdraw13 with the command line, or go on; a trained model stays as it is.

    Args:
        run: The run folder.
        data_dir: Folder with QuickDraw's files.
        more: Further arguments of `pixelcnn train`.
        minutes: The budget.
    """
    if (run / "model.keras").exists():
        return
    command = [sys.executable, "-m", "pixelcnn.cli", "train", "--output", str(run)]
    if (run / "config.json").exists():
        command.append("--resume")
    else:
        command += ["--data", "quickdraw", "--data-dir", str(data_dir), "--classes", "quickdraw13"]
        command += [*RECIPE, "--minutes", f"{minutes:g}", *more]
    subprocess.run(command, check=True)


def train_tfp(folder, data_dir, minutes=30.0):
    """Train TFP's model on quickdraw13; a trained model stays as it is.

    Args:
        folder: Folder of the weights and the history.
        data_dir: Folder with QuickDraw's files.
        minutes: The budget.
    """
    if not (folder / "weights.npz").exists():
        command = [sys.executable, HERE / "train_tfp.py", "--minutes", f"{minutes:g}", "--output", folder]
        command += ["--data-dir", data_dir]
        subprocess.run(command, check=True)
