"""A test of many cases says in which one it failed; rows and functions have names."""

from contextlib import contextmanager


@contextmanager
def case(*words):
    """Adds the words to whatever fails inside; pytest prints them under the error."""
    try:
        yield
    except BaseException as error:  # pytest's own failures among them
        error.add_note(f"in the case: {' '.join(map(str, words))}")
        raise


def name_of(function):
    """That of NumPy's function, which no other one has: np.linalg.trace."""
    module = getattr(function, "__module__", None) or "np"  # a ufunc may have none
    return f"{module.replace('numpy', 'np', 1)}.{function.__name__}"


def numbered(table):
    """The rows of a table, {what: [row, ...]}, by name: {"sum 0": row, ...}."""
    return {
        f"{what if isinstance(what, str) else name_of(what)} {i}": row
        for what, rows in table.items()
        for i, row in enumerate(rows)
    }
