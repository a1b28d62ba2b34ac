// Marks of cameras in trouble: in the rail, on plans. Text comes from the server.

/** @param {Record<string, {level: string, text: string}>} cameras by id */
export function markCameras(cameras) {
  for (const [id, { level, text }] of Object.entries(cameras)) {
    const isTrouble = level === "trouble";
    for (const row of document.querySelectorAll(`[data-camera="${id}"]`)) {
      const mark = row.querySelector("[data-trouble]");
      if (mark) mark.hidden = !isTrouble;
      row.title = level === "ok" ? "" : text;
    }
    for (const sign of document.querySelectorAll(`[data-cone="${id}"], [data-node="${id}"]`)) {
      sign.classList.toggle("late", isTrouble);
    }
  }
}
