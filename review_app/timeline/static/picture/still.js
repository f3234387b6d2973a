// One decoded picture, drawn over the video element while that is still on its way to it.

export class Still {
  /** @param {HTMLVideoElement} video in its place on the page */
  constructor(video) {
    this.video = video;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "decoded";
    this.canvas.hidden = true;
    video.after(this.canvas);
    this.context = /** @type {CanvasRenderingContext2D} */ (
      this.canvas.getContext("2d", { alpha: false })
    );
  }

  get visible() {
    return !this.canvas.hidden;
  }

  /** @param {VideoFrame} picture */
  show(picture) {
    const { canvas, video } = this;
    if (canvas.width !== video.videoWidth) canvas.width = video.videoWidth;
    if (canvas.height !== video.videoHeight) canvas.height = video.videoHeight;
    this.context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    canvas.hidden = false;
  }

  hide() {
    this.canvas.hidden = true;
  }
}
