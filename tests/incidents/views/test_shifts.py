"""The pages of the shift: handed over on one page by two people, the log book, papers."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import localtime, now
from pypdf import PdfReader

from archive.engine.timeline import to_us
from incidents.actions.shifts import change_mode, sign_sheet
from incidents.models import Handover, JournalEntry, Shift
from incidents.queries.shifts import LONGEST_SHIFT, current_shift
from tests.cast import PASSWORD, client_for
from tests.incidents.cards import make_card
from tests.incidents.shift_rows import make_handover, make_shift

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

AsUser = Callable[[str], Client]
WRONG = PASSWORD.swapcase()


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def take_form(handover: Handover, **changes: str) -> dict[str, str]:
    return {
        "handover": str(handover.pk),
        "signed_us": str(to_us(handover.signed_at)),
        "username": "senior",
        "password": PASSWORD,
        **changes,
    }


@pytest.fixture
def signed(dispatcher: User, senior: User) -> Handover:
    make_shift(dispatcher)
    return sign_sheet(actor=dispatcher, remarks="К07 мигает", at=now())


def test_shift_goes_from_one_to_the_other_on_one_page(dispatcher: User, senior: User) -> None:
    client = client_for(dispatcher)
    client.post("/shift/open/", {"crew": "Зайцев"})
    client.post("/shift/sign/", {"remarks": "К07 мигает", "begun_us": str(to_us(now()))})
    page = client.get("/shift/").content.decode()
    assert "К07 мигает" in page
    assert "Свой пароль" in page

    form = take_form(Handover.objects.get(), disagreement="ключи")
    assert client.post("/shift/take/", form)["Location"] == "/shift/"

    following = current_shift()
    assert following is not None
    assert following.opened_by == senior
    # The one who was logged in still is.
    frame = client.get("/shift/").context["frame"]
    assert (frame.person, frame.duty.is_mine) == ("dispatcher", False)


def test_wrong_password_hands_nothing_over_and_keeps_what_was_typed(
    signed: Handover, dispatcher: User
) -> None:
    form = take_form(signed, password=WRONG, disagreement="ключи от щитовой")

    page = client_for(dispatcher).post("/shift/take/", form).content.decode()

    assert "Неверное имя или пароль" in page
    assert "ключи от щитовой" in page
    assert WRONG not in page
    assert current_shift() == signed.shift


def test_sheet_that_changed_since_it_was_read_is_not_taken(
    signed: Handover, dispatcher: User
) -> None:
    form = take_form(signed)
    sign_sheet(actor=dispatcher, remarks="К07 не работает", at=now() + timedelta(seconds=1))

    page = client_for(dispatcher).post("/shift/take/", form).content.decode()

    assert "Лист тем временем изменился" in page
    assert current_shift() == signed.shift


def test_paper_of_the_hand_over_has_both_names_times_and_words(
    dispatcher: User, senior: User
) -> None:
    make_card(now(), summary="Двое ломают скамью")
    handover = make_handover(dispatcher, senior)

    answer = client_for(senior).get(f"/shift/handovers/{handover.pk}.pdf")

    text = text_of(answer.content)
    assert answer["Content-Type"] == "application/pdf"
    assert handover.taken_at is not None
    for said in (
        "Лист приёма-сдачи дежурства",
        f"dispatcher, {localtime(handover.signed_at):%d.%m.%Y %H:%M:%S}",
        f"senior, {localtime(handover.taken_at):%d.%m.%Y %H:%M:%S}",
        "К07 мигает",
        "АГ-",
        handover.journal_digest[:20],
    ):
        assert said in text


def test_signed_sheet_says_what_was_so_when_it_was_signed(dispatcher: User, senior: User) -> None:
    make_card(now())
    handover = make_handover(dispatcher, senior)
    before = handover.sheet[0]["rows"]
    make_card(now())

    text = text_of(client_for(senior).get(f"/shift/handovers/{handover.pk}.pdf").content)

    assert len(before) == 1
    assert text.count("АГ-") == 1


def test_unsigned_sheet_and_book_are_papers_too(dispatcher: User) -> None:
    make_shift(dispatcher, crew="Зайцев П. И.")
    client = client_for(dispatcher)

    assert "Зайцев П. И." in text_of(client.get("/shift/sheet.pdf").content)
    assert "Смена открыта" in text_of(client.get("/shift/journal/file.pdf").content)


def test_drill_is_on_no_sheet(dispatcher: User) -> None:
    card = make_card(now(), is_drill=True)

    page = client_for(dispatcher).get("/shift/").content.decode()

    assert card.name not in page


def test_head_says_the_mode_and_a_forgotten_shift(dispatcher: User) -> None:
    make_shift(dispatcher, at=now() - LONGEST_SHIFT - timedelta(minutes=1))
    change_mode(actor=dispatcher, mode="ALERT", basis="приказ 7", at=now())

    page = client_for(dispatcher).get("/account/").content.decode()

    assert 'data-mode="ALERT"' in page
    assert "приказ 7" in page
    assert "не сдана" in page


def test_head_says_that_no_shift_is_open(as_user: AsUser) -> None:
    assert "не открыта" in as_user("dispatcher").get("/account/").content.decode()
    # Nobody else is bothered with it.
    assert "не открыта" not in as_user("technician").get("/account/").content.decode()


def test_open_pages_are_told_of_the_mode(dispatcher: User, as_user: AsUser) -> None:
    change_mode(actor=dispatcher, mode="ALERT", basis="приказ 7", at=now())

    told = client_for(dispatcher).get("/status/").json()["html"]

    assert 'data-mode="ALERT"' in told["duty"]
    assert "duty" not in as_user("technician").get("/status/").json()["html"]


def test_sound_test_is_kept(dispatcher: User) -> None:
    make_shift(dispatcher)
    client = client_for(dispatcher)

    client.post("/shift/sound/", {"heard": "no"})
    assert "не слышно" in client.get("/shift/").content.decode()
    client.post("/shift/sound/", {"heard": "yes"})

    kept = JournalEntry.objects.filter(kind="SOUND").order_by("number")
    assert [entry.detail["heard"] for entry in kept] == [False, True]


def test_book_is_written_corrected_and_filtered(dispatcher: User) -> None:
    client = client_for(dispatcher)
    client.post("/shift/journal/", {"kind": "NOTE", "text": "Наряд в 21:10"})
    entry = JournalEntry.objects.get()
    client.post("/shift/journal/", {"corrects": entry.pk, "text": "Наряд в 21:20"})
    client.post("/shift/journal/", {"kind": "TOUR", "text": "", "done": "yes"})

    page = client.get("/shift/journal/?kind=NOTE").content.decode()

    assert "исправлено записью № 2" in page
    assert "Обход камер выполнен" not in page


def test_refused_entry_keeps_its_text(dispatcher: User) -> None:
    form = {"kind": "TASK", "text": "усиление у школы", "until": "2020-01-01T10:00"}

    page = client_for(dispatcher).post("/shift/journal/", form).content.decode()

    assert "усиление у школы" in page
    assert "должно быть впереди" in page
    assert not JournalEntry.objects.exists()


@pytest.mark.parametrize("query", ["?first=x&last=y&page=z&correct=q", "?correct=99999999999999"])
def test_bad_filter_shows_the_book(query: str, as_user: AsUser) -> None:
    assert as_user("dispatcher").get(f"/shift/journal/{query}").status_code == 200


def test_dispatcher_closes_no_shift_of_another(signed: Handover, as_user: AsUser) -> None:
    client = client_for(signed.signed_by)

    assert client.post("/shift/close/", {"reason": "так"}).status_code == 403
    assert Shift.objects.get().closed_at is None
