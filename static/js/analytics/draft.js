// What is drawn and set, as it stands on the page; saved only when the person says so.

const NEW = "new-";

/** Rounded as the server keeps them, so that nothing differs that is the same. */
const rounded = (points) => points.map((point) => point.map((value) => Number(value.toFixed(5))));

export class Draft {
  constructor(setup) {
    this.listeners = new Set();
    this.counter = 0;
    this.load(setup);
  }

  /** Take over what is saved. */
  load(setup) {
    this.revision = setup.revision;
    this.regions = structuredClone(setup.regions);
    this.rules = structuredClone(setup.rules).map((rule) => ({ ...rule, key: this.nextKey() }));
    this.saved = this.fingerprint();
    this.backup = structuredClone(setup);
    this.tell("load");
  }

  discard() {
    this.load(this.backup);
  }

  nextKey() {
    this.counter += 1;
    return `${NEW}${this.counter}`;
  }

  get isChanged() {
    return this.fingerprint() !== this.saved;
  }

  fingerprint() {
    return JSON.stringify(this.payload());
  }

  payload() {
    return {
      regions: this.regions.map((region) => ({ ...region, points: rounded(region.points) })),
      rules: this.rules.map(({ key, ...rule }) => rule),
    };
  }

  onChange(listener) {
    this.listeners.add(listener);
  }

  /** @param {string} what happened: "load", "points" while something is dragged, "change" */
  tell(what = "change") {
    for (const listener of this.listeners) listener(what);
  }

  region(ref) {
    return this.regions.find((region) => region.ref === ref);
  }

  addRegion(shape, points, name) {
    const region = { id: null, ref: this.nextKey(), shape, name, points, direction: "BOTH", length_m: null };
    this.regions.push(region);
    this.tell();
    return region;
  }

  removeRegion(ref) {
    this.regions = this.regions.filter((region) => region.ref !== ref);
    this.rules = this.rules.filter((rule) => rule.region !== ref);
    this.tell();
  }

  rulesOn(ref) {
    return this.rules.filter((rule) => rule.region === ref);
  }

  addRule(kind, region) {
    const rule = {
      id: null, key: this.nextKey(), kind: kind.kind, region, grade: kind.grade, sensitivity: "NORMAL",
      days: [], starts: "00:00", ends: "00:00", is_enabled: true,
    };
    this.rules.push(rule);
    this.tell();
    return rule;
  }

  removeRule(key) {
    this.rules = this.rules.filter((rule) => rule.key !== key);
    this.tell();
  }
}
