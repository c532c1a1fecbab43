// The emotion stream on a page without code: `data-profile` on the tag says whose.

/** @param {import('../parts.js').Page} page */
export function start({ tag, run, follow, say }) {
  if (!tag.profile) {
    console.warn('Storywire: [data-sw-emotion] needs to know whose feelings it shows: give the script tag data-profile.')
    return
  }
  /** @type {{ close(): void } | undefined} */
  let stream
  let wanted = ''
  follow(tag.profile, (profile) => {
    stream?.close()
    stream = undefined
    const own = (wanted = String(profile ?? ''))
    if (!own) return
    run((client) => {
      // Another one may be wanted by the time that the client is there.
      if (own !== wanted) return
      stream = client.emotions(own, {
        onEmotion: (emotion) => say('emotion', emotion),
        onError: ({ message, retryIn }) => retryIn === null && console.warn(`Storywire: ${message}`),
      })
    })
  })
}
