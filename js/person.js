// How a person is shown: a name that is only a name, initials, and a colour that is the same for everybody.

/** What an entry of presence is called where it has no name. */
export const guest = 'Guest'

/** Characters that a name may have; what a hostile one has beyond that is cut before it costs anything. */
const NAME_LIMIT = 60

/**
 * A name as text for people: no line breaks, nothing that turns the letters after it around, at most 60 characters.
 * @param {unknown} name @returns {string} empty if there is none
 */
export function cleanName(name) {
  if (typeof name !== 'string' && typeof name !== 'number') return ''
  const text = String(name)
    .slice(0, 4 * NAME_LIMIT)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u200b\u202a-\u202e\u2066-\u2069\ufeff]/gu, ' ')
    .replace(/\p{M}{4,}/gu, (marks) => marks.slice(0, 3))
    .replace(/\s+/g, ' ')
    .trim()
  return letters(text).slice(0, NAME_LIMIT).join('')
}

/**
 * The first letters of the first and the last word.
 * @param {string} name as `cleanName` gives it
 */
export function initials(name) {
  const words = name.split(/[\s\-_.@]+/).filter(Boolean)
  const firsts = [words[0], words.length > 1 ? words[words.length - 1] : ''].map((word) => letters(word ?? '')[0] ?? '')
  return firsts.join('').toLocaleUpperCase()
}

/** What a reader takes for one letter, where the browser can tell. @param {string} text @returns {string[]} */
function letters(text) {
  if (typeof Intl.Segmenter !== 'function') return Array.from(text)
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment)
}

/**
 * A ground on which white letters have a contrast of 4.5 or more, also when the browser has rounded it. The hue comes from the key, so that it is the same in
 * every page; the lightness is the greatest that the contrast allows, so that colours differ as far as they can.
 * @param {string} key
 */
export function colourOf(key) {
  // FNV-1a: keys that differ in one character have hues far apart.
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length && at < 256; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  const hue = (hash >>> 0) % 360
  let lightness = 50
  while (contrastWithWhite(hue, lightness) < 4.6) lightness -= 1
  return `hsl(${hue} 65% ${lightness}%)`
}

/** @param {number} hue @param {number} lightness at a saturation of 65 % */
function contrastWithWhite(hue, lightness) {
  const light = lightness / 100
  const chroma = 0.65 * Math.min(light, 1 - light)
  const linear = [0, 8, 4].map((place) => {
    const at = (place + hue / 30) % 12
    const value = light - chroma * Math.max(-1, Math.min(at - 3, 9 - at, 1))
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  const [red = 0, green = 0, blue = 0] = linear
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
}
