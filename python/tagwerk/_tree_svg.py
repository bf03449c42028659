"""One tree as a drawing: SVG text, no scripts, no fonts of its own."""

from __future__ import annotations

from html import escape
from typing import Any

_WIDTH, _HEIGHT, _GAP = 132, 40, 44  # of a box, and between levels
_MOST = 24  # characters of a line


def tree_svg(
    nodes: list[dict[str, Any]], names: list[str], levels: list[list[str] | None] | None, classes: list[str] | None
) -> str:
    """Draw nodes as ``TreeModel.tree`` gives them, the root first; "yes" goes left."""
    places: dict[int, tuple[float, int]] = {}
    leaves = _place(nodes, places)
    depth = max(level for _, level in places.values())
    width, height = leaves * (_WIDTH + 12) + 12, (depth + 1) * (_HEIGHT + _GAP)
    lines, boxes = [], []
    for at, node in enumerate(nodes):
        x, level = places[at]
        y = 10 + level * (_HEIGHT + _GAP)
        if "leaf" in node:
            text = [f"leaf {node['leaf']}", _values(node["values"], classes)]
        else:
            text = _question(node, names, levels)
            for child, word in ((node["left"], "yes"), (node["right"], "no")):
                lines.append(_edge(x, y + _HEIGHT, *places[child], word))
        boxes.append(_box(x, y, text, "leaf" in node))
    style = (
        "text{font:12px sans-serif;text-anchor:middle;fill:currentColor}"
        "rect{fill:none;stroke:currentColor}.leaf{stroke-dasharray:3 2}path{fill:none;stroke:currentColor;opacity:.5}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="decision tree with {leaves} leaves"><style>{style}</style>'
        f"{''.join(lines)}{''.join(boxes)}</svg>"
    )


def _place(nodes: list[dict[str, Any]], places: dict[int, tuple[float, int]]) -> int:
    """Put leaves side by side and each split above the middle of its children; returns the number of leaves."""
    leaves = 0
    stack: list[tuple[int, int, bool]] = [(0, 0, False)]
    while stack:
        at, level, done = stack.pop()
        node = nodes[at]
        if "leaf" in node:
            places[at] = (12 + leaves * (_WIDTH + 12) + _WIDTH / 2, level)
            leaves += 1
        elif done:
            places[at] = ((places[node["left"]][0] + places[node["right"]][0]) / 2, level)
        else:
            stack += [(at, level, True), (node["right"], level + 1, False), (node["left"], level + 1, False)]
    return leaves


def _question(node: dict[str, Any], names: list[str], levels: list[list[str] | None] | None) -> list[str]:
    name = names[node["column"]]
    missing = "or missing" if node["missing_left"] else ""
    if "threshold" in node:
        if node["threshold"] is None:
            return [name, "is missing" if node["missing_left"] else "is there"]
        return [f"{_short(name, 14)} ≤ {node['threshold']:.5g}", missing]
    known = levels[node["column"]] if levels else None
    codes = [known[code] if known else str(code) for code in node["codes"]]
    return [f"{_short(name, 20)} in", f"{_short(', '.join(codes), _MOST - len(missing))} {missing}".strip()]


def _values(values: list[float], classes: list[str] | None) -> str:
    if len(values) == 1:
        return f"{values[0]:.5g}"
    best = max(range(len(values)), key=values.__getitem__)
    label = classes[best] if classes else str(best)
    return f"{_short(label, 14)} {values[best]:.3g}"


def _short(text: str, most: int = _MOST) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


def _box(x: float, y: float, text: list[str], leaf: bool) -> str:
    lines = [line for line in text if line]
    first = y + _HEIGHT / 2 + 4 - 7.5 * (len(lines) - 1)
    words = "".join(f'<text x="{x:g}" y="{first + 15 * i:g}">{escape(_short(s))}</text>' for i, s in enumerate(lines))
    kind = ' class="leaf"' if leaf else ""
    return f'<rect{kind} x="{x - _WIDTH / 2:g}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="4"/>{words}'


def _edge(x: float, y: float, to_x: float, to_level: int, word: str) -> str:
    to_y = 10 + to_level * (_HEIGHT + _GAP)
    label = f'<text x="{(x + to_x) / 2:g}" y="{(y + to_y) / 2:g}">{word}</text>'
    return f'<path d="M{x:g} {y}L{to_x:g} {to_y}"/>{label}'
