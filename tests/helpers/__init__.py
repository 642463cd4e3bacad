"""What tests share: tables of cases, pictures read back, programs at random.

cases             a test of many cases: the one that failed is named
rule_rows         the table of rules: a row per case
composition_rows  the table of compositions of rules
program_rows      how random programs are put together
programs          random programs
calls             every call of NumPy in the tables, to be changed and repeated
naive_model       a second, naive engine that the real one is held to
scenes            the scene of a tensor, as `draw` makes it
pictures          an SVG read back: cards, edges, texts
charts            charts of arrays, taken apart
gallery           37 programs that people draw
yardstick         an SVG measured: text, crossings, labels, contrast
explanations      explanations as lines
notebooks         notebooks run
browsers          pages opened in Chromium
provoked          a program, run last by `make test`: did every `raise` run?
"""
