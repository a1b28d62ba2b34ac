// Keys of the archive that no control carries: arrows and zoom. The others are data-code on their
// controls (static/js/keys.js). Keys go by their place on the board, so that any layout works.

const STEP_S = 5;
const LONG_STEP_S = 60;

const isField = (element) => element instanceof Element && element.closest("input, textarea, select");

export function startKeys(page) {
  const actions = {
    ArrowLeft: (event) => page.shift(event.shiftKey ? -LONG_STEP_S : -STEP_S),
    ArrowRight: (event) => page.shift(event.shiftKey ? LONG_STEP_S : STEP_S),
    BracketLeft: () => page.timeline.zoom(-1),
    BracketRight: () => page.timeline.zoom(1),
    End: () => page.group.goLive(),
    Escape: () => page.fragment.close(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const action = actions[event.code];
    const isArrowInField = isField(event.target) && event.code !== "Escape";
    if (!action || isArrowInField) return;
    event.preventDefault();
    action(event);
  });
}
