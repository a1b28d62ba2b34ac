// Labels of a plan: HTML over an SVG, put where the drawing's own scale says.

function layPlan(plan) {
  const svg = plan.querySelector("svg");
  const matrix = svg.getScreenCTM();
  if (!matrix || !svg.clientWidth) return;
  const box = plan.getBoundingClientRect();
  for (const label of plan.querySelectorAll("[data-x]")) {
    const point = new DOMPoint(Number(label.dataset.x), Number(label.dataset.y)).matrixTransform(matrix);
    label.style.setProperty("left", `${point.x - box.left}px`);
    label.style.setProperty("top", `${point.y - box.top}px`);
    label.classList.add("laid");
  }
}

const observer = new ResizeObserver((entries) => entries.forEach(({ target }) => layPlan(target)));

/** Place the labels of every plan below the root, now and whenever its size changes. */
export function layPlans(root) {
  for (const plan of root.querySelectorAll("[data-plan]")) {
    layPlan(plan);
    observer.observe(plan);
  }
}
