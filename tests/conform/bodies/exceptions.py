# SPDX-License-Identifier: Apache-2.0
"""try/except/else/finally in every arrangement; what is raised, chained, re-raised, swallowed."""

NO_LEAK_CHECK = {
    "case_group": "except* makes fresh method names, which fill the interpreter's own method cache",
    "case_group_rest": "as case_group",
    "case_group_raise_in_handler": "as case_group",
}
EXPECT_COMPILED = {"divide", "case_catch_in_loop", "case_raise_through", "case_except_binding"}


def divide(a, b):
    return a / b


def case_catch(a, b):
    try:
        return divide(a, b)
    except ZeroDivisionError as error:
        return "zero", str(error), error.args
    except TypeError as error:
        return "type", str(error)


def case_try_else_finally(x):
    log = []
    try:
        log.append("try")
        if x:
            raise ValueError(x)
    except ValueError as error:
        log.append(("except", error.args))
    else:
        log.append("else")
    finally:
        log.append("finally")
    return log


def case_return_in_finally(x):
    try:
        if x == 0:
            raise KeyError("lost")
        return "try"
    finally:
        return "finally"


def case_finally_after_return(log):
    try:
        return len(log)
    finally:
        log.append("ran")


def case_break_in_finally(n):
    out = []
    for i in range(n):
        try:
            out.append(i)
            if i == 1:
                raise ValueError
        finally:
            if i == 2:
                break
    return out


def case_continue_in_try(n):
    out = []
    for i in range(n):
        try:
            if i % 2:
                continue
            out.append(i)
        finally:
            out.append("f")
    return out


def case_break_in_try(n):
    out = []
    for i in range(n):
        try:
            if i == 3:
                break
            out.append(i)
        except ValueError:
            out.append("never")
        else:
            out.append("else")
        finally:
            out.append("f")
    else:
        out.append("for-else")
    return out


def case_catch_in_loop(items):
    total = 0
    errors = 0
    for x in items:
        try:
            total += 10 // x
        except ZeroDivisionError:
            errors += 1
    return total, errors


def case_catch_order(k):
    try:
        raise [KeyError("k"), IndexError("i"), OSError(2, "no file"), StopIteration(5), ValueError()][k]
    except (KeyError, IndexError) as error:
        return "lookup", error.args
    except OSError as error:
        return "os", error.errno, str(error)
    except Exception as error:
        return "other", type(error).__name__


def case_except_expression():
    log = []

    def kinds():
        log.append("evaluated")
        return (ValueError,)

    try:
        log.append("no error")
    except kinds():
        pass
    try:
        raise ValueError
    except kinds():
        log.append("caught")
    return log


def case_bad_except_class():
    try:
        raise ValueError("inner")
    except "not a class":
        return "never"


def case_raise_bad(k):
    if k == 0:
        raise 5
    if k == 1:
        raise None
    if k == 2:
        raise "text"
    if k == 3:
        raise ValueError from 5
    if k == 4:
        raise type("NotError", (), {})
    raise


def case_raise_class_and_instance(k):
    if k:
        raise ValueError
    raise ValueError("with", "args")


def case_raise_from(k):
    try:
        divide(1, 0)
    except ZeroDivisionError as error:
        if k == 0:
            raise ValueError("explicit") from error
        if k == 1:
            raise ValueError("suppressed") from None
        raise ValueError("implicit")


def case_raise_from_class():
    raise ValueError("a") from KeyError


def case_reraise():
    try:
        divide(1, 0)
    except ZeroDivisionError as error:
        error.add_note("a note")
        raise


def case_reraise_named():
    try:
        divide(1, 0)
    except ZeroDivisionError as error:
        saved = error
    raise saved


def case_nested_handlers(k):
    try:
        try:
            if k == 0:
                raise ValueError("v")
            raise KeyError("k")
        except ValueError:
            raise IndexError("from v")
        finally:
            if k == 2:
                raise OSError("from finally")
    except LookupError as error:
        return type(error).__name__, error.args, type(error.__context__).__name__


def case_except_binding():
    error = "outer"
    try:
        raise ValueError("x")
    except ValueError as error:
        pass
    try:
        return error
    except UnboundLocalError as unbound:
        return str(unbound)


def case_raise_through(n):
    if n == 0:
        raise RuntimeError("bottom")
    return 1 + case_raise_through(n - 1)


def case_cleanup_order():
    log = []

    def inner():
        try:
            raise ValueError("inner")
        finally:
            log.append("inner finally")

    def outer():
        try:
            inner()
        except ValueError as error:
            log.append(str(error))
            raise KeyError("outer") from error
        finally:
            log.append("outer finally")

    try:
        outer()
    except KeyError as error:
        log.append((error.args, error.__cause__.args, error.__context__ is error.__cause__))
    return log


def case_exc_info():
    import sys

    out = [sys.exc_info()[0]]
    try:
        raise ValueError("x")
    except ValueError:
        out.append(sys.exc_info()[0])
        try:
            raise KeyError("y")
        except KeyError:
            out.append(sys.exc_info()[1].args)
        out.append(sys.exc_info()[1].args)
    out.append(sys.exc_info())
    return out


