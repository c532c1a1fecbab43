// What a page that writes widths shows.

/** Whether every bar is as wide as the last message of its story said; one that was not spoken of has no width. @param {number[][]} expected */
export function widthsAre(expected) {
  const bars = [...document.querySelectorAll('.progress-bar')]
  const wanted = expected.flat()
  let at = 0
  return () => {
    while (at < bars.length && (Number.parseFloat(bars[at].style.width) || 0) === wanted[at]) at++
    return at === bars.length
  }
}
