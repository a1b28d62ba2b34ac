"""What a measured figure is called on the page: each part of its name in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from analytics.engine.kinds import Kind
from analytics.explanations import title


def figure_label(name: str) -> str:
    """Name a figure in words, of its parts between dots; a part without words keeps its own."""
    words = {**{str(kind): title(kind) for kind in Kind}, **_words()}
    return ", ".join(words.get(part, part.replace("_", " ")) for part in name.split("."))


def _words() -> dict[str, str]:
    return {
        "accuracy": _("right answers"),
        "alarms": _("alarms in all"),
        "alarms_per_camera_day": _("alarms per camera and day"),
        "assets": _("objects watched"),
        "at_joins": _("at joins of clips, not counted"),
        "auc": _("area under the curve"),
        "black": _("black picture"),
        "broken": _("broken"),
        "clips": _("clips"),
        "composites": _("drawn into other clips"),
        "cover": _("covered"),
        "daily_false": _("false alarms in everyday life"),
        "defocus": _("out of focus"),
        "delay": _("delay"),
        "delay_median": _("delay, median"),
        "delay_p95": _("delay, 95 % are faster"),
        "doubled": _("light doubled"),
        "drawn": _("drawn"),
        "elsewhere": _("elsewhere in the picture"),
        "erased": _("removed"),
        "error_max": _("largest error"),
        "extra": _("alarms beyond those expected"),
        "f1": _("found and right together (F1)"),
        "false": _("false alarms"),
        "false_frames": _("pictures with a person where nobody is"),
        "false_per_hour": _("false alarms per hour"),
        "false_rate": _("false alarms per hour"),
        "false_seconds": _("seconds of false alarms"),
        "false_share": _("share of cameras with a false alarm"),
        "fine": _("fine changes"),
        "first": _("first alarm after"),
        "freeze": _("frozen picture"),
        "given": _("given clips"),
        "glare": _("glare"),
        "half_cover": _("half covered"),
        "halved": _("light halved"),
        "hints_per_camera_day": _("hints per camera and day"),
        "hours": _("hours watched"),
        "identities": _("different persons counted"),
        "infrared": _("infrared"),
        "light_off": _("light switched off"),
        "low_quality": _("coarse coding"),
        "minded": _("things that are minded"),
        "minutes": _("minutes watched"),
        "move": _("turned away"),
        "moved": _("moved"),
        "nudge": _("nudged"),
        "off_flame": _("away from the flame"),
        "owner": _("owner is right"),
        "painted": _("painted over"),
        "precision": _("right among the raised"),
        "presence": _("seen while they were there"),
        "rain": _("rain"),
        "recall": _("found"),
        "seconds": _("seconds recognized"),
        "seconds_labeled": _("seconds with flames in truth"),
        "shake": _("shaken camera"),
        "sightings": _("sightings"),
        "simulated": _("simulated on all clips"),
        "slight_defocus": _("slightly out of focus"),
        "slight_move": _("slightly turned"),
        "start_late": _("seen after they came"),
        "tilted": _("tilted"),
        "timeline": _("on the time lines"),
        "timeline_false": _("false on the time lines"),
        "timeline_recall": _("found on the time lines"),
        "visits": _("visits"),
    }
