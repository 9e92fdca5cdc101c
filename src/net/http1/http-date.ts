const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const preferred = /^[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const older = /^[A-Z][a-z]{5,8}, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const asctime = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

/** An HTTP date in any of its three forms (RFC 9110 section 5.6.7) as epoch ms; undefined when it is none. */
export function httpDate(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  let match = preferred.exec(text);
  if (match) return moment(Number(match[3]), match[2], match[1], match.slice(4, 7));
  match = older.exec(text);
  if (match) {
    const year = Number(match[3]);
    return moment(year < 70 ? 2000 + year : 1900 + year, match[2], match[1], match.slice(4, 7));
  }
  match = asctime.exec(text);
  return match ? moment(Number(match[6]), match[1], match[2], match.slice(3, 6)) : undefined;
}

function moment(year: number, month = '', day = '', time: string[] = []): number | undefined {
  const monthNumber = months.indexOf(month);
  const [hours = 99, minutes = 99, seconds = 99] = time.map(Number);
  if (monthNumber === -1 || hours > 23 || minutes > 59 || seconds > 60) return undefined;
  const at = Date.UTC(year, monthNumber, Number(day), hours, minutes, seconds);
  return new Date(at).getUTCMonth() === monthNumber || seconds === 60 ? at : undefined;
}
