// From event to event, and to those that were searched for.

const byId = (id) => document.getElementById(id);
let shown = -1;

// Shows this event, and the state after it.
function go(index) {
  if (index < 0 || index >= events.length) return;
  const event = events[index];
  const state = stateAt(index);
  shown = view.current = index;
  byId("slider").value = String(index);
  byId("slider").setAttribute("aria-valuetext", `event ${tables.lost + index}`);
  byId("position").textContent = `${(index + 1).toLocaleString("en")} of ${events.length.toLocaleString("en")}`;
  byId("kind").textContent = event.kind;
  byId("when").textContent = `#${tables.lost + index} · ${duration(event.time)}`;
  byId("walk").textContent = walkWords(event.walk);
  const reading = byId("sentence").contains(document.activeElement);
  showMeaning(null);
  showOpen(event);
  byId("sentence").replaceChildren(...explained(sentence(index)));
  if (reading) byId("sentence").focus();
  showFacts(event, state);
  showSource(event.line);
  showState(state);
  goOnWithLesson();
  follow();
  followLane();
  redraw();
}

// The actor, and the lines of source that the event is about.
function showFacts(event, state) {
  const kind = state.coming ?? history.tasks.get(history.concern[shown])?.kind;
  const gather = history.gathers.get(event.gather ?? kind?.gather);
  const facts = [
    ["At work", actorWords(event.by, state)],
    ["Told by", event.line],
    ["Printed as", printedWords(event)],
    ["Spawned at", event.kind === "Spawning" ? event.at : kind?.at],
    ["Gather made at", event.kind === "Gathering" ? event.at : gather?.at],
  ];
  const told = facts.filter(([, words]) => words);
  byId("facts").replaceChildren(...told.flatMap(([head, words]) => [element("dt", head), element("dd", words)]));
}

// What the program itself, its `Id`s and the text call the tasks and timers of this event, which the
// page counts from 1.
function printedWords(event) {
  const [what, number] = parts(event.by);
  const tasks = [history.concern[shown], event.task, what === "Task" ? number : 0];
  const timers = [event.timer, what === "Timer" ? number : 0];
  const words = [...tasks.map((task) => task && `task ${taskNumber(task)}: ${task}`),
    ...timers.map((timer) => timer && `timer ${timerNumber(timer)}: ${timer}`)];
  return [...new Set(words.filter(Boolean))].join(", ");
}

// The lines that act are marked; the hook, which only tells of them, is quiet.
function showSource(line) {
  const [first, lines, from, to] = tables.sources[line] ?? [0, [], 0, 0];
  const [, file, hook] = line.match(/^(.*):(\d+)$/);
  const shown = lines.map((text, at) => {
    const number = first + at;
    const head = element("span", String(number).padStart(4), { class: "number" });
    const row = element(number >= from && number <= to ? "mark" : "span", [head, ` ${text}\n`]);
    if (number === Number(hook)) row.className = "hook";
    return row;
  });
  byId("source").hidden = lines.length === 0;
  byId("source").querySelector("figcaption").textContent = `${file}:${from}`;
  byId("source").querySelector("pre").replaceChildren(...shown);
}

// To the next event, or the one before, that is not filtered out and that `also` wants.
function step(by, also = () => true) {
  for (let index = shown + by; index >= 0 && index < events.length; index += by) {
    if (view.groups.has(groupOf(events[index])) && also(index)) return go(index);
  }
}

const STEPS = {
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  Home: () => go(0),
  End: () => go(events.length - 1),
  Escape: () => showMeaning(null),
};

function onKey(event) {
  const typing = event.target.matches("input[type=search], input[type=range]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = event.shiftKey ? { ArrowLeft: () => pan(-0.1), ArrowRight: () => pan(0.1) }[event.key] : STEPS[event.key];
  if (!act && (event.shiftKey || !chooseByKey(event.key))) return;
  event.preventDefault();
  act?.();
  redraw();
}

// By the words in the search field: lanes and events that have them.
function search() {
  const query = byId("query").value.trim().toLowerCase();
  const has = (text) => String(text).toLowerCase().includes(query);
  const number = Number(query.replace(/^(task|#)\s*/, ""));
  const of = (lane) =>
    (lane.task && taskNumber(lane.task.number) === number) || has(lane.name ?? "") || has(lane.task?.kind.at ?? lane.gather?.at ?? "");
  view.found = query ? new Set(lanes.flatMap((lane, index) => (of(lane) ? [index] : []))) : null;
  if (query) {
    const lines = new Set(Object.keys(tables.sources).filter(has));
    view.hit = (index) => lines.has(events[index].line) || view.found.has(laneAt(index));
  }
  const hits = query ? events.reduce((sum, _, index) => sum + view.hit(index), 0) : 0;
  byId("found").textContent = query ? `${plural(view.found.size, "lane")}, ${plural(hits, "event")}` : "";
  redraw();
}

function find(by) {
  if (view.found) step(by, view.hit);
}

function listFilter() {
  for (const group of GROUPS) {
    const box = element("input", "", { type: "checkbox", checked: "" });
    box.addEventListener("change", () => {
      if (box.checked) view.groups.add(group);
      else view.groups.delete(group);
      redraw();
    });
    byId("filter").append(element("label", [box, group]));
  }
}

function listenToSteps() {
  onClick("first", STEPS.Home);
  onClick("back", STEPS.ArrowLeft);
  onClick("forward", STEPS.ArrowRight);
  onClick("last", STEPS.End);
  onClick("find-previous", () => find(-1));
  byId("slider").max = String(Math.max(0, events.length - 1));
  byId("slider").addEventListener("input", (event) => go(Number(event.target.value)));
  byId("query").addEventListener("input", search);
  byId("search").addEventListener("submit", (event) => {
    event.preventDefault();
    find(1);
  });
  byId("query").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.shiftKey) return;
    event.preventDefault();
    find(-1);
  });
  document.addEventListener("keydown", onKey);
}
