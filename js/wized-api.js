// Types only: see wized-api.d.ts.
export {}
