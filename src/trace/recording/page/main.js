// Puts all together, and begins with the first event that says something to a newcomer.

function summary() {
  const asleep = history.loop.filter(([, , mode]) => mode === "asleep");
  const slept = asleep.reduce((sum, [from, to]) => sum + history.times[to] - history.times[from], 0);
  const took = (history.times.at(-1) ?? 0) - (history.times[0] ?? 0);
  const polls = events.filter(({ kind }) => kind === "Polling").length;
  const told = [plural(events.length, "event"), plural(history.tasks.size, "task"), plural(polls, "poll"),
    plural(history.wakes.length, "wake"), `${duration(took)}, of which asleep ${duration(slept)}`];
  return told.join(" · ");
}

// Of an explored run its last deviation, or where it fails. Else the first poll of a task, or, if a
// gather begins in it, that.
function opening() {
  if (explored.flags.length > 0) return explored.deviations.at(-1) ?? explored.fails;
  const first = events.findIndex(({ kind }) => kind === "Polling");
  for (let index = first; index >= 0 && index < events.length && events[index].kind !== "Polled"; index += 1) {
    if (events[index].kind === "GatherBegan") return index;
  }
  return Math.max(0, first);
}

function begin() {
  byId("summary").textContent = summary();
  if (tables.lost > 0) {
    byId("lost").hidden = false;
    byId("lost").textContent =
      `${plural(tables.lost, "event")} came before these and were not kept; the page begins with the state that they led to.`;
  }
  canvas.setAttribute("aria-label", `Timeline of the run: ${byId("summary").textContent}. Each event is told in words below.`);
  readColours();
  listFilter();
  listWords();
  listenToGestures();
  listenToSteps();
  listenToLesson();
  showBeside();
  showWhole();
  new ResizeObserver(resize).observe(scroller);
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) {
    matchMedia(query).addEventListener("change", () => {
      readColours();
      redraw();
    });
  }
  if (events.length > 0) go(Math.min(Number(ADDRESS[2] ?? opening()), events.length - 1));
  else byId("sentence").textContent = "Nothing was recorded.";
}

// For a program that reads the page: how many events there are, which one is shown, the state after
// one, its sentence.
window.shirr = {
  count: events.length,
  shown: () => shown,
  stateAt: (index) => stateAt(index).plain(),
  sentence,
  go,
};

begin();
