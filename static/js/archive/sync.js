// Up to four players in step: one clock, one gap logic, every seek, step and speed together.

const TICK_MS = 100;
const EDGE_US = 3e6; // how far behind the present "live" plays
const LIVE_US = 15e6; // closer than this to the present counts as live
const STARVED_MS = 200;
const TIGHT_US = 4_000; // corrected by speed
const LOOSE_US = 400_000; // corrected by a seek
const OVERLOAD_MS = 6000;
const MOST_WAITING_STEPS = 3;
const EDGE_ASK_MS = 2000;
const ENDED_US = 30e6; // a minute's row comes later than its last frame
const JUMP_LABEL_MS = 5000;

/**
 * @typedef {{startUs: number, endUs: number|null}} Hole
 * @typedef {{us: number, isRunning: boolean, rate: number, isLive: boolean, isBuffering: boolean,
 *   jumped: Hole|null, isAtEdge: boolean, isSparse: boolean}} GroupState
 */
export class SyncGroup {
  #members = [];
  #active = null;
  #rate = 1;
  #us = 0;
  #isRunning = false;
  #isHeld = false;
  #isSparse = false;
  #holdTimes = [];
  #starvedSince = 0;
  #timer = 0;
  #turn = 0;
  #steps = Promise.resolve();
  #waitingSteps = 0;
  #busy = 0;
  #isLive = false;
  #isAtEdge = false;
  #jumped = null;

  /**
   * @param {() => number} now the server's time
   * @param {(camera: number, us: number) => Promise<Hole|null>} holeAt the gap around a moment;
   *   endUs null: nothing follows yet
   */
  constructor({ now, holeAt, onChange = () => {} }) {
    this.now = now;
    this.holeAt = holeAt;
    this.onChange = onChange;
  }

  get us() {
    return this.#us;
  }

  get isRunning() {
    return this.#isRunning;
  }

  get rate() {
    return this.#rate;
  }

  /** @returns {GroupState} */
  get state() {
    return {
      us: this.#us,
      isRunning: this.#isRunning,
      rate: this.#rate,
      isLive: this.#isLive && this.now() - this.#us < LIVE_US,
      isBuffering: this.#isHeld,
      isAtEdge: this.#isAtEdge,
      isSparse: this.#isSparse || this.#rate > 4,
      jumped: this.#jumped,
    };
  }

