// An incident at the police seat: the place live while the card is open, and its packages.
import { LiveWall } from "../live/wall.js";
import "./packages.js";

if (document.querySelector("[data-live-camera]")) LiveWall.start(document);
