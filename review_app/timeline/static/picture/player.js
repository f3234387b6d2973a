// The picture. A seek goes to the middle of a frame's time on screen, and the frame number shown
// is always the one the browser says it presented (requestVideoFrameCallback), never the one asked
// for. Seeks are coalesced: while one is under way only the latest wish is kept.
import { clampFrame, frameAt, frameCount, midpoint } from "../time/clock.js";

export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4];
const RELOAD_MS = 2000;
const PATIENCE_MS = 700; // after `seeked`, how long to wait for the frame to be presented

export class Player {
  shown = 0;
  wanted = 0;
  confirmed = false;
  playing = false;
  reversing = false;
  speed = 1;
  /** @type {[number, number] | null} frames [start, end) played again and again */ loop = null;
  /** Seconds of the media timeline at which frame 0 is shown. */ #offset = 0;
  #ready = false;
  #seeking = false;
  #arrived = false;
  #tries = 0;
  #destroyed = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;

  /** `source` gives the video's address, with a token that is valid now.
   * @param {{video: HTMLVideoElement, times: Float64Array, source: () => string,
   *   onFrame: (frame: number, confirmed: boolean) => void, onState: () => void}} parts */
  constructor({ video, times, source, onFrame, onState }) {
    this.source = source;
    this.video = video;
    this.times = times;
    this.onFrame = onFrame;
    this.onState = onState;
    video.addEventListener("seeked", this.#onSeeked);
    video.addEventListener("error", this.#onError);
    video.addEventListener("ended", () => this.pause());
    video.addEventListener("pause", () => this.playing && !video.ended && this.pause());
    video.requestVideoFrameCallback(this.#onPresented);
  }

  /** Loads the picture, again if need be, and stays at the frame wanted. */
  load() {
    this.#seeking = false;
    this.#ready = false;
    this.confirmed = false;
    this.video.src = this.source();
    this.video.load();
    const giveUp = () => setTimeout(() => this.#start(0), PATIENCE_MS); // a tab in the background
    this.video.addEventListener("loadeddata", giveUp, { once: true });
  }

  /** The first frame a video element presents is frame 0, whatever time it bears.
   * @param {number} offset */
  #start(offset) {
    if (this.#ready || this.#destroyed) return;
    this.#ready = true;
    this.#offset = offset;
    this.#begin();
  }

  /** @param {number} frame */
  seek(frame) {
    this.reversing = false;
    this.wanted = clampFrame(Math.round(frame), this.times);
    if (this.#seeking) this.onFrame(this.wanted, false);
    else this.#begin();
  }

  /** @param {number} frames */
  step(frames) {
    if (this.playing) this.pause();
    this.seek(this.wanted + frames);
  }

  toggle() {
    if (this.playing || this.reversing) this.pause();
    else this.play();
  }

  play() {
    this.reversing = false;
    const [from, to] = this.loop ?? [0, frameCount(this.times)];
    const outside = this.shown < from || this.shown >= to - 1;
    if (outside) this.#jump(from);
    this.playing = true;
    this.video.playbackRate = this.speed;
    this.video.play().catch(() => this.pause());
    this.onState();
  }

  pause() {
    const moved = this.playing;
    this.playing = false;
    this.reversing = false;
    this.video.pause();
    this.confirmed &&= !moved; // a frame may have come after the last that was reported
    if (moved) this.seek(this.shown); // onto the middle of the frame that is on screen
    this.onState();
  }

  /** Runs backwards by seeking: no browser plays a video in reverse. */
  reverse() {
    if (this.playing) this.pause();
    this.reversing = true;
    const began = { at: performance.now(), seconds: this.times[this.shown] };
    const back = () => {
      if (!this.reversing || this.#destroyed) return;
      const elapsed = ((performance.now() - began.at) / 1000) * this.speed;
      this.wanted = frameAt(this.times, began.seconds - elapsed);
      if (!this.#seeking && this.wanted !== this.shown) this.#begin();
      if (this.wanted === 0) this.pause();
      else requestAnimationFrame(back);
    };
    requestAnimationFrame(back);
    this.onState();
  }

  /** @param {number} speed */
  setSpeed(speed) {
    this.speed = speed;
    this.video.playbackRate = speed;
    this.onState();
  }

  /** @param {1 | -1} direction */
  changeSpeed(direction) {
    const at = SPEEDS.indexOf(this.speed) + direction;
    this.setSpeed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at))]);
  }

  /** @param {[number, number] | null} loop */
  setLoop(loop) {
    this.loop = loop;
    this.onState();
  }

  destroy() {
    this.#destroyed = true;
    clearTimeout(this.#timer);
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }

  #begin() {
    if (!this.#ready) return this.onFrame(this.wanted, false);
    clearTimeout(this.#timer);
    // A browser presents nothing when it is told to show what it shows.
    if (this.confirmed && !this.playing && this.wanted === this.shown) {
      this.#seeking = false;
      return this.onFrame(this.shown, true);
    }
    this.#seeking = true;
    this.#arrived = false;
    this.confirmed = false;
    this.target = this.wanted;
    this.onFrame(this.target, false);
    this.video.currentTime = this.#offset + midpoint(this.times, this.target);
  }

  /** A seek during playback: the callbacks of the frames that follow tell where it is.
   * @param {number} frame */
  #jump(frame) {
    this.wanted = frame;
    this.shown = frame;
    this.#seeking = false;
    this.video.currentTime = this.#offset + midpoint(this.times, frame);
  }

  /** The picture stops when the server is gone; the playhead goes on, and the picture comes back. */
  #onError = () => {
    if (this.#destroyed) return;
    this.playing = false;
    this.reversing = false;
    this.confirmed = false;
    this.onState();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.load(), RELOAD_MS);
  };

  #onSeeked = () => {
    if (!this.#seeking) return;
    this.#arrived = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#settle(this.shown === this.target), PATIENCE_MS);
  };

  /** @type {VideoFrameRequestCallback} */
  #onPresented = (_now, metadata) => {
    if (this.#destroyed) return;
    this.video.requestVideoFrameCallback(this.#onPresented);
    if (!this.#ready) return this.#start(metadata.mediaTime);
    // Presentation times are rounded on their way here, so a frame is recognised by the nearest
    // start of a frame and not by the interval.
    const frame = this.#nearest(metadata.mediaTime - this.#offset);
    this.shown = frame;
    if (this.#seeking) {
      if (frame === this.target) this.#settle(true);
      return;
    }
    this.wanted = frame;
    this.confirmed = true;
    this.onFrame(frame, true);
    if (this.playing && this.loop && frame >= this.loop[1] - 1) this.#jump(this.loop[0]);
  };

  /** @param {number} seconds */
  #nearest(seconds) {
    const frame = frameAt(this.times, seconds);
    const next = clampFrame(frame + 1, this.times);
    return this.times[next] - seconds < seconds - this.times[frame] ? next : frame;
  }

  /** @param {boolean} confirmed */
  #settle(confirmed) {
    clearTimeout(this.#timer);
    if (this.wanted !== this.target) return this.#begin();
    this.#tries = confirmed ? 0 : this.#tries + 1;
    if (!confirmed && this.#arrived && this.#tries < 3) return this.#begin();
    this.#tries = 0;
    this.#seeking = false;
    this.confirmed = confirmed;
    if (confirmed) this.shown = Number(this.target);
    this.onFrame(this.shown, confirmed);
  }
}
