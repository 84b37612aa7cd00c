# SPDX-License-Identifier: Apache-2.0
"""Hosting a program: run it in this process as `python SCRIPT` or `python -m MODULE` would, SCRIPT being
a file, or a folder or an archive with a `__main__.py` in it.

Same `__main__`, `sys.argv`, `sys.path[0]`, exit status and traceback texts, and no frame of hone's
below the program's. Between reading a module's code and running it, the code goes through a
`prepare` function: that is where the compiler comes in.

This runs before the user's first line, so it imports next to nothing.
"""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Callable
from types import CodeType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

Prepare = Callable[[CodeType], CodeType]

# Frames in a file of this name are cut from tracebacks by the import system.
_IMPORTLIB = "<frozen importlib._bootstrap_external>"


def _identity(code: CodeType) -> CodeType:
    return code


def run(words: list[str], prepare: Prepare = _identity, *, imports: bool = False) -> NoReturn:
    """Run `[SCRIPT, args…]` or `["-m", MODULE, args…]` and leave through sys.exit.

    `imports`: prepare the code of modules that are imported from now on, too; those are the whole of a
    program in a folder or an archive.
    """
    from hone import _core

    if imports:
        prepare_all_imports(prepare)
    call = prepared(words, prepare)
    if call is None:
        report_unreadable(words)
    leave(_core.run_program(*call))


def prepared(words: list[str], prepare: Prepare = _identity) -> tuple[Any, ...] | None:
    """What _core.run_program() needs for the program; None for a script that does not compile.

    `__main__`, sys.argv and sys.path are the program's afterwards.
    """
    if words[0] == "-m":
        return _module_call(words[1], words[2:])
    if is_container(words[0]):
        return _container_call(words[0], words[1:])
    return _script_call(words[0], words[1:], prepare)


def report_unreadable(words: list[str]) -> NoReturn:
    """The script's syntax error, in the interpreter's own words: it reads files otherwise than compile()
    reads their contents. This process becomes its."""
    from hone import interpreter

    command = interpreter.command(*words)
    os.execv(command[0], command)


def leave(status: int) -> NoReturn:
    """End this process with run_program()'s status."""
    if status == 130:
        # Reported already; raising it once more makes the interpreter die of SIGINT, as it should.
        sys.excepthook = lambda *_: None
        raise KeyboardInterrupt
    sys.exit(status)


def _fresh_main() -> ModuleType:
    module = ModuleType("__main__")
    module.__dict__.update(__builtins__=builtins)
    if sys.version_info < (3, 14):
        module.__dict__.update(__annotations__={})
    sys.modules["__main__"] = module
    return module


def _set_arguments(words: list[str]) -> None:
    sys.argv = words
    sys.orig_argv = [sys.orig_argv[0], *words]


def is_decodable(source: bytes) -> bool:
    """Whether a file's contents are text; compile() does not look at comments (3.11)."""
    if source.isascii():
        return True
    try:
        source.decode("utf-8")
    except UnicodeDecodeError:
        from tokenize import detect_encoding

        lines = iter(source.splitlines(keepends=True))
        try:
            encoding, read = detect_encoding(lambda: next(lines, b""))
        except SyntaxError:
            return False
        return encoding != "utf-8" or any(b"coding" in line for line in read)
    return True


def _compiled(path: str) -> CodeType:
    with open(path, "rb") as file:
        source = file.read()
    if not is_decodable(source):
        raise ValueError(path)
    code: CodeType = compile(source, path, "exec", 0, True)
    return code


def _script_call(script: str, arguments: list[str], prepare: Prepare) -> tuple[Any, ...] | None:
    from _frozen_importlib_external import SourceFileLoader

    path = absolute(script)
    _set_arguments([script, *arguments])
    if not sys.flags.safe_path:
        sys.path.insert(0, _script_folder(path))
    module = _fresh_main()
    module.__dict__.update(__file__=path, __loader__=SourceFileLoader("__main__", path))
    if sys.version_info < (3, 15):
        module.__dict__["__cached__"] = None
    try:
        code = _compiled(path)
    except (SyntaxError, ValueError):
        return None  # reported later: inside the handler this exception would be its context
    return prepare(code), module.__dict__


def _script_folder(path: str) -> str:
    if os.path.islink(path):
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    return os.path.dirname(os.path.realpath(path))


def _module_call(module: str, arguments: list[str]) -> tuple[Any, ...]:
    """runpy gets the module's code from its loader: what `prepare_all_imports` hooks into."""
    import runpy

    _set_arguments(["-m", *arguments])
    if not sys.flags.safe_path:
        sys.path.insert(0, os.getcwd())
    _fresh_main()
    return runpy._run_module_as_main, module  # type: ignore[attr-defined]


def main_of(script: str) -> str:
    """The file that a program starts in: of a folder, the one in it."""
    main = os.path.join(script, "__main__.py")
    return main if os.path.isfile(main) else script


def is_container(script: str) -> bool:
    """A folder or an archive: the interpreter has an importer for it (as PyImport_GetImporter finds one)."""
    path = absolute(script)
    if path not in sys.path_importer_cache:
        sys.path_importer_cache[path] = next(filter(None, map(_trier(path), sys.path_hooks)), None)
    return sys.path_importer_cache[path] is not None


def _trier(path: str) -> Callable[[Any], Any]:
    def importer(hook: Any) -> Any:
        try:
            return hook(path)
        except ImportError:
            return None

    return importer


def absolute(script: str) -> str:
    """The interpreter does not normalise it."""
    return script if os.path.isabs(script) else os.path.join(os.getcwd(), script)


def _container_call(script: str, arguments: list[str]) -> tuple[Any, ...]:
    import runpy

    _set_arguments([script, *arguments])
    sys.path.insert(0, absolute(script))
    _fresh_main()
    return runpy._run_module_as_main, "__main__", False  # type: ignore[attr-defined]


def prepare_all_imports(prepare: Prepare) -> None:
    prepare_imports(lambda code, _: prepare(code))


def prepare_imports(prepare: Callable[[CodeType, str], CodeType]) -> None:
    """Let the code of every imported Python source module, and its name, pass through `prepare`."""
    from _frozen_importlib_external import SourceLoader
    from zipimport import zipimporter

    for loader in (SourceLoader, zipimporter):
        _prepare_loaded(loader, prepare)


def _prepare_loaded(loader: Any, prepare: Callable[[CodeType, str], CodeType]) -> None:
    original = loader.get_code

    def get_code(self: Any, fullname: str) -> CodeType | None:
        code = original(self, fullname)
        return code if code is None else prepare(code, fullname)

    # Named as a part of the import system, so that its frame never shows in a traceback.
    get_code.__code__ = get_code.__code__.replace(co_filename=_IMPORTLIB)
    loader.get_code = get_code
