// What a demo story consists of: pictures, a narration, a PDF, made in the page, so that nothing is downloaded.

export const sentences = [
  'Every evening, when the hills turned blue, a little fox lit a lantern.',
  'She carried it down to the river, where the boats were coming home.',
  'One night the wind blew the flame out, and the valley was dark.',
  'They climbed past the mill, past the pines, up to the last stone.',
  'The fox held up her lantern, and the moon leaned down and lit it.',
]

export const activities = [
  { title: 'Paint the lantern', description: 'Fold a paper lantern and give it the colours of the evening.' },
  { title: 'Listen at night', description: 'Open the window for one minute and name five sounds.' },
  { title: 'What happens next?', description: 'Tell the story of the second boat.' },
]

/** Addresses, each made once. @type {Map<string, string>} */
const made = new Map()

/** @param {string} name @param {string} type @param {() => BlobPart} make */
function address(name, type, make) {
  const known = made.get(name) ?? URL.createObjectURL(new Blob([make()], { type }))
  made.set(name, known)
  return known
}

/** A picture of hills, a moon and a lantern; each number has its own light. @param {number} number */
export const picture = (number) => address(`picture ${number}`, 'image/svg+xml', () => landscape((235 + 37 * number) % 360, 0.25 + 0.15 * (number % 4)))

export const narration = () => address('narration', 'audio/wav', wav)

export const captions = () => address('captions', 'text/vtt', () => `WEBVTT\n${sentences.map((sentence, at) => `\n00:0${at}.000 --> 00:0${at + 1}.000\n${sentence}\n`).join('')}`)

export const paper = () => address('paper', 'application/pdf', () => pdf('The lantern of the little fox', sentences))

/** @param {number} hue @param {number} across of the width, where the moon stands */
function landscape(hue, across) {
  const far = (hue + 25) % 360
  return `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="900" viewBox="0 0 900 900"><defs><linearGradient id="s" x2="0" y2="1"><stop stop-color="hsl(${hue} 55% 18%)"/><stop offset="1" stop-color="hsl(${far} 60% 55%)"/></linearGradient><radialGradient id="g"><stop stop-color="#ffe9a8"/><stop offset="1" stop-color="#ffe9a800"/></radialGradient></defs><rect width="900" height="900" fill="url(#s)"/><circle cx="${900 * across}" cy="560" r="90" fill="#fdf3d8"/><path d="M0 660Q300 420 600 600T900 620V900H0Z" fill="hsl(${far} 40% 30%)"/><path d="M0 740Q400 560 900 760V900H0Z" fill="hsl(${(hue + 50) % 360} 45% 16%)"/><circle cx="300" cy="700" r="110" fill="url(#g)"/><rect x="290" y="685" width="20" height="30" rx="5" fill="#ffd76a"/></svg>`
}

/** Half tones over middle C, two a second. */
const melody = [0, 4, 7, 12, 9, 7, 4, 2, 0, 0]

/** A soft melody, 5 s: mono, 16 bits, 8,000 samples a second. */
function wav() {
  const [rate, note] = [8000, 4000]
  const count = note * melody.length
  const view = new DataView(new ArrayBuffer(44 + count * 2))
  const text = (/** @type {number} */ at, /** @type {string} */ word) => [...word].forEach((letter, step) => view.setUint8(at + step, letter.charCodeAt(0)))
  text(0, 'RIFF')
  view.setUint32(4, 36 + count * 2, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, rate, true)
  view.setUint32(28, rate * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  text(36, 'data')
  view.setUint32(40, count * 2, true)
  for (let at = 0; at < count; at++) {
    const time = (at % note) / rate
    const pitch = 261.63 * 2 ** ((melody[Math.floor(at / note)] ?? 0) / 12)
    const swell = Math.min(time / 0.02, 1) * Math.exp(-3 * time)
    view.setInt16(44 + at * 2, 12_000 * swell * Math.sin(2 * Math.PI * pitch * time), true)
  }
  return view
}

/** One page, with a font that every viewer has. @param {string} title @param {string[]} lines ASCII alone, so that letters count as bytes */
function pdf(title, lines) {
  const escape = (/** @type {string} */ text) => text.replace(/[()\\]/g, '\\$&')
  const wrapped = lines.flatMap((line) => [...(line.match(/.{1,52}(\s|$)/g) ?? []), ''])
  const content = `BT /F1 20 Tf 36 540 Td (${escape(title)}) Tj /F1 13 Tf 20 TL 0 -40 Td ${wrapped.map((line) => `(${escape(line)}) Tj T*`).join(' ')} ET`
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R /Lang (en) >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Resources << /Font << /F1 4 0 R >> >> /Contents 5 0 R >>',
    '<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
  ]
  let document = '%PDF-1.4\n'
  const offsets = objects.map((object, at) => {
    const offset = document.length
    document += `${at + 1} 0 obj\n${object}\nendobj\n`
    return offset
  })
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  return `${document}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${document.length}\n%%EOF\n`
}
