"""picture: the graph drawn, as PNG, SVG, a page, DOT or PDF.

`draw.py` is the whole way from a tensor to a picture in one function; then, in the
order in which a picture is made:

    draw.py         draw: the whole way
    options.py      how a picture is to be drawn, and what draw refuses
    drawing.py      the Drawing that is saved and shown
    ways.py         a scene in all looks and forms that may be read
    scene.py        what a scene is: folds, cards, edges
    wishes.py       groups that are to be open, or folded
    folding.py      which ops share a card, where there are too many
    closing.py      ways to put ops together: loops, names, groups, chains
    repeats.py      where a program repeats itself
    loops.py        a loop: its rounds, and what one hands to the next
    titles.py       what several ops are called together
    patterns.py     softmax, a norm, ...: found by what ops compute
    arrange.py      a card for each op or fold, an edge for each operand
    columns.py      a tall picture, cut into columns
    fit.py          which form of a picture reads largest where it is looked at
    frames.py       which cards one layer or scope made
    cards.py        what a card says
    fold_cards.py   what the card of several ops says
    sums.py         what a gradient is the sum of
    lines.py        the lines of a card, and those on a value and a gradient
    card_layout.py  where the lines of a card stand, and how large it is
    charts.py       which chart a larger array has
    chart_parts.py  what all charts have
    heat_maps.py    a cell for each entry, slices apart
    map_grid.py     where the cells of a heat map stand
    colour_bars.py  the bar under it: which colour is which number
    cells.py        the numbers of its cells, for who points at one
    histograms.py   how many entries of a large array lie where
    sparkline.py    the gradient of a loop, round by round
    marks.py        which cards have marks: changed data, where NaN began
    edges.py        what an edge says
    colours.py      what colours mean, and how strong a gradient looks
    magnitudes.py   how large the gradients of a card are
    legend.py       the explanation below the picture
    dot.py          all that as a graph in DOT
    dot_text.py     any text as DOT
    dot_tables.py   the DOT for the program `dot`, which makes EPS
    render.py       DOT to SVG to PNG
    pdf.py          SVG to PDF
    glyphs.py       the characters that our font has, and stand-ins for others
    locks.py        a lock that a fork of the process waits for
    svg.py          what Graphviz can't draw: the texts of a card, charts, rings
    geometry.py     where cards and lines are, in the SVG that Graphviz writes
    arrows.py       arrows that touch the round corners of cards
    frame_boxes.py  frames, drawn around cards that have found their places
    labels.py       labels, put beside their own lines
    margins.py      the same margin on all four sides
    tangles.py      of several layouts, the one in which least crosses
    details.py      all that can be asked about a picture, for the page
    entries.py      the numbers of an array in full
    insides.py      what is in a fold, for the page
    sheets.py       the picture and the insides of its folds, laid out
    night.py        the dark colours of a page that is drawn in light ones
    page.py         the picture in page.html: to pan, zoom, open and ask
    sheets.js, camera.js, panel.js, tip.js, hands.js    what that page does
    files.py        a file is written whole or not at all

It imports `words` and no other room of `viz`.
"""
