"""What a picture is like to read, measured on its SVG.

Nothing here knows how viz draws: it reads any SVG that has Graphviz's groups
(`<g class="node">`, `<g class="edge">`), whatever stands in them.

geometry   boxes, lines, crossings, distances
paths      what a path, a polygon or a rectangle goes through, and transforms
shapes     an SVG as cards, edges and what is painted, in the order of painting
contrast   every text against what is behind it
figures    the figures of a picture, and those of a drawing
programs   the pictures that a folder of programs draws
"""
