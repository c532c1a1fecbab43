// Every code of an error with its sentence, from the sources, and what more there is to say about some.
import { readFileSync } from 'node:fs'
import { sentences } from '../../js/errors.js'
import { others } from '../../js/sentences.js'
import { faults } from '../../js/stream-errors.js'
import { filesUnder } from '../project.mjs'

/** What helps, beyond the sentence. @type {Record<string, string>} */
const more = {
  'service-key': 'In the dashboard: *Project Settings → API Keys*. Make a new secret key and revoke the one that was in the page: whoever saw the page can do everything with it.',
  'bad-json': 'Functions, symbols, `undefined` and objects that contain themselves cannot be sent; a `BigInt` has to become text first.',
  'other-options': 'Typical: one part of the page joins `room` with `private: true`, another without.',
  'bad-filter': 'Values with a comma, quotes or parentheses are written between double quotes: `name=eq."a, b"`.',
  'too-many-channels': 'Stories share topics by themselves. If you have channels of your own for each item of a list, use one with a filter such as `id=in.(1,2,3)`.',
  'bad-replay': 'Replay comes from `realtime.messages`, which only private channels write.',
  'socket-refused': 'A browser does not tell why a WebSocket was refused. Open `https://xyz.supabase.co/rest/v1/` with the key: if that fails too, it is the URL, the key, or a paused project; if not, it is the network or `connect-src`.',
  'socket-closed': 'Nothing to do: a new connection is made, and the rows are read again. If it comes every minute, something between cuts idle connections.',
  'heartbeat-lost': 'Nothing to do. Typical after a change of network.',
  'token-expired': '`accessToken` is asked again whenever one expires; it has to give the token of the moment, not one that was stored when the page loaded. With supabase-js: `async () => (await supabase.auth.getSession()).data.session?.access_token ?? null`.',
  'token-invalid': 'Typical: the token of another project, or one that your own backend made with another secret.',
  'token-unavailable': 'The exception itself stands above it on the console. Storywire does not join as a stranger instead; it asks again later.',
  unauthorized: '[Policies for private channels](supabase.md#private-channels).',
  configuration: 'The words of the server follow. Typical: a private channel was asked for while Realtime is off, or a public one while only private ones are allowed.',
  throttled: 'The plan limits connections, joins and messages per second. Storywire keeps under the rate of joins by itself.',
  'join-refused': 'Nothing to do: it joins again, later each time.',
  'join-timeout': 'Nothing to do, unless it stays: then the project is overloaded.',
  'channel-closed': 'It joins again if the cause can pass; the words of the server follow.',
  'channel-crashed': 'Nothing to do.',
  'changes-silent': '[The publication](supabase.md#the-publication).',
  'changes-refused': '[The publication](supabase.md#the-publication). One bad binding of a channel disables all of them.',
  'read-failed': 'Nothing to do: it is read again.',
  'read-refused': 'Typical: the table has another name or schema ([`stories`](api.md#clientoptions)), or `grant select` is missing.',
  'row-missing': '[Who may see a story](supabase.md#who-may-see-a-story). It is looked for again from time to time, since the row may only be about to be made.',
  'bad-answer': 'A login page of a network, or the address of the dashboard (`supabase.com/dashboard/…`) in place of that of the project.',
  'not-loaded': 'See [csp.md](csp.md) and [With a bundler](#with-a-bundler).',
  'stray-asset': 'It is said once, for the first such element.',
  'odd-unknown-status': "`createClient(url, key, { assets: { words: { baking: 'generating' } } })`.",
  'odd-bad-progress': 'It has to be a number from 0 to 100, as a number or as text; a fraction such as `0.4` is less than one percent.',
  'odd-bad-url': '`https:`, `http:` and `blob:` are allowed.',
}

/** What a part of the client adds when it is loaded: `Object.assign(sentences, { … })`. */
function sentencesOfParts() {
  const found = {}
  for (const path of filesUnder('js')) {
    if (!path.endsWith('.js')) continue
    for (const [, object] of readFileSync(path, 'utf8').matchAll(/Object\.assign\(sentences, (\{.*?^\})\)/gms)) Object.assign(found, Function(`return ${object}`)())
  }
  return found
}

/** @returns {Record<string, string>} */
export const allSentences = () => ({ ...sentences, ...others, ...sentencesOfParts() })

const section = (name, sentence, cure) => [`### ${name}`, sentence, cure].filter(Boolean).join('\n\n')

/** The part of docs/troubleshooting.md that goes through the codes. */
export function codesSection() {
  const known = allSentences()
  const unknown = Object.keys(more).filter((code) => !(code in known) && !(code in faults))
  if (unknown.length > 0) throw new Error(`tools/docs/codes.mjs says more about ${unknown.join(', ')}, which there is not.`)
  return [
    '## What each code means',
    ...Object.entries(known).map(([code, sentence]) => section(`\`${code}\``, sentence, more[code])),
    '## What each code of a stream means',
    'They come with `StreamError`, which has `status`, `url` and `retryIn` besides.',
    ...Object.entries(faults).map(([code, sentence]) => section(code in known ? `\`${code}\` of a stream` : `\`${code}\``, sentence, code in known ? '' : more[code])),
  ].join('\n\n')
}
