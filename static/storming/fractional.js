/**
 * Order keys for `z`: strings that sort as the notes lie. A key is a letter that says how many base-62 digits follow
 * ('a' one, 'b' two, ...), then the digits, so keys sort by plain string comparison and grow by one digit each 62-fold.
 */

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The next key above `last`. @param {string | undefined} last @returns {string} */
export function orderKeyAfter(last) {
  if (!last) return "a0";
  const digits = [...last.slice(1)].map((digit) => DIGITS.indexOf(digit));
  for (let place = digits.length - 1; place >= 0; place--) {
    if (digits[place] < 61) {
      digits[place]++;
      return last[0] + digits.map((digit) => DIGITS[Math.max(digit, 0)]).join("");
    }
    digits[place] = 0;
  }
  const head = String.fromCharCode(Math.min(last.charCodeAt(0) + 1, 122));
  return head + "1" + "0".repeat(digits.length);
}
