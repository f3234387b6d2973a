// Class names where there is little room. "Standing shoulder abduction" beside "Standing shoulder
// scaption" is told apart by its last word, so that is the one to keep.

/** From the full title to the shortest that still differs: words all of these share at the start
 * are dropped one by one. @param {string} title @param {string[]} all @returns {string[]} */
export function shortenings(title, all) {
  const words = title.split(" ");
  const found = [title];
  for (let dropped = 1; dropped < words.length; dropped += 1) {
    const start = `${words.slice(0, dropped).join(" ")} `;
    if (!all.some((other) => other !== title && other.startsWith(start))) break;
    const rest = words.slice(dropped).join(" ");
    found.push(rest.charAt(0).toUpperCase() + rest.slice(1));
  }
  return found;
}

/** The longest of the shortenings that fits, else the shortest.
 * @param {string[]} titles longest first @param {(title: string) => boolean} fits */
export const bestTitle = (titles, fits) => titles.find(fits) ?? titles[titles.length - 1];
