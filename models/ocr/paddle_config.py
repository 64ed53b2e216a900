# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""What the yaml of a Paddle recognition model says about its input and its characters."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

RESIZES = ("RecResizeImg", "SVTRRecResizeImg")


class ConfigError(Exception):
    """The yaml cannot be used; the text names file and key."""


@dataclass(frozen=True)
class RecognitionConfig:
    """image_shape is (channels, height, width) by the part of the yaml that gives it; several parts
    may disagree. 'characters' is None when the yaml only names a file, 'dictionary'."""

    path: pathlib.Path
    image_shapes: dict[str, tuple[int, int, int]]  # "Eval": (3, 48, 320)
    use_space_char: bool
    dictionary: pathlib.Path | None
    characters: tuple[str, ...] | None

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """The shape that inference goes by: of PreProcess or Eval, else of Train."""
        for part in ("PreProcess", "Eval", "Train"):
            if part in self.image_shapes:
                return self.image_shapes[part]
        raise AssertionError("read_config refuses a yaml without a shape")


def read_config(path: pathlib.Path) -> RecognitionConfig:
    """A training config (Global, Train, Eval) or an exported inference.yml (PreProcess, PostProcess)."""
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; give the model's yaml") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is no yaml: {error}") from error
    if not isinstance(tree, dict):
        raise ConfigError(f"{path}: is no yaml with the parts Global, Train and Eval")
    shapes = dict(_shapes(path, tree))
    if not shapes:
        raise ConfigError(
            f"{path}: no image_shape: there is no RecResizeImg in the transforms of Eval or Train, "
            "nor in PreProcess; is this the config of a recognition model?"
        )
    settings = _mapping(tree.get("Global"))
    post = _mapping(tree.get("PostProcess"))
    space = settings.get("use_space_char", post.get("use_space_char", _exported(tree)))
    if not isinstance(space, bool):
        raise ConfigError(f"{path}: Global.use_space_char is {space!r}; give True or False")
    name = settings.get("character_dict_path")
    characters = post.get("character_dict")
    if characters is not None and not isinstance(characters, list):
        raise ConfigError(f"{path}: PostProcess.character_dict is no list")
    return RecognitionConfig(
        path,
        shapes,
        space,
        _find_dictionary(path, str(name)) if name else None,
        tuple(str(c) for c in characters) if characters is not None else None,
    )


def _exported(tree: dict) -> bool:
    # Paddle's own default is False; an exported inference.yml leaves the key out and means True.
    return "PreProcess" in tree and "Eval" not in tree


def _mapping(value: Any) -> dict:
    return value if isinstance(value, dict) else {}


def _shapes(path: pathlib.Path, tree: dict) -> Iterator[tuple[str, tuple[int, int, int]]]:
    places = {
        "PreProcess": _mapping(tree.get("PreProcess")).get("transform_ops"),
        "Eval": _mapping(_mapping(tree.get("Eval")).get("dataset")).get("transforms"),
        "Train": _mapping(_mapping(tree.get("Train")).get("dataset")).get("transforms"),
    }
    for part, transforms in places.items():
        for transform in transforms if isinstance(transforms, list) else []:
            for name, options in _mapping(transform).items():
                if name in RESIZES and "image_shape" in _mapping(options):
                    yield part, _shape(path, part, options["image_shape"])


def _shape(path: pathlib.Path, part: str, value: Any) -> tuple[int, int, int]:
    if (
        not isinstance(value, list)
        or len(value) != 3
        or not all(isinstance(v, int) and v > 0 for v in value)
    ):
        raise ConfigError(f"{path}: {part}: image_shape is {value}; give [channels, height, width]")
    return (value[0], value[1], value[2])


def _find_dictionary(config: pathlib.Path, name: str) -> pathlib.Path:
    """Paddle's path is relative to where training started: tried there, and up from the yaml."""
    for folder in (pathlib.Path.cwd(), *config.resolve().parents):
        if (folder / name).is_file():
            return folder / name
    return pathlib.Path(name)


def read_dictionary(path: pathlib.Path) -> tuple[str, ...]:
    """One character a line; nothing is trimmed, for U+3000 is one of them."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}; the yaml names this dictionary (character_dict_path), or "
            "give it with --dictionary"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 at byte {error.start}") from error
    lines = text.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    return tuple(line.rstrip("\r") for line in lines)
