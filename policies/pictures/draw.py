#!/usr/bin/env python3
"""Draws the cards that stand in for photos in ../search-results-safety.yaml: one line of cards.txt is one card, `file|text`.

Needs Pillow and the DejaVu fonts.

    python3 policies/pictures/draw.py
"""

import textwrap
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).resolve().parent
FONT = ImageFont.truetype("DejaVuSans.ttf", 20)
SIZE, WHITE, BLACK, GRAY = (400, 220), 255, 0, 150
LINE_LENGTH = 30


def card(text):
    """Returns a white card with the text in its middle."""
    image = Image.new("L", SIZE, WHITE)
    lines = textwrap.fill(text, LINE_LENGTH)
    ImageDraw.Draw(image).multiline_text((SIZE[0] / 2, SIZE[1] / 2), lines, BLACK, FONT, anchor="mm", align="center", spacing=8)
    return image


def main():
    cards = dict(line.split("|", 1) for line in (HERE / "cards.txt").read_text(encoding="utf-8").splitlines())
    pictures = {name: card(text) for name, text in cards.items()} | {"gray-blur.png": Image.new("L", SIZE, GRAY)}
    for name, picture in pictures.items():
        picture.quantize(16).save(HERE / name, optimize=True)


if __name__ == "__main__":
    main()
