// The picture. A seek goes to the middle of a frame's time on screen, and the frame number shown
// is always the one the browser says it presented (requestVideoFrameCallback), never the one asked
// for. Seeks are coalesced: while one is under way only the latest wish is kept. A frame that is
// decoded already (film.js) is drawn over the video at once, and the video follows when there is
// time for it.
import { clampFrame, frameAt, frameCount, midpoint } from "../time/clock.js";
import { Film } from "./film.js";
import { USUAL, nextSpeed } from "./playing.js";
import { Shuttle } from "./shuttle.js";
import { Still } from "./still.js";

export const LOOP_LEAD_S = 0.3; // shown before a segment that is looped
const RELOAD_MS = 2000;
const PATIENCE_MS = 700; // after `seeked`, how long to wait for the frame to be presented
const FOLLOW_MS = 300; // after the last step, how long until the video follows

export class Player {
  shown = 0;
  wanted = 0;
  confirmed = false;
  playing = false;
  reversing = false;
  speed = 1;
  /** @type {[number, number] | null} frames [start, end) played again and again */ loop = null;
  /** @type {import("./playing.js").Playing} */ settings = USUAL;
  /** @type {() => [number, number] | null} frames [start, end) of the segment chosen */
  segment = () => null;
  /** Seconds of the media timeline at which frame 0 is shown. */ #offset = 0;
  #ready = false;
  #seeking = false;
  #arrived = false;
  #tries = 0;
  #destroyed = false;
  /** The frame the video element shows, -1 while that is not known. */ #onVideo = -1;
  /** The frame at which playing ends by itself. */ #stop = Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #follow;

