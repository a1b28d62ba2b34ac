// Entry of every page: clock, theme, keys, state of the post. Never imported by other modules.
import { startTold } from "./alarms/told.js";
import { startBreakHint } from "./break_hint.js";
import { startClock } from "./clock.js";
import { startReminders } from "./incidents/reminders.js";
import { startKeys } from "./keys.js";
import { startMoreNav } from "./more_nav.js";
import { startSound } from "./sound.js";
import { startStatus } from "./status.js";
import { startTheme } from "./theme.js";

startClock();
startTheme();
startKeys();
startMoreNav();
startSound();
startTold();
startStatus();
startBreakHint();
startReminders();
