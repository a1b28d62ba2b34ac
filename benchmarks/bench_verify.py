"""200 manipulated files and 200 untouched ones through each of the three verifiers.

Prints `name value unit` for each verifier (python, page: verify.html in Chromium, portal):
    verify.VERIFIER.named   manipulations called exactly by their name, of 200
    verify.VERIFIER.false   untouched files that were called manipulated, of 200
and over all: verify.named (the least), verify.false (the sum).
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

from footage import set_up_django
from manipulations import KINDS, Specimen, manipulate

from tests.services import RedisServer

Verifier = Callable[[Specimen], list[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        data_dir = Path(folder) / "data"
        (data_dir / "static").mkdir(parents=True)
        redis = RedisServer(data_dir / "redis.sock").start()
        stack.callback(redis.stop)
        set_up_django(data_dir)
        from verifiers import page_verifier, portal_verifier, python_verifier  # noqa: PLC0415 -- see above
        from verify_specimens import make_specimens  # noqa: PLC0415 -- needs Django set up

        untouched, foreign = make_specimens(Path(folder))
        generator = random.Random(options.seed)  # noqa: S311 -- which bytes are flipped
        touched = [
            (kind, manipulate(kind, specimen, generator, Path(folder) / f"touched-{n}", foreign))
            for n, (kind, specimen) in enumerate(with_kinds(untouched))
        ]
        results = [
            measure("python", python_verifier(), untouched, touched),
            measure("portal", portal_verifier(), untouched, touched),
        ]
        # Last: Django refuses the database to a thread in which playwright runs its loop.
        verify = stack.enter_context(page_verifier(options.chromium, Path(folder)))
        results.append(measure("page", verify, untouched, touched))
        print(f"verify.manipulated {len(touched)} files")
        print(f"verify.untouched {len(untouched)} files")
        print(f"verify.named {min(named for named, _ in results)} files")
        print(f"verify.false {sum(false for _, false in results)} files")


def with_kinds(specimens: Iterable[Specimen]) -> Iterable[tuple[str, Specimen]]:
    """Give each specimen the next of the manipulations that its kind can suffer."""
    counts = dict.fromkeys(KINDS, 0)
    for specimen in specimens:
        kinds = KINDS[specimen.kind]
        yield kinds[counts[specimen.kind] % len(kinds)][0], specimen
        counts[specimen.kind] += 1


def measure(
    name: str, verify: Verifier, untouched: list[Specimen], touched: list[tuple[str, Specimen]]
) -> tuple[int, int]:
    """Return how many were named, and how many untouched ones were called manipulated."""
    wrong = [(specimen, codes) for specimen in untouched if (codes := verify(specimen))]
    right = 0
    for kind, specimen in touched:
        codes = verify(specimen)
        expected = dict(KINDS[specimen.kind])[kind]
        right += codes == [expected]
        if codes != [expected]:
            print(f"# {name}: {specimen.kind} {kind} was called {codes}, not {expected}")
    for specimen, codes in wrong:
        print(f"# {name}: untouched {specimen.file.name} was called {codes}")
    print(f"verify.{name}.named {right} files")
    print(f"verify.{name}.false {len(wrong)} files")
    return right, len(wrong)


if __name__ == "__main__":
    main()