def case_exception_in_handler_type():
    class Odd(Exception):
        def __init__(self, a, b):
            super().__init__(a)
            self.b = b

        def __str__(self):
            return f"odd {self.b}"

    try:
        raise Odd(1, 2)
    except Odd as error:
        return error.args, str(error), error.b


def case_init_raises():
    class Bad(Exception):
        def __init__(self):
            raise TypeError("cannot build")

    raise Bad


def case_subclass_check_hook():
    class Meta(type):
        def __instancecheck__(cls, x):
            return True

        def __subclasscheck__(cls, x):
            return True

    class Any(Exception, metaclass=Meta):
        pass

    try:
        raise ValueError("plain")
    except Any:
        return "never: except uses real subclasses"
    except ValueError:
        return "real"


def case_group():
    try:
        raise ExceptionGroup("many", [ValueError(1), TypeError("t"), ExceptionGroup("in", [KeyError("k"), ValueError(2)])])
    except* ValueError as group:
        seen = [type(e).__name__ for e in group.exceptions]
    except* TypeError as group:
        seen2 = group.message
    except* KeyError:
        seen3 = "key"
    return seen, seen2, seen3


def case_group_rest():
    try:
        raise ExceptionGroup("many", [ValueError(1), TypeError("t")])
    except* ValueError:
        pass


def case_group_raise_in_handler():
    try:
        raise ExceptionGroup("many", [ValueError(1), TypeError("t")])
    except* ValueError:
        raise KeyError("new")
    except* TypeError as group:
        raise


def case_group_of_plain():
    out = []
    try:
        raise ValueError("alone")
    except* ValueError as group:
        out.append((type(group).__name__, group.exceptions[0].args))
    return out


def case_assertion(x):
    assert x, f"x is {x}"
    assert (x, 1)
    return x


def case_assertion_plain(x):
    assert x > 2
    return x


def case_stop_iteration_value():
    def gen():
        yield 1
        return "value"

    g = gen()
    next(g)
    try:
        next(g)
    except StopIteration as stop:
        return stop.value


def case_error_in_loop_body(n):
    items = list(range(n))
    out = []
    while True:
        try:
            out.append(items[len(out)])
        except IndexError as error:
            return out, str(error)


def case_error_inside_comprehension(items):
    return [10 // x for x in items]


def case_deep_unwind(n):
    log = []

    def down(k):
        try:
            if k == 0:
                raise ValueError("deep")
            down(k - 1)
        finally:
            log.append(k)

    try:
        down(n)
    except ValueError:
        pass
    return log


def case_system_exit():
    raise SystemExit("bye", 3)


def case_keyboard_interrupt():
    raise KeyboardInterrupt


def case_attribute_error_fields():
    class C:
        name = 1

    try:
        C().nmae
    except AttributeError as error:
        return error.name, type(error.obj).__name__, str(error)


def case_name_error_fields():
    try:
        return undefined_name_here
    except NameError as error:
        return error.name, str(error)


def case_with_traceback():
    try:
        divide(1, 0)
    except ZeroDivisionError as error:
        raise ValueError("moved").with_traceback(error.__traceback__) from None


def case_exception_kept_alive():
    kept = []
    for i in range(3):
        try:
            divide(i, 0)
        except ZeroDivisionError as error:
            kept.append(error)
    return [(e.args, e.__context__) for e in kept], kept[0] is kept[1]


def case_swallow_in_loop_and_count(n):
    ok = bad = 0
    for i in range(n):
        try:
            if i % 7 == 3:
                raise ValueError(i)
            if i % 5 == 4:
                [][i]
            ok += 1
        except ValueError as error:
            bad += error.args[0]
        except IndexError:
            bad -= 1
        else:
            ok += 1
    return ok, bad


ARGS = {
    "case_catch": [(1, 2), (1, 0), ("a", 1), (1.0, 0.0)],
    "case_try_else_finally": [(0,), (1,), ("x",)],
    "case_return_in_finally": [(0,), (1,)],
    "case_finally_after_return": [([],), ([1],)],
    "case_continue_in_try": [(4,)],
    "case_break_in_try": [(2,), (6,)],
    "case_break_in_finally": [(1,), (5,)],
    "case_catch_in_loop": [([1, 2, 0, 5],), ([],), ([0, 0],), ([1.5, 0.0],), ([1, "a"],)],
    "case_catch_order": [(k,) for k in range(5)],
    "case_raise_bad": [(k,) for k in range(6)],
    "case_raise_class_and_instance": [(0,), (1,)],
    "case_raise_from": [(0,), (1,), (2,)],
    "case_nested_handlers": [(0,), (1,), (2,)],
    "case_raise_through": [(0,), (1,), (6,)],
    "case_assertion": [(0,), (1,), ([],)],
    "case_assertion_plain": [(1,), (5,), (2.5,)],
    "case_error_in_loop_body": [(0,), (4,)],
    "case_error_inside_comprehension": [([1, 2],), ([1, 0],)],
    "case_deep_unwind": [(0,), (8,)],
    "case_swallow_in_loop_and_count": [(0,), (40,)],
}
