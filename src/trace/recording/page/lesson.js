// A lesson: before each step the reader says what it will be, and is told whether it is so.

const lesson = { on: false, asked: 0, right: 0, question: null, said: "" };

function startLesson() {
  Object.assign(lesson, { on: true, asked: 0, right: 0, said: "" });
  go(questionAfter(shown) ? shown : opening());
}

// Ends it, by itself or by the button.
function stopLesson() {
  Object.assign(lesson, { on: false, question: null });
  showLesson();
}

// Takes the reader's choice, of which the first is number 0, and steps to what happens.
function choose(number) {
  const { at, choices } = lesson.question;
  const choice = choices[number];
  const answering = byId("choices").contains(document.activeElement);
  lesson.asked += 1;
  if (choice.why === null) lesson.right += 1;
  lesson.said = choice.why === null ? "Right." : `Not “${choice.words}”: ${choice.why}.`;
  go(at);
  if (answering) (byId("choices").querySelector("button") ?? byId("lesson-start")).focus();
}

// After each step: says whether the choice was right, and asks for the next, if there is one.
function goOnWithLesson() {
  byId("answer").textContent = lesson.said;
  byId("answer").className = lesson.said === "Right." ? "right" : "wrong";
  lesson.said = "";
  if (!lesson.on) return;
  lesson.question = questionAfter(shown);
  if (lesson.question) return showLesson();
  byId("answer").append(` The lesson is over: ${scoreWords()}.`);
  stopLesson();
}

function scoreWords() {
  return `${lesson.right} of ${lesson.asked} right`;
}

function showLesson() {
  const choices = lesson.question?.choices ?? [];
  byId("lesson-start").textContent = lesson.on ? "Stop the lesson" : "Lesson: what happens next?";
  byId("lesson-start").setAttribute("aria-pressed", String(lesson.on));
  byId("score").textContent = lesson.asked > 0 ? scoreWords() : "";
  byId("choices").hidden = choices.length === 0;
  const legend = element("legend", `What happens next? Press a number from 1 to ${choices.length}.`);
  byId("choices").replaceChildren(...(choices.length > 0 ? [legend, ...choices.map(choiceButton)] : []));
}

function choiceButton({ words }, number) {
  const button = element("button", [element("kbd", String(number + 1)), ` ${words}`], { type: "button" });
  button.addEventListener("click", () => choose(number));
  return button;
}

// Whether a key was a choice.
function chooseByKey(key) {
  const number = Number(key) - 1;
  if (!lesson.question?.choices[number]) return false;
  choose(number);
  return true;
}

function listenToLesson() {
  byId("lesson-start").addEventListener("click", () => (lesson.on ? stopLesson() : startLesson()));
  showLesson();
}
