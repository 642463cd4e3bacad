"""command: the program `chainrule`, as in `chainrule "a*b" a=2 b=3`.

Read in this order:

    check.py       the answers of a class, checked against an exercise
    cli.py         what is asked, printed and written
    parser.py      the text of an expression, and where in it a mistake is
    grammar.py     what may stand in it
    expression.py  its graph, from given numbers

It imports all other rooms of `viz`.
"""