  /** `source` gives the video's address, with a token that is valid now.
   * @param {{video: HTMLVideoElement, times: Float64Array, source: () => string,
   *   onFrame: (frame: number, confirmed: boolean) => void, onState: () => void}} parts */
  constructor({ video, times, source, onFrame, onState }) {
    this.source = source;
    this.video = video;
    this.times = times;
    this.onFrame = onFrame;
    this.onState = onState;
    this.shuttle = new Shuttle(this);
    this.still = new Still(video);
    this.film = new Film({ times, source, onPicture: (frame) => this.#onPicture(frame) });
    video.addEventListener("seeked", this.#onSeeked);
    video.addEventListener("error", this.#onError);
    video.addEventListener("ended", this.#onEnded);
    video.addEventListener("pause", () => this.playing && !video.ended && this.pause());
    video.requestVideoFrameCallback(this.#onPresented);
  }

  /** Loads the picture, again if need be, and stays at the frame wanted. */
  load() {
    this.#seeking = false;
    this.#ready = false;
    this.#onVideo = -1;
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
    void this.film.open().then(() => !this.playing && this.film.prepare(this.wanted));
  }

  /** @param {number} frame */
  seek(frame) {
    this.reversing = false;
    this.wanted = clampFrame(Math.round(frame), this.times);
    this.#go();
  }

  /** @param {number} frames */
  step(frames) {
    if (this.playing) this.pause();
    this.seek(this.wanted + frames);
  }

  /** @param {"few" | "many"} size @param {1 | -1} direction */
  stepBy(size, direction) {
    this.step(direction * this.settings[size]);
  }

  toggle() {
    if (this.playing || this.reversing) this.pause();
    else this.play();
  }

  /** From the frame wanted; a loop begins a little before its segment. */
  play() {
    this.reversing = false;
    const [from, to] = this.#span();
    const outside = this.wanted < from || this.wanted >= to - 1;
    const start = outside ? from : this.wanted;
    this.film.rest();
    clearTimeout(this.#follow);
    if (start !== this.#onVideo) this.#jump(start);
    this.#stop = this.#endFrom(start);
    this.playing = true;
    this.video.playbackRate = this.speed;
    this.video.play().catch(() => this.pause());
    this.onState();
  }

  /** Frames [from, to) that playing keeps to. @returns {[number, number]} */
  #span() {
    if (!this.loop) return [0, frameCount(this.times)];
    return [frameAt(this.times, this.times[this.loop[0]] - LOOP_LEAD_S), this.loop[1]];
  }

  /** @param {number} start */
  #endFrom(start) {
    const chosen = this.settings.stopsAtEnd && !this.loop ? this.segment() : null;
    return chosen && start < chosen[1] - 1 ? chosen[1] - 1 : Infinity;
  }

  pause() {
    const moved = this.playing;
    this.playing = false;
    this.reversing = false;
    this.video.pause();
    if (moved) {
      // Onto the middle of the frame on screen: one may have come after the last that was reported.
      this.#onVideo = -1;
      this.confirmed = false;
      this.wanted = Math.min(this.shown, this.#stop);
      if (!this.#seeking) this.#begin();
    } else {
      this.#followLater();
    }
    this.onState();
  }

  /** Runs backwards picture by picture: no browser plays a video in reverse. */
  reverse() {
    if (this.playing) this.pause();
    this.reversing = true;
    let [at, seconds] = [performance.now(), this.times[this.wanted]];
    const back = () => {
      if (!this.reversing || this.#destroyed) return;
      const now = performance.now();
      seconds -= ((now - at) / 1000) * this.speed;
      at = now;
      this.wanted = frameAt(this.times, seconds);
      if (this.wanted !== this.shown) this.#go();
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
    this.setSpeed(nextSpeed(this.speed, direction));
  }

  /** @param {[number, number] | null} loop */
  setLoop(loop) {
    this.loop = loop;
    this.onState();
  }

  destroy() {
    this.#destroyed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#follow);
    this.film.close();
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }

  /** To the frame wanted, the quickest way there is. */
  #go() {
    if (this.#ready && !this.playing) {
      if (this.confirmed && this.wanted === this.shown) return this.onFrame(this.shown, true);
      if (this.film.at(this.wanted)) return this.#draw(this.wanted);
      if (this.film.ready) {
        this.confirmed = false;
        this.film.want(this.wanted);
        this.onFrame(this.wanted, false);
        return this.#followLater();
      }
    }
    if (this.#seeking) this.onFrame(this.wanted, false);
    else this.#begin();
  }

  /** @param {number} frame one that is decoded */
  #draw(frame) {
    const picture = this.film.at(frame);
    if (!picture) return;
    this.still.show(picture);
    this.shown = frame;
    this.confirmed = frame === this.wanted;
    this.onFrame(this.wanted, this.confirmed);
    if (this.confirmed) this.film.prepare(frame);
    this.#followLater();
  }

  /** A picture that was waited for, perhaps no longer. @param {number} frame */
  #onPicture(frame) {
    if (!this.playing && !this.confirmed && this.#ready) this.#draw(frame);
  }

  /** The video element goes where the picture is, once nobody is stepping any more. */
  #followLater() {
    clearTimeout(this.#follow);
    this.#follow = setTimeout(() => {
      const busy = this.#seeking || this.playing || this.reversing || this.#destroyed;
      if (!busy) this.#begin();
    }, FOLLOW_MS);
  }

  /** Whether what is drawn over the video is the frame wanted. */
  get #drawn() {
    return this.still.visible && this.confirmed && this.shown === this.wanted;
  }

  /** @returns {void} */
  #begin() {
    if (!this.#ready) return this.onFrame(this.wanted, false);
    clearTimeout(this.#timer);
    this.target = this.wanted;
    // A browser presents nothing when it is told to show what it shows.
    if (this.#onVideo === this.wanted && !this.playing) return this.#settle(true);
    this.#seeking = true;
    this.#arrived = false;
    this.#onVideo = -1;
    if (!this.#drawn) {
      this.confirmed = false;
      this.onFrame(this.target, false);
    }
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

  /** A busy browser does not tell of every frame, the last one included. */
  #onEnded = () => {
    if (this.playing) this.shown = frameCount(this.times) - 1;
    this.pause();
  };

  #onSeeked = () => {
    if (!this.#seeking) return;
    this.#arrived = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#settle(this.#onVideo === this.target), PATIENCE_MS);
  };

  /** @type {VideoFrameRequestCallback} */
  #onPresented = (_now, metadata) => {
    if (this.#destroyed) return;
    this.video.requestVideoFrameCallback(this.#onPresented);
    if (!this.#ready) return this.#start(metadata.mediaTime);
    // Presentation times are rounded on their way here, so a frame is recognised by the nearest
    // start of a frame and not by the interval.
    const frame = this.#nearest(metadata.mediaTime - this.#offset);
    this.#onVideo = frame;
    if (this.#seeking) {
      if (frame === this.target) this.#settle(true);
      else if (!this.still.visible) this.shown = frame;
      return;
    }
    if (this.still.visible && !this.playing) return;
    this.still.hide();
    this.wanted = frame;
    this.shown = frame;
    this.confirmed = true;
    this.onFrame(frame, true);
    if (!this.playing) return;
    if (this.loop && frame >= this.loop[1] - 1) this.#jump(this.#span()[0]);
    else if (frame >= this.#stop) this.pause();
  };

  /** @param {number} seconds */
  #nearest(seconds) {
    const frame = frameAt(this.times, seconds);
    const next = clampFrame(frame + 1, this.times);
    return this.times[next] - seconds < seconds - this.times[frame] ? next : frame;
  }

  /** The video element has come to its target, or does not come there.
   * @param {boolean} there @returns {void} */
  #settle(there) {
    clearTimeout(this.#timer);
    this.#seeking = false;
    if (this.wanted !== this.target) {
      if (this.film.ready && !this.playing) return this.#followLater();
      return this.#begin();
    }
    this.#tries = there ? 0 : this.#tries + 1;
    if (!there && this.#arrived && this.#tries < 3) return this.#begin();
    this.#tries = 0;
    if (there && !this.#drawn) {
      this.still.hide();
      this.shown = this.wanted;
      this.confirmed = true;
    }
    this.onFrame(this.shown, this.confirmed);
    if (!this.playing) this.film.prepare(this.shown);
  }
}
