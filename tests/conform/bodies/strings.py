# SPDX-License-Identifier: Apache-2.0
"""Str values: index, slices, concatenation, formatting, comparison, methods in loops."""

EXPECT_COMPILED = {"case_index", "case_slices", "case_concat", "case_in", "case_compare", "case_loop_concat", "case_count_vowels",
                   "case_f_string"}


def case_index(text, i):
    return text[i]


def case_slices(text, a, b, c):
    return text[a:b], text[a:], text[:b], text[a:b:c], text[::c]


def case_concat(a, b):
    return a + b


def case_multiply(a, n):
    return a * n, n * a


def case_in(a, b):
    return a in b, a not in b


def case_compare(a, b):
    return a < b, a <= b, a == b, a != b, a > b, a >= b


def case_loop_concat(n):
    text = ""
    for i in range(n):
        text += chr(97 + i % 26)
    return text


def case_build_wide(n):
    text = ""
    for i in range(n):
        text = text + chr(60 + i * 700)
    return text, len(text), [ord(c) for c in text]


def case_count_vowels(text):
    count = 0
    for c in text:
        if c in "aeiou":
            count += 1
    return count


def case_percent(fmt, args):
    return fmt % args


def case_f_string(a, b):
    return f"{a}+{b}={a + b}", f"{a!r:>10}|{b!s:<6}|{a:05}" if isinstance(a, int) else f"{a!r}", f"{{}}{a}"


def case_f_string_nested(width, value):
    return f"{value:{width}.{2}f}", f"{value=}", f"{'in' + 'ner'} {width:>{width}}"


def case_methods(text):
    return (text.upper(), text.split(), text.replace("a", "b"), text.find("c"), text.strip(), text.startswith("a"), "-".join(text),
            text.encode(), text.title(), text.partition("b"), text.isdigit(), text.zfill(5), text.center(9, "*"))


def case_palindrome(text):
    i, j = 0, len(text) - 1
    while i < j:
        if text[i] != text[j]:
            return False
        i += 1
        j -= 1
    return True


def case_caesar(text, k):
    out = []
    for c in text:
        if "a" <= c <= "z":
            out.append(chr((ord(c) - 97 + k) % 26 + 97))
        else:
            out.append(c)
    return "".join(out)


def case_word_count(text):
    counts = {}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    return counts


def case_identity():
    a = "ab"
    b = a + ""
    c = a * 1
    d = a[:]
    return a is d, b == c, "" is (a[5:]), a[0:0] == ""


def case_surrogates():
    text = "\ud800x\U0001f600"
    return len(text), text[0], text[::-1], text == text[:], [ord(c) for c in text]


def case_format_method(a, b):
    return "{} {}".format(a, b), "{1} {0}".format(a, b), "{a!r:>5}".format(a=a), format(a, ">8")


def case_bad_operations(k):
    if k == 0:
        return "a" + 1
    if k == 1:
        return 1 + "a"
    if k == 2:
        return "a" * 1.5
    if k == 3:
        return "a" - "b"
    if k == 4:
        return "a" < 1
    if k == 5:
        return "abc"["x"]
    if k == 6:
        return "%d" % "x"
    if k == 7:
        return "%s %s" % "x"
    if k == 8:
        return f"{'x':d}"
    if k == 9:
        text = "abc"
        text[0] = "x"
    if k == 10:
        return 1 in "abc"
    return "".join(["a", 1])


def case_bytes(data):
    total = 0
    for b in data:
        total = (total * 31 + b) & 0xFFFF
    return total, data[0], data[1:3], data + b"x", data.hex(), b"a" in data


def case_bytearray(n):
    data = bytearray(n)
    for i in range(n):
        data[i] = (i * 37) & 255
    data[1:3] = b"xyz"
    return data, data[0], data[-1]


def case_bytearray_out_of_range():
    data = bytearray(2)
    data[0] = 256
    return data


def same_letters(a, b):
    return sum([1 if a[i] == b[i] else 0 for i in range(len(a)) if a[i] != "x"])


def case_letters_compared(a, b):
    try:
        return same_letters(a, b), a[-1] == b[-1]
    except IndexError as e:
        return str(e)


ARGS = {
    "case_index": [("abc", 0), ("abc", -1), ("abc", 2), ("abc", 3), ("abc", -4), ("é€😀", 2), ("abc", True), ("abc", 2**70), ("", 0), ("abc", 1.0),
                   ("abc", None)],
    "case_letters_compared": [("kitten", "sitting"), ("", "a"), ("é€x😀", "é€x😀"), ("abc", "ab"), ("xx", "xx")],
    "case_slices": [("abcdef", 1, 4, 2), ("abcdef", -3, -1, -1), ("abcdef", 10, 20, 1), ("abcdef", None, None, -2), ("", 0, 5, 3),
                    ("é€😀x", 1, 3, 1), ("abc", 0, 2**70, 1), ("abc", 0, 2, 0), ("abc", "a", 1, 1), ("abc", True, 3, True)],
    "case_concat": [("a", "b"), ("", "x"), ("é", "a"), ("€", "😀"), ("a", 1), (1, "a"), ("a", None), (b"a", b"b"), (b"a", "b")],
    "case_multiply": [("ab", 3), ("ab", 0), ("ab", -1), ("", 10), ("x", True), ("é", 2)],
    "case_in": [("a", "abc"), ("", ""), ("bc", "abc"), ("z", "abc"), ("😀", "a😀"), ("abc", "ab")],
    "case_compare": [("a", "b"), ("b", "a"), ("a", "a"), ("", "a"), ("é", "z"), ("😀", "\uffff"), ("ab", "abc"), ("a", "A")],
    "case_loop_concat": [(0,), (1,), (60,)],
    "case_build_wide": [(0,), (90,)],
    "case_count_vowels": [("hello world",), ("",), ("xyz",), ("aé€i",)],
    "case_percent": [("%d", 5), ("%s %s", (1, "a")), ("%5.2f|%-5d|%x", (1.5, 3, 255)), ("%%", ()), ("%(a)s", {"a": 1}), ("%r", "x"), ("%c", 65),
                     ("%d", 2**70), ("%s", (1, 2)), ("%d", 1.9)],
    "case_f_string": [(1, 2), ("a", "b"), (1.5, 2.5), (2**70, 1), (True, 2)],
    "case_f_string_nested": [(8, 1.5), (12, -0.0), (3, float("inf"))],
    "case_methods": [("abc abd",), ("",), (" a b ",), ("aé",)],
    "case_palindrome": [("racecar",), ("ab",), ("",), ("x",), ("é€é",)],
    "case_caesar": [("hello, world", 3), ("xyz", 30), ("", 1), ("abc", -5)],
    "case_word_count": [("a b a c b a",), ("",)],
    "case_format_method": [(1, 2), ("a", 1.5)],
    "case_bad_operations": [(k,) for k in range(12)],
    "case_bytes": [(b"hello",), (bytes(range(20)),)],
    "case_bytearray": [(4,), (10,)],
}
