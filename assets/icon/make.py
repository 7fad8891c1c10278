#!/usr/bin/env python3
"""Draws the icon: signal flag H, white and red, which a ship shows while a pilot is on board.

    pip install pillow && ./make.py
"""

from pathlib import Path

from PIL import Image, ImageDraw

HERE = Path(__file__).parent
SIZES = [16, 24, 32, 48, 64, 128, 256]
WHITE, RED, EDGE = (250, 251, 253, 255), (200, 32, 44, 255), (24, 48, 82, 255)


def flag(size):
    large = 1024
    image = Image.new("RGBA", (large, large), (0, 0, 0, 0))
    # Small ones have no margin and a thick edge: every pixel of theirs counts.
    margin, edge = (0, large // 14) if size <= 32 else (large // 32, large // 24)
    box = (margin, margin, large - margin - 1, large - margin - 1)
    inner = tuple(v + edge if i < 2 else v - edge for i, v in enumerate(box))
    shape = Image.new("L", (large, large), 0)
    ImageDraw.Draw(shape).rounded_rectangle(inner, radius=large // 9, fill=255)
    field = Image.new("RGBA", (large, large), WHITE)
    ImageDraw.Draw(field).rectangle((large // 2, 0, large, large), fill=RED)
    ImageDraw.Draw(image).rounded_rectangle(box, radius=large // 6, fill=EDGE)
    image.paste(field, (0, 0), shape)
    return image.resize((size, size), Image.LANCZOS)


pictures = [flag(size) for size in SIZES]
for size, picture in zip(SIZES, pictures):
    picture.save(HERE / f"lotse-{size}.png", optimize=True)
pictures[-1].save(HERE / "lotse.ico", sizes=[(s, s) for s in SIZES], append_images=pictures[:-1])
# Raw pixels for the window's own icon: nothing has to be decoded at start.
(HERE / "lotse-64.rgba").write_bytes(pictures[SIZES.index(64)].tobytes())
