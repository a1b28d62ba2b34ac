"""Who may open which route, and how it is asked; tests/test_routes.py holds the portal to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cameras.access import ALLOWED, Act, Role
from tests.cast import CAST

ADMINISTRATOR = "administrator"  # a superuser
ANONYMOUS = "anonymous"
PEOPLE = (*CAST, ADMINISTRATOR, ANONYMOUS)
Answer = Literal["open", "refused"]

EVERYBODY = frozenset(PEOPLE)
LOGGED_IN = EVERYBODY - {ANONYMOUS}
NOBODY: frozenset[str] = frozenset()
ADMIN_PAGES = frozenset({Role.STAFF, Role.AUDITOR, ADMINISTRATOR})
MANAGERS = frozenset({Role.STAFF, ADMINISTRATOR})
ADMINISTRATORS = frozenset({ADMINISTRATOR})


@dataclass(frozen=True)
class Rule:
    """One way to call a route. `data` and `query` name objects of the world: {camera}, {at}."""

    who: frozenset[str]
    method: str = "get"
    query: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def may(act: Act) -> frozenset[str]:
    return frozenset({*ALLOWED[act], ADMINISTRATOR})


RANGE = "camera={camera}&from_us={start}&to_us={end}"
WATCHED = Rule(may(Act.WATCH))
SUPERVISED = Rule(may(Act.VIEW_HEALTH))
MANAGED = Rule(may(Act.MANAGE_ANALYSIS))
ALARMED = Rule(may(Act.VIEW_DETECTIONS))
IN_ARCHIVE = Rule(may(Act.VIEW_ARCHIVE))
EXPORTED = Rule(may(Act.EXPORT))
SEES_FACES = Rule(may(Act.VIEW_FACES))
LISTED = Rule(
    may(Act.MANAGE_WATCH_LIST) | may(Act.CONFIRM_WATCH_LIST) | may(Act.REVIEW_FACES),
)
ON_SHIFT = Rule(may(Act.WORK_SHIFT))
REPORTED = Rule(may(Act.VIEW_REPORTS))
CARDED = Rule(may(Act.VIEW_INCIDENTS))
EXCHANGED = Rule(may(Act.MANAGE_DICTIONARIES))
OUTSIDE = Rule(may(Act.VIEW_INCIDENTS))
HANDLED = Rule(may(Act.HANDLE_INCIDENTS))
AT_POLICE = Rule(may(Act.USE_POLICE_SEAT))
PACKED = Rule(may(Act.MAKE_PACKAGES) | may(Act.USE_POLICE_SEAT))
PACKAGE: dict[str, Any] = {
    "incident": "{incident}",
    "started_at": "{start_text}",
    "ended_at": "{end_text}",
}
POLICE_REQUEST: dict[str, Any] = {
    "number": "7",
    "dated_on": "{date}",
    "basis": "CASE",
    "place": "{place}",
    "started_at": "{start_text}",
    "ended_at": "{end_text}",
    "text": "footage",
}

MOTION_RULE: dict[str, Any] = {
    "id": None,
    "kind": "motion",
    "region": "",
    "grade": "HINT",
    "sensitivity": "NORMAL",
    "days": [],
    "starts": "00:00",
    "ends": "00:00",
    "is_enabled": True,
}

NEW_CARD: dict[str, Any] = {
    "place": "{place}",
    "category": "{category}",
    "occurred_at": "{start_text}",
}

SEARCH: dict[str, Any] = {
    "cameras": ["{camera}"],
    "started_at": "{start_text}",
    "ended_at": "{end_text}",
    "kinds": ["motion"],
}

RULES: dict[str, list[Rule]] = {
    # the way in
    "home": [Rule(LOGGED_IN)],
    "login": [Rule(EVERYBODY)],
    "logout": [Rule(LOGGED_IN, "post")],
    "account": [Rule(LOGGED_IN)],
    "password_change": [Rule(LOGGED_IN)],
    "help": [Rule(LOGGED_IN)],
    "set_language": [Rule(EVERYBODY, "post", data={"language": "en"})],
    "javascript-catalog": [Rule(EVERYBODY)],
    # live
    "desk": [WATCHED],
    "overview": [WATCHED],
    # The police too, for the place of an open incident: tests/incidents/test_police_socket.py.
    "live-socket": [WATCHED],
    "box-socket": [WATCHED],
    # alarms
    "alarms": [ALARMED],
    "alarm-marks": [Rule(may(Act.VIEW_DETECTIONS), query=RANGE)],
    "archive-boxes": [Rule(may(Act.VIEW_ARCHIVE), query=RANGE)],
    "alarm-picture": [ALARMED],
    "alarm-socket": [ALARMED],
    "alarm-list": [ALARMED],
    "alarm-detail": [ALARMED],
    "alarm-acknowledge": [Rule(may(Act.ACKNOWLEDGE), "post")],
    "alarm-frame": [ALARMED],
    "alarm-pictures": [ALARMED],
    "alarm-mark": [Rule(may(Act.ACKNOWLEDGE), "post", data={"place": "{place}"})],
    "alarm-verdict": [Rule(may(Act.JUDGE_DETECTIONS), "post", data={"verdict": "WATCH"})],
    # incidents
    "incidents": [CARDED],
    "incident-new": [Rule(may(Act.HANDLE_INCIDENTS))],
    "incident-reminders": [Rule(may(Act.HANDLE_INCIDENTS))],
    "incident": [CARDED],
    "incident-state": [CARDED],
    "incident-act": [CARDED],
    "incident-row-new": [Rule(may(Act.HANDLE_INCIDENTS), "post", data={"whom": "УК"})],
    "incident-row": [Rule(may(Act.HANDLE_INCIDENTS), "post", data={"item": "Скамья"})],
    "incident-list": [CARDED, Rule(may(Act.HANDLE_INCIDENTS), "post", data=NEW_CARD)],
    "incident-detail": [
        CARDED,
        Rule(may(Act.HANDLE_INCIDENTS), "patch", data={"version": "1", "summary": "Скамья"}),
    ],
    "incident-status": [
        Rule(may(Act.HANDLE_INCIDENTS), "post", data={"to": "IN_REVIEW", "version": "1"})
    ],
    # health
    "health": [SUPERVISED],
    "health_streams": [SUPERVISED],
    "health_analysis": [SUPERVISED],
    "health_storage": [SUPERVISED],
    "health_services": [SUPERVISED],
    "status": [SUPERVISED],
    # archive
    "archive": [IN_ARCHIVE],
    "archive-coverage": [Rule(may(Act.VIEW_ARCHIVE), query=RANGE)],
    "archive-days": [Rule(may(Act.VIEW_ARCHIVE), query="camera={camera}")],
    "archive-footage": [Rule(may(Act.VIEW_ARCHIVE), query=RANGE)],
    "archive-format": [IN_ARCHIVE],
    "archive-recording": [IN_ARCHIVE],
    "archive-keyframes": [IN_ARCHIVE],
    "archive-growing": [IN_ARCHIVE],
    "archive-frame": [Rule(may(Act.VIEW_ARCHIVE), query="camera={camera}&at_us={at}")],
    "archive-playlist": [Rule(may(Act.VIEW_ARCHIVE), query="from_us={start}&to_us={end}")],
    "archive-segment": [IN_ARCHIVE],
    "archive-export": [EXPORTED],
    "archive-completeness": [EXPORTED],
    # They tell nothing but what is in the files that somebody brings.
    "archive-verify": [Rule(LOGGED_IN), Rule(LOGGED_IN, "post")],
    "archive-verify-offline": [Rule(LOGGED_IN)],
    # analysis
    "analysis": [MANAGED],
    "analysis-evaluation": [MANAGED],
    "analysis-search": [IN_ARCHIVE],
    "analysis-camera": [MANAGED],
    "analysis-picture": [MANAGED],
    "analysis-switch": [Rule(may(Act.MANAGE_ANALYSIS), "post", data={"is_on": "0"})],
    "analysis-hints": [Rule(may(Act.MANAGE_ANALYSIS), "post", data={"kind": "motion"})],
    "analysis-trial-picture": [MANAGED],
    # faces
    "faces": [SEES_FACES],
    "faces-picture": [SEES_FACES],
    "faces-search": [
        Rule(may(Act.SEARCH_FACES)),
        Rule(may(Act.SEARCH_FACES), "post", data={"encounter": "{encounter}", "reason": "КУСП 7"}),
    ],
    # Who searched, and who reviews; the picture is for the one who searched.
    "faces-search-found": [Rule(may(Act.REVIEW_FACES))],
    "faces-search-picture": [Rule(ADMINISTRATORS)],
    "faces-watch-list": [LISTED],
    "faces-add-entry": [
        Rule(may(Act.MANAGE_WATCH_LIST)),
        Rule(may(Act.MANAGE_WATCH_LIST), "post"),
    ],
    "faces-entry": [LISTED],
    "faces-confirm": [Rule(may(Act.CONFIRM_WATCH_LIST), "post")],
    "faces-withdraw": [
        Rule(
            may(Act.MANAGE_WATCH_LIST) | may(Act.CONFIRM_WATCH_LIST),
            "post",
            data={"reason": "found"},
        ),
    ],
    "faces-photo": [SEES_FACES],
    "faces-hit-picture": [SEES_FACES],
    "faces-switches": [Rule(may(Act.SWITCH_FACES) | may(Act.REVIEW_FACES))],
    "faces-turn": [
        Rule(
            may(Act.SWITCH_FACES),
            "post",
            data={"order_number": "12-р", "until": "2099-12-31"},
        ),
    ],
    "faces-calibration": [Rule(may(Act.SWITCH_FACES) | may(Act.REVIEW_FACES))],
    "faces-calibrate": [Rule(may(Act.SWITCH_FACES), "post")],
    "faces-threshold": [
        Rule(may(Act.SWITCH_FACES), "post", data={"value": "0.5", "reason": "order 7"}),
    ],
    "faces-report": [Rule(may(Act.REVIEW_FACES))],
    # Of a card that was handed over the police see them, too.
    "incident-faces": [Rule(may(Act.VIEW_INCIDENTS) & may(Act.VIEW_FACES))],
    # the shift
    "shift": [ON_SHIFT],
    "shift-open": [Rule(may(Act.WORK_SHIFT), "post")],
    "shift-sign": [Rule(may(Act.WORK_SHIFT), "post")],
    "shift-unsign": [Rule(may(Act.WORK_SHIFT), "post")],
    "shift-take": [Rule(may(Act.WORK_SHIFT), "post")],
    "shift-close": [Rule(may(Act.VERIFY_INCIDENTS), "post", data={"reason": "ill"})],
    "shift-mode": [Rule(may(Act.WORK_SHIFT), "post", data={"mode": "ALERT", "basis": "7"})],
    "shift-sound": [Rule(may(Act.WORK_SHIFT), "post", data={"heard": "yes"})],
    "shift-sheet": [ON_SHIFT],
    "shift-handover": [ON_SHIFT],
    "shift-journal": [ON_SHIFT, Rule(may(Act.WORK_SHIFT), "post", data={"text": "rain"})],
    "shift-journal-file": [ON_SHIFT],
    "shift-drills": [
        ON_SHIFT,
        Rule(may(Act.VERIFY_INCIDENTS), "post", data={"scenario": "bench", "camera": "1"}),
    ],
    "shift-drill-end": [Rule(may(Act.VERIFY_INCIDENTS), "post")],
    # reports
    "reports": [REPORTED],
    "report-file": [REPORTED],
    "report-month": [REPORTED],
    "report-month-file": [REPORTED],
    # exchange with other systems, when it is switched on; systems read by a token instead
    "exchange": [EXCHANGED],
    "exchange-retry": [Rule(may(Act.MANAGE_DICTIONARIES), "post")],
    "exchange-retry-all": [Rule(may(Act.MANAGE_DICTIONARIES), "post")],
    "cap-feed": [OUTSIDE],
    "cap-message": [OUTSIDE],
    "incident-eido": [OUTSIDE],
    "incidents-geojson": [OUTSIDE],
    "places-geojson": [OUTSIDE],
    # outside sources: systems by their token, citizens without a login, calls by dispatchers
    "outside-scope": [Rule(NOBODY)],
    "outside-alarms": [Rule(NOBODY, "post")],
    "outside-alarm-end": [Rule(NOBODY, "post")],
    "outside-alarm-picture": [Rule(NOBODY, "put")],
    "outside-picture": [ALARMED],
    "citizen-start": [Rule(EVERYBODY)],
    "citizen-report": [Rule(EVERYBODY), Rule(EVERYBODY, "post")],
    "citizen-sent": [Rule(EVERYBODY)],
    "citizen-reports": [HANDLED],
    "citizen-block": [Rule(may(Act.HANDLE_INCIDENTS), "post")],
    "call": [HANDLED, Rule(may(Act.HANDLE_INCIDENTS), "post")],
    "call-nearby": [HANDLED],
    # packages and the police seat
    "police": [AT_POLICE],
    "police-incident": [AT_POLICE],
    "police-outcome": [
        Rule(may(Act.USE_POLICE_SEAT), "post", data={"disposition": "TALK"}),
    ],
    "police-still": [PACKED],
    "police-requests": [
        PACKED,
        Rule(may(Act.MAKE_PACKAGES) | may(Act.USE_POLICE_SEAT), "post", data=POLICE_REQUEST),
    ],
    "police-answer": [
        Rule(may(Act.MAKE_PACKAGES), "post", data={"answer": "refuse", "reason": "none"}),
    ],
    "package-list": [PACKED, Rule(may(Act.MAKE_PACKAGES), "post", data=PACKAGE)],
    "package-detail": [PACKED, Rule(may(Act.MAKE_PACKAGES), "delete")],
    "package-file": [PACKED],
    "working-copies": [
        Rule(may(Act.MAKE_PACKAGES), query="incident={incident}"),
        Rule(may(Act.MAKE_PACKAGES), "post", data=PACKAGE),
    ],
    # API
    "api-root": [Rule(LOGGED_IN)],
    "api-schema": [Rule(LOGGED_IN)],
    "api-docs": [Rule(LOGGED_IN)],
    "location-list": [WATCHED],
    "location-detail": [WATCHED],
    "camera-list": [WATCHED],
    "camera-detail": [WATCHED],
    "recording-list": [IN_ARCHIVE],
    "recording-detail": [IN_ARCHIVE],
    "gap-list": [IN_ARCHIVE],
    "gap-detail": [IN_ARCHIVE],
    "hold-list": [
        IN_ARCHIVE,
        Rule(
            may(Act.HOLD),
            "post",
            data={
                "camera": "{camera}",
                "started_at": "{start_text}",
                "ended_at": "{end_text}",
                "reason": "order 7",
            },
        ),
    ],
    "hold-detail": [IN_ARCHIVE],
    "hold-release": [Rule(may(Act.HOLD), "post")],
    "export-list": [
        EXPORTED,
        Rule(
            may(Act.EXPORT),
            "post",
            data={
                "camera": "{camera}",
                "started_at": "{start_text}",
                "ended_at": "{end_text}",
                "reason": "order 7",
            },
        ),
    ],
    # Who asked for it cancels it, and the senior of the shift.
    "export-detail": [
        EXPORTED,
        Rule(frozenset({Role.SENIOR, ADMINISTRATOR}), "delete"),
    ],
    "export-redacted": [EXPORTED, Rule(may(Act.EXPORT), "post", data={"with_sound": True})],
    "export-redacted-file": [EXPORTED],
    "search-list": [IN_ARCHIVE, Rule(may(Act.VIEW_ARCHIVE), "post", data=SEARCH)],
    "search-plan": [Rule(may(Act.VIEW_ARCHIVE), "post", data=SEARCH)],
    # Who asked for it calls it off, and the senior of the shift.
    "search-detail": [IN_ARCHIVE, Rule(frozenset({Role.SENIOR, ADMINISTRATOR}), "delete")],
    "search-found": [IN_ARCHIVE],
    "region-list": [MANAGED],
    "region-detail": [MANAGED],
    "watchrule-list": [MANAGED],
    "watchrule-detail": [MANAGED],
    "camera-setup": [
        MANAGED,
        Rule(
            may(Act.MANAGE_ANALYSIS),
            "put",
            data={"revision": "{revision}", "regions": [], "rules": []},
        ),
    ],
    # A rule that is not saved yet, tried.
    "camera-trials": [
        Rule(may(Act.MANAGE_ANALYSIS), "post", data={"regions": [], "rules": [MOTION_RULE]}),
    ],
    "trial": [MANAGED, Rule(may(Act.MANAGE_ANALYSIS), "delete")],
    "detection-list": [Rule(may(Act.VIEW_DETECTIONS))],
    "detection-detail": [Rule(may(Act.VIEW_DETECTIONS))],
    "detection-verdict": [Rule(may(Act.JUDGE_DETECTIONS), "post", data={"verdict": "REAL"})],
    "archive-frames": [
        Rule(may(Act.EXPORT), "post", data={"camera": "{camera}", "at_us": "{at}"}),
    ],
}
# Every page of the admin whose name begins so; the longest beginning counts.
# What names nothing that is of a place: whoever may do it, may do it everywhere.
OF_NO_PLACE = frozenset(
    {
        "get-citizen-report",  # open to everybody, whoever is logged in
        "post-citizen-report",
        "get-citizen-sent",
        "get-archive-format",  # how a picture is coded
        "post-faces-turn",
        "post-faces-search",  # the form is shown again and says that there is no such face
        "get-report-file",  # narrowed inside; see tests/incidents/views/test_reports.py
        "get-report-month-file",
        "get-shift-handover",  # one shift for the whole town: its sheet is one paper
        "post-exchange-retry",  # staff see whether messages arrive, not what is in them
    },
)
ADMIN_RULES: dict[str, frozenset[str]] = {
    "admin:": ADMIN_PAGES,
    # There is one login page, and these two serve models that the portal has not.
    "admin:login": NOBODY,
    "admin:autocomplete": NOBODY,
    "admin:view_on_site": NOBODY,
    # Who is not in may go out all the same.
    "admin:logout": LOGGED_IN,
    # Who may do what is for the administrator alone.
    "admin:auth_": ADMINISTRATORS,
    "admin:cameras_": MANAGERS,
    "admin:archive_volume_": MANAGERS,
    # The recorder makes volumes; one that is gone keeps its rows.
    "admin:archive_volume_add": NOBODY,
    "admin:archive_volume_delete": NOBODY,
    # The exchange is one row that is switched off, never deleted.
    "admin:incidents_exchange_": MANAGERS,
    "admin:incidents_exchange_add": NOBODY,
    "admin:incidents_exchange_delete": NOBODY,
    "admin:incidents_reader_": MANAGERS,
    "admin:incidents_subscriber_": MANAGERS,
    "admin:incidents_alarmsource_": MANAGERS,
    "admin:incidents_onvifdevice_": MANAGERS,
    "admin:incidents_onviftopic_": MANAGERS,
    "admin:incidents_citizendesk_": MANAGERS,
    # One row that is closed, never deleted.
    "admin:incidents_citizendesk_add": NOBODY,
    "admin:incidents_citizendesk_delete": NOBODY,
    # Numbers are made by the portal and hang at their places.
    "admin:incidents_placesign_": MANAGERS,
    "admin:incidents_placesign_add": NOBODY,
    "admin:incidents_placesign_delete": NOBODY,
    "admin:incidents_category_": MANAGERS,
    "admin:incidents_checklistitem_": MANAGERS,
    "admin:incidents_legalhint_": MANAGERS,
    "admin:incidents_norm_": MANAGERS,
    "admin:incidents_service_": MANAGERS,
    # The log is read by the auditor and changed by nobody.
    "admin:cameras_auditentry_": frozenset({Role.AUDITOR, ADMINISTRATOR}),
    "admin:cameras_auditentry_add": NOBODY,
    "admin:cameras_auditentry_delete": NOBODY,
    # Users are made and removed on their own page.
    "admin:cameras_placeduser_add": NOBODY,
    "admin:cameras_placeduser_delete": NOBODY,
}
ADMIN_METHODS = {
    "admin:logout": "post",
    "admin:cameras_stream_check": "post",
    "admin:incidents_onvifdevice_check": "post",
}
