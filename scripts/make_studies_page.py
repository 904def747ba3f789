"""Writes docs/STUDIES.md from the records in sessions/: `python scripts/make_studies_page.py [--check]`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from prune_tui.core.errors import PruneTuiError
from prune_tui.storage import read_session, session_path
from scripts.studies import curves, extreme, han, lenet, resnet, speed
from scripts.studies.sections import Recorded, Section, Sessions, rendered

ROOT = Path(__file__).parents[1]
SECTIONS: tuple[Callable[[Sessions], Section], ...] = (
    lenet.section,
    han.section,
    speed.section,
    curves.section,
    resnet.section,
    extreme.section,
)
HEAD = (
    "# Five studies and two anchors, beside our sessions",
    "",
    "`python scripts/make_studies_page.py` writes this page; do not edit it by hand. The published figures "
    "are constants in `scripts/studies/published.py`, and ours are read from the records in `sessions/`.",
    "",
    "Our curves (sweeps, scans, epochs) are on the validation split, a part of the training images. "
    "Our final figures, called test accuracy, are on the test set; each session says how often it read it. "
    "All figures of the studies are on the test set. Latency was measured on the machine named with each "
    "session.",
    "",
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=Path, default=ROOT / "sessions", help="folder of sessions")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "STUDIES.md", help="page to write")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if the page is not current"
    )
    options = parser.parse_args(arguments)
    try:
        content = page(options.sessions)
    except PruneTuiError as error:
        print(f"make_studies_page: {error}", file=sys.stderr)
        return error.exit_code
    if not options.check:
        options.page.parent.mkdir(parents=True, exist_ok=True)
        options.page.write_text(content, encoding="utf-8")
        return 0
    if options.page.is_file() and options.page.read_text(encoding="utf-8") == content:
        return 0
    print(f"{options.page} is not what the records say: run scripts/make_studies_page.py", file=sys.stderr)
    return 1


def page(folder: Path) -> str:
    """Return the whole page from the sessions in a folder."""
    sections = [make({}) for make in SECTIONS]
    sessions = recorded_sessions(folder, [name for section in sections for name in section.names])
    sections = [make(sessions) for make in SECTIONS]
    lines = [*HEAD, _tally(sections, sessions), ""]
    lines += [line for section in sections for line in rendered(section, sessions)]
    return "\n".join(lines).rstrip("\n") + "\n"


def recorded_sessions(folder: Path, names: Sequence[str]) -> dict[str, Recorded]:
    """Read those of the named sessions that exist and have a record."""
    recorded = {}
    for name in names:
        path = session_path(folder, name)
        session = read_session(path) if path.is_file() else None
        if session is not None and session.record is not None:
            recorded[name] = Recorded(session, session.record.report)
    return recorded


def _tally(sections: Sequence[Section], sessions: Sessions) -> str:
    """Count the comparisons that are met, missed and open."""
    verdicts = [verdict for section in sections for verdict in section.verdicts]
    names = [name for section in sections for name in section.names]
    met, missed, left = (sum(one.met is kind for one in verdicts) for kind in (True, False, None))
    return (
        f"{len(sessions)} of {len(names)} sessions are recorded; of {len(verdicts)} comparisons with the "
        f"published figures, {met} are met, {missed} are missed, and {left} are open, because they use a "
        "subset."
    )


if __name__ == "__main__":
    sys.exit(main())
