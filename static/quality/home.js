// Enter starts, wherever the focus is not on something that takes Enter itself.
const start = document.querySelector("[data-start]");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target !== document.body || !start) return;
  start.click();
});
