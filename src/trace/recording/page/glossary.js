// The words that DESIGN.md explains: each is a button where a sentence has it, and all are listed at
// the page's end.

// How sentences say a word of DESIGN.md, if they say it otherwise.
const FORMS = {
  Task: "tasks?",
  MaybeDone: "results?|outputs?",
  Slab: "slab|slot",
  Batch: "batch|side by side|child",
  Key: "keys?|stale",
  Waker: "wakers?|woken|woke",
  Turn: "turns?|polled|poll",
  "Event poll": "polls for events|event poll|goes to sleep",
  Source: "sockets?",
  "Inbox and bell": "inbox|bell|message",
};

// In each pair of brackets the forms of one word; longer ones are tried first where two begin alike.
const BY_LENGTH = tables.words.map(([word], at) => [FORMS[word] ?? word, at]).sort(([one], [other]) => other.length - one.length);
const WORDS = new RegExp(`\\b(?:${BY_LENGTH.map(([forms]) => `(${forms})`).join("|")})\\b`, "gi");

// A text in pieces, in which the first of each word that is explained is a button.
function explained(text) {
  const pieces = [];
  const known = new Set();
  let from = 0;
  for (const match of text.matchAll(WORDS)) {
    const [, at] = BY_LENGTH[match.slice(1).findIndex((form) => form !== undefined)];
    if (known.has(at)) continue;
    known.add(at);
    from = pushWord(pieces, text, from, match, at);
  }
  return [...pieces, text.slice(from)];
}

// A button is one box to the browser, which would begin a line with the sign after it.
function pushWord(pieces, text, from, match, at) {
  const end = match.index + match[0].length;
  const sign = text.slice(end).match(/^[.,:;]/)?.[0] ?? "";
  const word = element("span", [wordButton(match[0], at), sign], { class: "signed" });
  pieces.push(text.slice(from, match.index), word);
  return end + sign.length;
}

function wordButton(form, at) {
  const button = element("button", form, {
    type: "button", class: "word", title: meaningOf(at), "aria-expanded": "false", "aria-controls": "meaning",
  });
  button.addEventListener("click", () => showMeaning(button.ariaExpanded === "true" ? null : button));
  return button;
}

function meaningOf(at) {
  const [word, others, meaning] = tables.words[at];
  return `${word} (others say: ${others}): ${meaning}`;
}

// Below the sentence, what the word of this button means, or nothing.
function showMeaning(button) {
  for (const other of document.querySelectorAll(".word")) other.ariaExpanded = String(other === button);
  const place = document.getElementById("meaning");
  place.hidden = button === null;
  place.textContent = button?.title ?? "";
}

function listWords() {
  const rows = tables.words.flatMap(([word, others, meaning]) =>
    [element("dt", word), element("dd", `${meaning} Others say: ${others}.`)]);
  document.querySelector("#glossary dl").replaceChildren(...rows);
}

// The step of DESIGN.md's walk that an event belongs to.
function walkWords(step) {
  return step === 0 ? "" : `· step ${step} of ${tables.steps.length} in DESIGN.md's walk: ${tables.steps[step - 1]}`;
}
