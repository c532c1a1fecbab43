// The sentences of what a page can only meet while it has a network: they come with the first of these errors, so that a page
// without one downloads none of them. The whole client has them from the start.

/** @type {Record<string, string>} */
export const others = {
  // The caller's mistakes.
  'bad-filter': 'The filter must read column=operator.value, e.g. id=eq.42, with one of eq, neq, lt, lte, gt, gte, in, like, ilike, is, match, imatch, isdistinct, and at most 100 values for in.',
  'too-many-channels': 'One connection carries at most 100 topics: unsubscribe what the page does not show, or follow several rows by one filter.',
  'closed': 'This client was closed: make a new one with createClient.',
  // The world's failures.
  'bad-frame': 'The server sent something that is not a Realtime message; it was ignored. Does the URL point at Supabase Realtime?',
  'key-refused': 'The project does not accept this key: copy the publishable or anon key from the settings of the project whose URL you use.',
  'token-expired': 'The access token has expired: give accessToken a function that returns a fresh one, or call setAuth with it.',
  'token-invalid': 'The access token is not valid for this project: it must be a JWT with role and exp, signed with the secret of the project.',
  'service-token': 'accessToken returned a service key, which must never be in a page, so it was not used: return the token of the signed-in user.',
  'unauthorized': 'The policies of the project do not let this user in: check the row level security of realtime.messages for this topic.',
  'configuration': 'The project does not offer what this channel asks for.',
  'throttled': 'A limit of the project was reached, so the next attempt comes later.',
  'join-refused': 'The server could not join the channel for now.',
  'channel-closed': 'The server closed the channel.',
  'channel-crashed': 'The channel crashed on the server.',
  'changes-silent': 'The server joined the channel but does not send changes: is the table in the publication supabase_realtime?',
  'changes-refused': 'The server refused the changes asked for: check schema, table, column and filter, and that the table is in the publication supabase_realtime.',
  'read-refused': 'The rows may not be read: check the name of the table and its columns, and its row level security for this user.',
  'row-missing': 'There is no such row, or row level security hides it from this user: check the id.',
  'bad-answer': 'The server answered a read with something that is not a list of rows: does the URL point at a Supabase project?',
  // Of the JavaScript side.
  'no-story': 'story() needs the id of a story, and was called with none.',
  'stray-asset': 'An element with data-asset stands outside of any element with data-story-id, so nothing can be shown in it: put it into one.',
  'odd-unknown-status': 'The backend says a status that nobody knows, so the asset counts as pending: add the word to assets.words.',
  'odd-bad-progress': 'The backend says a progress that is no number from 0 to 100, so it counts as unknown.',
  'odd-bad-url': 'The backend gives an address whose scheme is not allowed in a page, so the asset counts as failed.',
  'odd-too-many': 'A story has more assets or items than a page can bear, so the rest is left out.',
}
