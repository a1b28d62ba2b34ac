"""The three verifiers as functions of a specimen; each returns the codes of what it found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.contrib.auth.models import User
from django.test import Client
from manipulations import Specimen
from playwright.sync_api import sync_playwright

from archive.actions.proofs import key_ring
from archive.actions.verification import offline_page
from archive.engine.proof_check import check_file
from archive.engine.verify import proof_beside


def python_verifier() -> Callable[[Specimen], list[str]]:
    keys = key_ring().fingerprints()

    def verify(specimen: Specimen) -> list[str]:
        report = check_file(specimen.file, proof_beside(specimen.file), trusted_keys=keys)
        return report.codes or ([] if report.is_intact else ["not intact"])

    return verify


def portal_verifier() -> Callable[[Specimen], list[str]]:
    """By the page of the portal, as a form with files."""
    client = Client(HTTP_HOST="localhost")
    client.force_login(User.objects.get())

    def verify(specimen: Specimen) -> list[str]:
        with ExitStack() as stack:
            paths = (specimen.file, specimen.manifest, specimen.signature)
            files = [stack.enter_context(path.open("rb")) for path in paths]
            answer = client.post("/archive/verify/", {"files": files})
        found = re.search(r'data-state="(\w*)" data-codes="([^"]*)"', answer.content.decode())
        if found is None:
            return ["no answer"]
        return found[2].split() or ([] if found[1] == "intact" else ["not intact"])

    return verify


@contextmanager
def page_verifier(chromium: str, folder: Path) -> Iterator[Callable[[Specimen], list[str]]]:
    """By verify.html, opened from the disk in a browser without network."""
    page_path = folder / "verify.html"
    page_path.write_text(offline_page())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(offline=True)
        page = context.new_page()

        def verify(specimen: Specimen) -> list[str]:
            page.goto(page_path.as_uri())
            paths = [specimen.file, specimen.manifest, specimen.signature]
            page.set_input_files("#files", paths)
            card = page.locator("#results article")
            card.wait_for()
            codes = (card.get_attribute("data-codes") or "").split()
            state = card.get_attribute("class")
            return codes or ([] if state == "intact" else ["not intact"])

        yield verify
        browser.close()
