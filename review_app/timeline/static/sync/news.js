// When the server may know more than this page: another page has saved something, the person comes
// back to this one, or the network is there again.

export class News {
  /** @param {{scope: string, onNews: () => void}} parts `scope` names the labels */
  constructor({ scope, onNews }) {
    this.onNews = onNews;
    this.channel = new BroadcastChannel(`rehab-review/${scope}`);
    this.channel.addEventListener("message", onNews);
    window.addEventListener("online", onNews);
    window.addEventListener("focus", onNews);
    document.addEventListener("visibilitychange", this.#back);
  }

  /** Other pages on the same labels should look. */
  tell() {
    this.channel.postMessage("saved");
  }

  #back = () => {
    if (document.visibilityState === "visible") this.onNews();
  };

  close() {
    this.channel.close();
    window.removeEventListener("online", this.onNews);
    window.removeEventListener("focus", this.onNews);
    document.removeEventListener("visibilitychange", this.#back);
  }
}