  /** @param {{camera: number, player: import("./player.js").FootagePlayer}[]} members */
  async setMembers(members, active) {
    this.#members = members.map((member) => ({ ...member, hole: null }));
    this.#active = this.#members.find(({ camera }) => camera === active) ?? this.#members[0] ?? null;
    for (const { player } of this.#members) await player.setRate(this.#rate);
    if (this.#us) await this.seek(this.#us);
  }

  setActive(camera) {
    this.#active = this.#members.find((member) => member.camera === camera) ?? this.#active;
  }

  /** Show this moment on every camera; running goes on from there. */
  async seek(us, { isLive = false } = {}) {
    const turn = (this.#turn += 1);
    this.#us = us;
    this.#isLive = isLive;
    this.#isAtEdge = false;
    this.#starvedSince = 0;
    this.#change();
    this.#busy += 1;
    for (const { player } of this.#members) player.halt();
    await Promise.all(this.#members.map((member) => this.#place(member, us)));
    this.#busy -= 1;
    if (turn !== this.#turn) return;
    if (this.#isRunning) await this.#startTogether();
    else this.#snap();
    this.#change();
  }

  async play() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#isAtEdge = false;
    this.#jumped = null;
    await this.#startTogether();
    this.#timer ||= setInterval(() => this.#tick(), TICK_MS);
    this.#change();
  }

  /** Stop, every camera on the frame of one moment. */
  async pause() {
    this.#stop();
    for (const { player } of this.#members) player.halt();
    const lead = this.#lead();
    if (lead) await this.seek(lead.player.frameUs || this.#us);
  }

  async setRate(rate, options = {}) {
    this.#rate = rate;
    this.#isSparse = Boolean(options.keyframesOnly);
    this.#holdTimes = [];
    const us = this.#us;
    const wasRunning = this.#isRunning;
    this.#busy += 1;
    for (const { player } of this.#members) player.halt();
    await Promise.all(this.#members.map(({ player }) => player.setRate(rate, options)));
    this.#busy -= 1;
    if (wasRunning) await this.seek(us, { isLive: this.#isLive && rate === 1 });
    this.#change();
  }

  /** One frame of the active camera, forward or back; the others show the same moment. */
  step(direction) {
    if (this.#waitingSteps >= MOST_WAITING_STEPS) return this.#steps; // a key held down
    this.#waitingSteps += 1;
    const done = this.#steps.then(() => this.#step(direction)).finally(() => (this.#waitingSteps -= 1));
    this.#steps = done.catch(() => {}); // told to its caller; the next step begins anew
    return done;
  }

  async #step(direction) {
    if (this.#isRunning) await this.pause();
    if (this.#rate > 4) await this.setRate(1);
    const lead = this.#lead();
    if (!lead) return;
    const us = await lead.player.neighbor(direction);
    if (us !== null) await this.seek(us);
  }

  async goLive() {
    if (this.#rate !== 1) await this.setRate(1);
    this.#isRunning = true;
    this.#timer ||= setInterval(() => this.#tick(), TICK_MS);
    await this.seek(this.now() - EDGE_US, { isLive: true });
  }

  close() {
    this.#stop();
    for (const { player } of this.#members) player.close();
    this.#members = [];
  }

  #stop() {
    this.#isRunning = this.#isHeld = this.#isLive = false;
    clearInterval(this.#timer);
    this.#timer = 0;
  }

  async #place(member, us) {
    await member.player.seek(us);
    member.hole = member.player.state === "gap" ? await this.holeAt(member.camera, us) : null;
  }

  async #startTogether() {
    await this.#ready();
    if (!this.#isRunning) return;
    this.#isHeld = false;
    for (const { player } of this.#members) player.run();
  }

  /** Wait until every camera that has footage can play. */
  async #ready() {
    const turn = this.#turn;
    const until = performance.now() + 3000;
    const waits = () => this.#members.some(({ player }) => player.state === "loading" || (player.state === "film" && !player.isReady && !player.isAtEnd));
    while (turn === this.#turn && waits() && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }

  #lead() {
    if (this.#active?.player.state === "film") return this.#active;
    return this.#members.find(({ player }) => player.state === "film") ?? null;
  }

  #snap() {
    const lead = this.#lead();
    if (lead?.player.frameUs) this.#us = lead.player.frameUs;
  }

  #tick() {
    if (this.#busy || !this.#isRunning) return;
    for (const member of this.#members) this.#enterGap(member);
    const lead = this.#lead();
    if (!lead) {
      this.#jumpOrWait();
      return;
    }
    this.#us = lead.player.clockUs;
    for (const member of this.#members) {
      if (member.player.state === "gap") this.#leaveGap(member);
      else if (member !== lead) this.#align(member);
    }
    this.#holdStarved();
    this.#change();
  }

  async #enterGap(member) {
    const { player } = member;
    const isAsked = performance.now() - (member.askedAt ?? -Infinity) < EDGE_ASK_MS;
    if (!player.isAtEnd || isAsked) return;
    member.askedAt = performance.now();
    const hole = await this.holeAt(member.camera, player.clockUs + 100_000);
    if (!player.isAtEnd || !hole) return;
    if (hole.endUs !== null) {
      member.hole = hole;
      player.enterGap();
    } else if (this.now() - player.clockUs > ENDED_US) this.#endIfAll();
    // else the edge of the present: more is to come
  }

  /** No camera has footage after this moment: stop and say so. */
  #endIfAll() {
    const goesOn = ({ player, hole }) => !player.isAtEnd && !(player.state === "gap" && hole?.endUs == null);
    if (this.#members.some(goesOn)) return;
    this.#stop();
    for (const { player } of this.#members) player.halt();
    this.#isAtEdge = true;
    this.#change();
  }

  #leaveGap(member) {
    const { hole, player } = member;
    if (hole?.endUs && this.#us >= hole.endUs) {
      member.hole = null;
      player.seek(this.#us).then(() => this.#isRunning && player.run());
    }
  }

  /** Every camera is in a gap: go where the first one has footage again. */
  async #jumpOrWait() {
    const ends = this.#members.map(({ hole }) => hole?.endUs ?? null).filter((end) => end !== null);
    if (!ends.length && this.now() - this.#us > ENDED_US) this.#endIfAll();
    if (!ends.length || this.#members.some(({ player }) => player.state === "loading")) return;
    const us = Math.min(...ends);
    this.#jumped = { startUs: this.#us, endUs: us };
    setTimeout(() => ((this.#jumped = null), this.#change()), JUMP_LABEL_MS);
    await this.seek(us, { isLive: this.#isLive });
  }

  #align({ player }) {
    if (player.state !== "film" || player.isAtEnd) return;
    const late = this.#us - player.clockUs;
    if (Math.abs(late) > LOOSE_US * Math.max(1, this.#rate / 2)) player.seek(this.#us).then(() => player.run());
    else if (Math.abs(late) > TIGHT_US * this.#rate) player.nudge(Math.max(-0.05, Math.min(0.05, late / 1e6 / this.#rate)));
    else player.nudge(0);
  }

  /** One camera without data stops them all, so that they stay in step. */
  #holdStarved() {
    const starved = this.#members.filter(({ player }) => player.state === "film" && !player.isReady && !player.isAtEnd);
    if (!starved.length) {
      this.#starvedSince = 0;
      if (this.#isHeld) this.#startTogether();
      return;
    }
    this.#starvedSince ||= performance.now();
    if (this.#isHeld || performance.now() - this.#starvedSince < STARVED_MS) return;
    this.#isHeld = true;
    if (this.#isOverloaded()) {
      this.setRate(this.#rate, { keyframesOnly: true });
      return;
    }
    for (const member of this.#members) if (!starved.includes(member)) member.player.halt();
  }

  /** Four cameras at 4x may be more than this computer decodes: keyframes then. */
  #isOverloaded() {
    if (this.#rate === 1 || this.#isSparse) return false;
    this.#holdTimes = [...this.#holdTimes.slice(-1), performance.now()];
    return this.#holdTimes.length === 2 && this.#holdTimes[1] - this.#holdTimes[0] < OVERLOAD_MS;
  }

  #change() {
    this.onChange(this.state);
  }
}
