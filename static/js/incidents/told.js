// The strip below the head: what another person wrote meanwhile, what waits for the network.
const strip = document.querySelector("[data-told]");
const icons = document.querySelector('meta[name="icons"]')?.content ?? "";
const lines = new Map();

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "i s");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${icons}#${name}`);
  svg.append(use);
  return svg;
}

/** Say something until `untell(key)`; `acts`: [{ text, act }]. */
export function tell(key, text, acts = []) {
  untell(key);
  const line = document.createElement("p");
  const words = document.createElement("span");
  words.className = "grow";
  words.textContent = text;
  line.append(icon("attention"), words);
  for (const { text: label, act } of acts) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.textContent = label;
    button.addEventListener("click", act);
    line.append(button);
  }
  lines.set(key, line);
  strip.append(line);
  strip.hidden = false;
}

export function untell(key) {
  lines.get(key)?.remove();
  lines.delete(key);
  strip.hidden = lines.size === 0;
}
