"""Imports a file of the user's own and the modules beside it, each checked and noted before it runs."""

import hashlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

from prune_tui.catalog.code.permission import check_unchanged, hash_of
from prune_tui.catalog.code.reference import read_source, recorded_path
from prune_tui.core.errors import CodeError
from prune_tui.core.session.session import CodeFile


class OwnImporter(MetaPathFinder):
    """Finds the modules beside a file while it is active, as a script finds those beside it.

    Each source is read once: the bytes that are hashed are those that run, and no cached bytecode is used.
    Where `recorded` names files, no others may run, and none that has changed. The standard library comes
    first. `files` are those that have run.
    """

    def __init__(self, folder: Path, recorded: Sequence[CodeFile]) -> None:
        self.files: dict[Path, CodeFile] = {}
        self._folder = folder
        self._recorded = {Path(file.path).absolute(): file for file in recorded}
        self._names: set[str] = set()

    def module_of(self, path: Path) -> ModuleType:
        """Run a file as a module with a name of its own, and return it."""
        digest = hashlib.sha256(str(path).encode()).hexdigest()
        name = f"prune_tui_own_{digest[:12]}"
        spec = spec_from_file_location(name, path, loader=_CheckedLoader(self, name, path))
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        # Another thread may import something meanwhile: the list is made at once.
        for known in [known for known, each in list(sys.modules.items()) if _is_sibling(each)]:
            del sys.modules[known]
        sys.modules[name] = module
        try:
            with self.active():
                spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        return module

    @contextmanager
    def active(self) -> Iterator[None]:
        """Find the modules beside the file until the block ends."""
        sys.meta_path.insert(0, self)
        try:
            yield
        finally:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        parent = fullname.rpartition(".")[0]
        if parent not in self._names if parent else fullname in sys.stdlib_module_names:
            return None
        spec = PathFinder.find_spec(fullname, path if parent else [str(self._folder)], target)
        if spec is None:
            return None
        if isinstance(spec.loader, SourceFileLoader):
            spec.loader = _CheckedLoader(self, fullname, Path(spec.loader.path), is_sibling=True)
        elif spec.origin is not None:
            return None
        self._names.add(fullname)
        return spec

    def code_of(self, path: Path) -> CodeType:
        """Return the code of a file, after checking it against the record, and note it.

        Raises:
            CodeError: it is not the file that was recorded.
        """
        source = read_source(path)
        recorded = self._recorded.get(path)
        if recorded is not None:
            check_unchanged(recorded, source)
        elif self._recorded:
            raise CodeError(
                f"{recorded_path(path)}: imported, but not among the files that the session recorded: "
                "begin a new session"
            )
        self.files[path] = CodeFile(path=recorded_path(path), sha256=hash_of(source))
        if b"torchvision" in source:
            from prune_tui.catalog import torchvision_operators

            torchvision_operators.ensure()
        return compile(source, str(path), "exec", dont_inherit=True)


class _CheckedLoader(SourceFileLoader):
    """Compiles what the importer has checked."""

    def __init__(self, importer: OwnImporter, name: str, path: Path, *, is_sibling: bool = False) -> None:
        super().__init__(name, str(path))
        self.is_sibling = is_sibling
        self._importer, self._file = importer, path.absolute()

    def get_code(self, _fullname: str) -> CodeType:
        return self._importer.code_of(self._file)


def _is_sibling(module: ModuleType) -> bool:
    """Say whether a module was found beside an own file; another file's may have the same name."""
    loader = getattr(module, "__loader__", None)
    return isinstance(loader, _CheckedLoader) and loader.is_sibling
