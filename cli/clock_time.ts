/** A moment as a person at this machine reads it: `14:03:07.512`. */
export function clockTime(moment: Date): string {
  const two = (number: number) => String(number).padStart(2, "0");
  const [hours, minutes, seconds] = [moment.getHours(), moment.getMinutes(), moment.getSeconds()];
  const milliseconds = String(moment.getMilliseconds()).padStart(3, "0");
  return `${two(hours)}:${two(minutes)}:${two(seconds)}.${milliseconds}`;
}
