#!/usr/bin/env python3
"""Makes the two fonts beside this file from Debian's `fonts-inter` (4.0~beta7): the letters that names and our
sentences need, and figures of equal width in the place of the proportional ones, since numbers here are read aloud,
compared and counted down.

    apt-get install fonts-inter && pip install fonttools && ./make.py
"""

from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

SOURCE = Path("/usr/share/fonts/opentype/inter")
HERE = Path(__file__).parent

# Latin with all its extensions (Vietnamese is among them), Greek and Cyrillic (people's names), punctuation, and the
# signs of UI.md. There is no other font in the program.
RANGES = [(0x20, 0x7E), (0xA0, 0x24F), (0x370, 0x3FF), (0x400, 0x4FF), (0x1E00, 0x1EFF), (0x2010, 0x2027)]
SIGNS = "\u2009\u202f\u2030\u2039\u203a\u20ac\u2190\u2191\u2192\u2193\u2212\u221e\u2248\u25a0\u25cf\u26a0\u2713\u2717\u00d7\u2122\ufffd\u1e9e"


def tabular(font):
    """The font's own table from figures to figures of equal width."""
    layout = font["GSUB"].table
    lookups = {i for f in layout.FeatureList.FeatureRecord if f.FeatureTag == "tnum" for i in f.Feature.LookupListIndex}
    found = {}
    for index in lookups:
        for table in layout.LookupList.Lookup[index].SubTable:
            found.update(getattr(table, "ExtSubTable", table).mapping)
    return found


for weight in ["Regular", "SemiBold"]:
    font = TTFont(SOURCE / f"Inter-{weight}.otf")
    equal = tabular(font)
    for table in font["cmap"].tables:
        for figure in range(0x30, 0x3A):
            # Tables may share their contents: then it is done already.
            table.cmap[figure] = equal.get(table.cmap[figure], table.cmap[figure])
    wanted = [c for low, high in RANGES for c in range(low, high + 1)] + [ord(c) for c in SIGNS]
    missing = [chr(ord(c)) for c in SIGNS if ord(c) not in font.getBestCmap()]
    print(weight, "has no", missing)
    options = subset.Options(layout_features=["kern", "mark", "mkmk", "ccmp", "locl"], hinting=True, desubroutinize=True)
    # A letter that lacks is seen as a box.
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    cut = subset.Subsetter(options)
    cut.populate(unicodes=wanted)
    cut.subset(font)
    # Not Inter any more, so it does not call itself that.
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6):
            record.string = record.toUnicode().replace("Inter", "Lotse Sans" if record.nameID != 6 else "LotseSans")
    out = HERE / f"lotse-sans-{weight.lower()}.otf"
    font.save(out)
    print(out.name, out.stat().st_size)
