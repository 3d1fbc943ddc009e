/** Under `Symbol.for` this key a process' host keeps what a bundle imports from `@macula/mesh`. */
export const FACE_KEY = "macula.agent";
