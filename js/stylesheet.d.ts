// The stylesheet, imported for its effect.
export {}
