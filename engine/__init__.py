"""chainrule's engine: automatic differentiation of NumPy programs that shows its work.

Wrap what you want a gradient for in a `Tensor` and write NumPy. Every operation is a
*rule* that returns a value and, for each operand, the backward closure that the chain
rule needs; `backward()` walks the recorded graph once and multiplies along it.

Read the files in this order:

    tensor.py          a NumPy array that remembers the op that made it
    _node.py           its fields, and what the data of an operand is
    _leaving.py        errors where plain numbers are asked for, and the graph would end
    _users_line.py     the line of the user's program that an error points to
    _other_names.py    what other engines call what a Tensor has under another name
    operators.py       what `a * b` and `t[0]` mean: each is a rule
    methods.py         what `t.sum()` means: NumPy's methods of arrays
    op.py              the @op decorator: the one place where a node is made
    _fast_op.py        a shorter way through ops of one to three operands
    _contract.py       checks of what an op takes and a rule returns, and their errors
    recording.py       no_grad, scope, debug, lines: what is recorded, and how
    _watch.py          what debug() looks for: where NaN begins, arrays that changed
    graph.py           topological order, and the one backward pass along it
    _rerun.py          a rule run again, on Tensors: how the pass is differentiated
    _gradients.py      a gradient's shape and dtype, and who owns its memory
    broadcasting.py    undoing broadcasting: once, for every op
    rules/             the calculus: arithmetic, exponents, reductions, ...
    numpy_protocol.py  NumPy's own functions, dispatched to the rules
    _no_rule.py        NumPy's functions of derivative 0, and those refused
    _signatures.py     how NumPy's functions are called, and a call's arguments sorted
    _cuts.py           what cut a result from its argument, for the warning of a 0
    _nested.py         arguments and results that are tuples, lists and dicts of arrays
    _like_function.py  what stands for a function: its derivative, or its program
    _run.py            a call of a function on fresh Tensors, and the way back to these
    written/           a computation as the NumPy program that it is
    mistakes/          what goes wrong in a gradient derived by hand, and how it shows
    derivatives.py     grad, vjp, jvp, jacobian, hessian: derivatives of functions
    compilation/       a function recorded once, and from then on run as a program
    check.py           comparing any derivative with finite differences
    _differences.py    their steps, and when they are to be believed
    _by_hand.py        a gradient that was derived by hand, beside that of the rules
    _once.py           random numbers that are drawn once, where a call begins anew
    _memory.py         why memory that one step frees is kept for the next

A file or a name with a leading underscore is not for others.

The engine needs NumPy and nothing else. Layers live in `nn`, pictures in `viz`.
"""

from engine import mistakes, rules, written
from engine._gradients import keep_dtype, match_to_data
from engine._node import data_of
from engine.broadcasting import unbroadcast
from engine.check import check_gradients
from engine.compilation import compiled
from engine.derivatives import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from engine.graph import backward_pass, store_gradients, topological_order
from engine.op import copy_node, op
from engine.operators import use_rules as _use_rules
from engine.recording import debug, lines, no_grad, scope
from engine.rules import logsumexp
from engine.tensor import Hook, Tensor

_use_rules(rules)

DISTRIBUTION = "chainrule"  # by which nn and viz know that this engine is theirs

__all__ = [
    "DISTRIBUTION",
    "Hook",
    "Tensor",
    "backward_pass",
    "check_gradients",
    "compiled",
    "copy_node",
    "data_of",
    "debug",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "keep_dtype",
    "lines",
    "logsumexp",
    "match_to_data",
    "mistakes",
    "no_grad",
    "op",
    "rules",
    "scope",
    "store_gradients",
    "topological_order",
    "unbroadcast",
    "value_and_grad",
    "vjp",
    "written",
]
