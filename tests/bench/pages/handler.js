// The handler that the pattern for such pages gives its users: each message finds the elements and writes all of them.

/** @param {any} row of `stories` */
export function showRow(row) {
  const card = document.querySelector(`[data-story-id="${row.id}"]`)
  if (!card) return
  for (const [asset, { status, progress }] of Object.entries(row.asset_generation_status.assets)) {
    for (const element of card.querySelectorAll(`[data-asset="${asset}"]`)) {
      element.classList.toggle('skeleton', status !== 'ready')
      element.classList.toggle('animating', status === 'generating')
      element.querySelector('.progress-bar').style.width = `${progress}%`
      element.querySelector('.status').textContent = status === 'generating' ? `Generating ${asset}…` : status
    }
  }
}
